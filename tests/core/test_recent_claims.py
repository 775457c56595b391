"""Whose a handle is: what the ledger told last."""

from connector.core.recent_claims import RecentClaims
from connector.core.records import Outcome, Result
from connector.core.tokens import Claim


def told(n: int, result: Result = Result.SUBMITTED, request_id: str = "") -> Outcome:
    return Outcome(f"{n:016x}", request_id or f"r{n}", "A", b"c" * 8, result, f"h{n}", "api")


def test_a_submitted_message_is_known_by_its_handle() -> None:
    """With its request and attempt; what was not sent is not."""
    claims = RecentClaims()
    claims.note(told(1))
    claims.note(told(2, Result.REJECTED))

    assert claims.of("h1") == Claim("r1", "0000000000000001", 0)
    assert [claims.of(handle) for handle in ("h2", "h3", None)] == [None, None, None]


def test_the_first_one_keeps_a_handle() -> None:
    """As in the ledger's fold."""
    claims = RecentClaims()
    claims.note(told(1))
    claims.note(told(1, request_id="other"))

    assert (claims.of("h1") or Claim("", "", 0)).request_id == "r1"


def test_the_oldest_are_forgotten() -> None:
    """It does not grow."""
    claims = RecentClaims(most=2)
    for n in range(4):
        claims.note(told(n))

    assert [claims.of(f"h{n}") is not None for n in range(4)] == [False, False, True, True]
