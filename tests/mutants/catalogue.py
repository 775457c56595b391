"""All mutants."""

from tests.mutants.answers import ANSWER_MUTANTS
from tests.mutants.callbacks import CALLBACK_MUTANTS
from tests.mutants.contacts import CONTACT_MUTANTS
from tests.mutants.content import CONTENT_MUTANTS
from tests.mutants.door import DOOR_MUTANTS
from tests.mutants.doubt import DOUBT_MUTANTS
from tests.mutants.durable import DURABLE_MUTANTS
from tests.mutants.fold import FOLD_MUTANTS
from tests.mutants.grants import GRANT_MUTANTS
from tests.mutants.held import HELD_MUTANTS
from tests.mutants.lanes import LANE_MUTANTS
from tests.mutants.opt_outs import OPT_OUT_MUTANTS
from tests.mutants.turns import TURN_MUTANTS

MUTANTS = (
    *FOLD_MUTANTS,
    *GRANT_MUTANTS,
    *CONTACT_MUTANTS,
    *TURN_MUTANTS,
    *OPT_OUT_MUTANTS,
    *HELD_MUTANTS,
    *LANE_MUTANTS,
    *ANSWER_MUTANTS,
    *DOUBT_MUTANTS,
    *DURABLE_MUTANTS,
    *CALLBACK_MUTANTS,
    *CONTENT_MUTANTS,
    *DOOR_MUTANTS,
)
