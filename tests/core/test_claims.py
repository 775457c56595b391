"""Which handles are remembered, and for how long."""

from connector.core.claims import KEEP_MS, Claims

C, D = b"contactC", b"contactD"


def test_a_handle_is_kept_for_a_minute_of_log_time() -> None:
    """Later it can no longer stand in a look that begins now."""
    claims = Claims()
    claims.submitted(C, "h1", 1_000)
    claims.submitted(D, "h2", 1_000 + KEEP_MS)
    assert claims.of(C) == {"h1"}

    claims.submitted(D, "h3", 1_001 + KEEP_MS)

    assert claims.of(C) == frozenset()
    assert claims.of(D) == {"h2", "h3"}
    assert len(claims) == 2


def test_a_contact_with_a_live_attempt_keeps_its_handles() -> None:
    """From a minute before the attempt until the contact has none any more."""
    claims = Claims()
    claims.submitted(C, "h1", 1_000)
    claims.began(C)
    claims.submitted(D, "h2", 5_000 + KEEP_MS)
    assert claims.of(C) == {"h1"}

    claims.ended(C, 5_000 + KEEP_MS)

    assert claims.of(C) == frozenset()


def test_the_end_of_an_attempt_keeps_what_is_recent() -> None:
    """The next attempt's look may begin just before."""
    claims = Claims()
    claims.began(C)
    claims.submitted(C, "h1", 1_000)
    claims.ended(C, 1_500)

    assert claims.of(C) == {"h1"}
