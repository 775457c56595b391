"""What a process does when it hears an order: the records that it may mean look again, and a pause is told.

Who paused, until when and why is shown for as long as it holds: as notes of /readyz, and on /statusz.
"""

from collections.abc import Callable, Iterable
from typing import assert_never

from connector.core.facts import Observer, PauseOrdered
from connector.core.moments import moment
from connector.core.orders import CancelRequest, CancelTag, Order
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, name_of
from connector.core.standing import request_key


def obey(order: Order, observe: Observer, wake: Callable[[tuple[bytes, ...]], None], stir: Callable[[], None]) -> None:
    """``wake``: whoever waits for these names looks again; ``stir``: everybody does."""
    match order:
        case CancelRequest(request_id):
            wake((request_key(request_id),))
        case CancelTag():
            stir()
        case Pause():
            observe(pause_ordered(order))
            stir()
        case _:
            assert_never(order)


def pause_ordered(pause: Pause) -> PauseOrdered:
    """An order to pause, or to resume, as a fact."""
    said, to = (pause.paused, "paused") if pause.resumed is None else (pause.resumed, "resumed")
    match pause.scope:
        case OfLine(alias):
            return PauseOrdered("line", to, alias, said.operator, said.reason)
        case OfTag():
            return PauseOrdered("tag", to, "", said.operator, said.reason)
        case OfAll():
            return PauseOrdered("all", to, "", said.operator, said.reason)
        case _:
            assert_never(pause.scope)


def shown_pauses(holding: Iterable[Pause]) -> dict[str, dict[str, str]]:
    """What /statusz tells of them."""
    return {name_of(pause.scope): _shown(pause) for pause in holding}


def pause_notes(holding: Iterable[Pause]) -> list[str]:
    """One sentence each."""
    told = shown_pauses(holding).items()
    return [f"{name}: paused by {p['operator']} at {p['since']}, until {p['until']}: {p['reason']}" for name, p in told]


def _shown(pause: Pause) -> dict[str, str]:
    said, until = pause.paused, pause.until_ms
    return {
        "since": moment(said.at_ms),
        "until": "somebody resumes" if until is None else moment(until),
        "operator": said.operator,
        "reason": said.reason,
    }
