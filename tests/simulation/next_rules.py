"""Software of the next version of the rules: it knows version 2 besides ours (and judges alike)."""

from connector.core.ledger import NOTHING, Fold, Step
from connector.core.records import LedgerRecord, Rules


class NextFold(Fold):
    """A fold that goes on where version 2 takes effect."""

    def apply(self, append_ms: int, record: LedgerRecord) -> Step:
        if isinstance(record, Rules) and record.version == 2:
            self.log_ms = max(self.log_ms, append_ms)
            return NOTHING
        return super().apply(append_ms, record)
