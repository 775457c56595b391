"""Bytes of memory for each settled request, everything a replica keeps included.

    python -m benchmarks.memory

Allocations are counted by tracemalloc, so the figure has no noise; what the allocator itself rounds up is not in it.
"""

import gc
import itertools
import tracemalloc

from benchmarks.ledger_log import at_ms, records
from connector.core.ledger import Fold
from connector.core.views import Views

FIRST, LAST, STEP = 20_000, 140_000, 20_000


def main() -> None:
    """Grow one replica and weigh it on the way."""
    log = records(LAST)
    fold = Fold()
    views = Views(fold, "benchmark")
    offsets = itertools.count()
    tracemalloc.start()
    empty = _weight()
    for requests in range(FIRST, LAST + 1, STEP):
        while len(fold) < requests and (record := next(log, None)) is not None:
            offset = next(offsets)
            views.note(offset, at_ms(offset), record, fold.apply(at_ms(offset), record), 0.0)
        kept = (_weight() - empty) / len(fold)
        views.moved_contacts()
        active = (_weight() - empty) / len(fold)
        print(f"{len(fold):8} requests  {kept:6.1f} bytes each, {active:6.1f} where the reconciler is active")


def _weight() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    main()
