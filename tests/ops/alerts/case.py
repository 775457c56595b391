"""What a story is: a set of series with a value each minute, in promtool's short form, and how they are written.

``5x60`` stays, ``0+5x60`` grows. Series say their labels without the job and the instance, which are added.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Series = Mapping[str, str]
COARSE = 5
"""Stories of days have a value each so many minutes: promtool plays them all, one after the other."""


class Case(NamedTuple):
    """``at``: when the alert is looked for, in both stories. ``severity``: the one of two that is meant; all.

    ``step``: minutes between two looks of the rules; between two values, too, where it is more than COARSE.
    """

    alert: str
    at: str
    fires: Series
    silent: Series
    severity: str = ""
    step: int = 1


def counts(name: str, label: str, value: str, *others: str) -> Case:
    """One count is one too many; of other kinds there may be any number."""
    series = f"sendblue_{name}"
    fires = {f'{series}{{{label}="{value}"}}': "0x10 1x50"}
    return Case("", "20m", fires, {f'{series}{{{label}="{other}"}}': "0+1x60" for other in others})


def share(alert: str, part: str, whole: str, much: str, little: str) -> list[Case]:
    """``whole`` grows by 10 a minute; ``much`` is too much of it, ``little`` is not, nor are all of two events."""
    fires = {part: f"0+{much}x140", whole: "0+10x140"}
    return [
        Case(alert, "130m", fires, {part: f"0+{little}x140", whole: "0+10x140"}),
        Case(alert, "130m", fires, {part: "0x119 1x20", whole: "0x119 1x20"}),
    ]


def grown(spans: Iterable[tuple[int, float]], each: int = 1) -> str:
    """A counter that grows by so much a minute for so many minutes, span after span; a value ``each`` so many."""
    told, value = list[str](), 0.0
    for minutes, rate in ((minutes, rate) for minutes, rate in spans if minutes):
        told.append(f"{value:.6f}+{rate * each:.6f}x{minutes // each - 1}")
        value += minutes * rate
    return " ".join(told)
