"""What the audit finds, and what it takes for a list or an event that is late."""

from connector.core.auditing import MOST_WAITING, PATIENCE_MS, SAME_TEXT_MS, Audit, Finding, Kind, text_of
from connector.core.callbacks import Report

T = 1_700_000_000_000
HELLO, BYE = 7, 8


def audit() -> Audit:
    return Audit(T)


def later(checks: Audit, by_ms: int = PATIENCE_MS + 1_000) -> list[Finding]:
    return checks.findings(T + by_ms, T + by_ms)


def test_what_is_in_both_is_as_it_should_be() -> None:
    """Whichever was heard of first."""
    checks = audit()
    checks.submitted("h1", T + 10)
    checks.row("h1", T, HELLO, ours=True)
    checks.row("h2", T, BYE, ours=False)
    checks.submitted("h2", T + 20)

    assert later(checks) == []
    assert len(checks) == 0


def test_a_message_that_the_list_does_not_show_is_missing() -> None:
    """An hour later, by how far the list has got; told once."""
    checks = audit()
    checks.submitted("h1", T)

    assert checks.findings(T + 9 * PATIENCE_MS, T + PATIENCE_MS) == []
    assert later(checks) == [Finding(Kind.MISSING, "h1")]
    assert later(checks) == []


def test_a_message_that_nobody_knows_is_foreign() -> None:
    """An hour later; until then its event may be on the way."""
    checks = audit()
    checks.row("h1", T, HELLO, ours=False)

    assert later(checks, PATIENCE_MS - 1) == []
    assert later(checks) == [Finding(Kind.FOREIGN, "h1")]


def test_a_foreign_message_with_a_text_of_ours_is_a_duplicate() -> None:
    """The same text, contact and line within ten minutes."""
    checks = audit()
    checks.row("h1", T, HELLO, ours=True)
    checks.row("h1", T, HELLO, ours=True)
    checks.row("h2", T + SAME_TEXT_MS, HELLO, ours=False)
    checks.row("h3", T + SAME_TEXT_MS + 1, HELLO, ours=False)
    checks.row("h4", T, BYE, ours=False)

    found = later(checks, 2 * PATIENCE_MS - 1)

    assert found == [Finding(Kind.DUPLICATE, "h2"), Finding(Kind.FOREIGN, "h3"), Finding(Kind.FOREIGN, "h4")]


def test_what_was_made_before_is_not_judged() -> None:
    """Another instance did, or nobody can."""
    checks = audit()
    checks.submitted("h1", T - 1)
    checks.row("h2", T - 1, HELLO, ours=False)

    assert later(checks) == []
    assert len(checks) == 0


def test_texts_are_forgotten() -> None:
    """Once nothing near them can be judged any more."""
    checks = audit()
    checks.row("h1", T, HELLO, ours=True)
    later(checks, PATIENCE_MS + 2 * SAME_TEXT_MS)
    checks.row("h2", T + 1, HELLO, ours=False)

    assert later(checks, 3 * PATIENCE_MS) == [Finding(Kind.FOREIGN, "h2")]


def test_what_waits_is_bounded() -> None:
    """Of too many the oldest are told early."""
    checks = audit()
    for n in range(MOST_WAITING + 5):
        checks.row(f"h{n}", T, HELLO, ours=False)

    assert later(checks, 1) == [Finding(Kind.FOREIGN, f"h{n}") for n in range(5)]


def test_a_text_is_who_gets_what_from_which_line() -> None:
    """Any of them makes another; status and handle do not."""
    one = Report("SENT", "h1", content="hello", from_number="+13035550100", to_number="+12025550123")

    assert text_of(one) == text_of(
        Report("ERROR", "h2", content="hello", from_number="+13035550100", to_number="+12025550123")
    )
    assert text_of(one) != text_of(Report("SENT", "h1", content="hello", from_number="+13035550100"))
