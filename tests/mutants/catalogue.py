"""All mutants."""

from tests.mutants.durable import DURABLE_MUTANTS
from tests.mutants.fold import FOLD_MUTANTS
from tests.mutants.holder import HOLDER_MUTANTS
from tests.mutants.sendblue import SENDBLUE_MUTANTS

MUTANTS = (*FOLD_MUTANTS, *HOLDER_MUTANTS, *SENDBLUE_MUTANTS, *DURABLE_MUTANTS)
