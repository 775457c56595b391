"""Measuring on a shared machine: CPU time instead of wall-clock time, repetitions, and the spread between them.

Repetitions of several things are interleaved, so that a busy minute of the machine falls on all of them alike. The
least of the repetitions is the figure, since other work only ever adds; the spread (greatest by least) says how much
to believe it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

REPETITIONS = 5


@dataclass
class Figure:
    """Microseconds of CPU per item, once a repetition."""

    us: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        """What it costs when nobody disturbs."""
        return min(self.us)

    def __str__(self) -> str:
        return f"{self.least:8.2f} us   median {median(self.us):8.2f}   spread {max(self.us) / self.least:4.2f}"


def interleaved(
    parts: Mapping[str, Callable[[], None]], items: int, repetitions: int = REPETITIONS
) -> dict[str, Figure]:
    """Run every part in turn, several times; each run counts for so many items."""
    figures = {name: Figure() for name in parts}
    for _ in range(repetitions):
        for name, part in parts.items():
            began = time.process_time()
            part()
            figures[name].us.append((time.process_time() - began) / items * 1e6)
    return figures


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
