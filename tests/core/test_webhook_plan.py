"""Which webhooks to add and to take away: never others', never without being asked, never twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.account_webhooks import Kind
from connector.core.webhook_plan import Action, Entry, Step, changes, doubled, entries, is_ours, plan, shown, url_of

PUBLIC, OLD = "https://texts.example.com/base", "https://old.example.com"
RECEIVE, BLOCKED = url_of(PUBLIC, "receive"), url_of(PUBLIC, "line_blocked")
THEIRS = "https://crm.example.org/hooks/T0P-S3CRET"
KINDS = (Kind.RECEIVE, Kind.LINE_BLOCKED)


def done(steps: tuple[Step, ...]) -> list[tuple[str, str, str]]:
    """What the steps do."""
    return [(step.action, step.kind, step.url) for step in changes(steps)]


def after(have: tuple[Entry, ...], steps: tuple[Step, ...]) -> tuple[Entry, ...]:
    """The account when the steps were carried out."""
    for step in steps:
        match step.action:
            case Action.ADD:
                have = (*have, Entry(step.kind, step.url))
            case Action.REMOVE:
                have = tuple(entry for entry in have if (entry.kind, entry.url) != (step.kind, step.url))
            case Action.RENEW | Action.NOTE:
                pass
    return have


def test_what_is_missing_is_added() -> None:
    """In the order of the types; what is there already is left."""
    have = (Entry("receive", THEIRS), Entry("receive", RECEIVE))

    assert done(plan((), PUBLIC, KINDS)) == [("add", "receive", RECEIVE), ("add", "line_blocked", BLOCKED)]
    assert done(plan(have, PUBLIC, KINDS)) == [("add", "line_blocked", BLOCKED)]


@pytest.mark.parametrize(
    "url",
    [
        RECEIVE,
        f"{RECEIVE}/",
        RECEIVE.replace("https", "http"),
        RECEIVE.replace("texts.example.com", "TEXTS.example.com:443"),
    ],
)
def test_the_same_address_in_another_spelling_is_there(url: str) -> None:
    """Sendblue upgrades http to https, and may write a host as it likes."""
    assert plan((Entry("receive", url),), PUBLIC, [Kind.RECEIVE]) == ()


@pytest.mark.parametrize(
    "url", [f"{RECEIVE}?a=b", url_of(OLD, "receive"), RECEIVE.replace(".com/", ".com:8443/"), BLOCKED]
)
def test_another_address_is_not(url: str) -> None:
    """Nor is that of another type."""
    assert ("add", "receive", RECEIVE) in done(plan((Entry("receive", url),), PUBLIC, [Kind.RECEIVE]))


def test_of_others_nothing_is_removed() -> None:
    """Not even below an address that is replaced: a host may be shared."""
    theirs = (
        f"{OLD}/hooks/crm",
        f"{OLD}/cell-b/v1/webhooks/receive",
        f"{OLD}.evil/v1/webhooks/receive",
        "nonsense",
        "",
    )
    have = tuple(Entry("receive", url) for url in (THEIRS, *theirs))

    assert done(plan(have, PUBLIC, [Kind.RECEIVE], [OLD, PUBLIC])) == [("add", "receive", RECEIVE)]


def test_ours_are_removed_when_asked_and_after_what_is_added() -> None:
    """Of a former address all, of the present one what is not wanted."""
    stale = Entry("receive", url_of(OLD, "receive"))
    have = (stale, Entry("outbound", url_of(PUBLIC, "outbound")), Entry("pigeon", url_of(OLD, "pigeon")))
    asked = plan(have, PUBLIC, [Kind.RECEIVE], [OLD, f"{PUBLIC}/"])
    unasked = plan(have, PUBLIC, [Kind.RECEIVE])

    assert done(asked) == [
        ("add", "receive", RECEIVE),
        ("remove", "receive", stale.url),
        ("remove", "outbound", url_of(PUBLIC, "outbound")),
        ("remove", "pigeon", url_of(OLD, "pigeon")),
    ]
    assert done(unasked) == [("add", "receive", RECEIVE)]
    assert [(step.action, step.kind) for step in unasked][1:] == [("note", "outbound")]


def test_what_is_wanted_is_never_removed() -> None:
    """Although its address is named."""
    assert plan((Entry("receive", RECEIVE),), PUBLIC, [Kind.RECEIVE], [PUBLIC]) == ()


def test_a_secret_is_told_again_when_asked() -> None:
    """Where the webhook is there; as Sendblue spells it."""
    have = (Entry("receive", f"{RECEIVE}/"),)

    assert done(plan(have, PUBLIC, KINDS, renew=True)) == [
        ("renew", "receive", f"{RECEIVE}/"),
        ("add", "line_blocked", BLOCKED),
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([None], None),
        ([("+13035550100",)], ("+13035550100",)),
        ([("+13035550100",), ("+13035550101", "+13035550100")], ("+13035550100", "+13035550101")),
        ([("+13035550100",), None], None),
        ([()], ()),
    ],
)
def test_a_renewal_tells_the_lines_that_were_chosen(
    lines: list[tuple[str, ...] | None], told: tuple[str, ...] | None
) -> None:
    """All that one or the other is told of, so that nothing is lost and nothing comes that nobody wants."""
    (step,) = changes(plan([Entry("receive", RECEIVE, one) for one in lines], PUBLIC, [Kind.RECEIVE], renew=True))

    assert step.numbers == told


def test_what_was_renewed_must_be_there_once() -> None:
    """In whatever spelling; of what was not renewed nothing is said here."""
    have = (Entry("receive", RECEIVE), Entry("receive", f"{RECEIVE}/"), Entry("outbound", RECEIVE))
    renewed, unasked = (plan(have[:1], PUBLIC, [Kind.RECEIVE], renew=renew) for renew in (True, False))

    assert [doubled(steps, have) for steps in (renewed, unasked)] == [("receive",), ()]
    assert doubled(renewed, have[1:]) == ()


def test_what_may_surprise_is_noted() -> None:
    """Twice registered, and deaf to some lines; neither is changed."""
    have = (Entry("receive", RECEIVE), Entry("receive", RECEIVE, ("+13035550100",)))
    steps = plan(have, PUBLIC, [Kind.RECEIVE])

    assert done(steps) == []
    assert [step.why for step in steps] == [
        "it is registered more than once: each reply comes as often",
        "it hears of some lines only: somebody set sendblue_numbers",
    ]


@pytest.mark.parametrize("url", ["old.example.com", "ftp://old.example.com", "https://", "", RECEIVE])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Before anything is done; a webhook's own URL is no public address either."""
    with pytest.raises(ValueError, match="address"):
        plan((), PUBLIC, KINDS, [url])


def test_lists_are_read_in_every_shape() -> None:
    """Texts and objects; what is neither is passed over."""
    listed: dict[str, object] = {
        "receive": [THEIRS, {"url": RECEIVE, "sendblue_numbers": ["+13035550100"], "secret": "s"}, None, {"no": "url"}],
        "outbound": None,
        "line_blocked": [],
        "globalSecret": "a secret",
    }

    assert entries(listed) == (Entry("receive", THEIRS), Entry("receive", RECEIVE, ("+13035550100",)))


def test_of_others_only_the_host_is_shown() -> None:
    """The rest of an address is often all that keeps it."""
    assert [shown(url, PUBLIC) for url in (RECEIVE, THEIRS, "https://u:p@a.example/x?token=1", "nonsense")] == [
        RECEIVE,
        "https://crm.example.org/...",
        "https://a.example/...",
        "...",
    ]


urls = st.sampled_from([RECEIVE, BLOCKED, THEIRS, url_of(OLD, "receive"), url_of(OLD, "outbound"), f"{RECEIVE}/", "x"])
accounts = st.lists(st.builds(Entry, st.sampled_from([*map(str, Kind), "pigeon"]), urls)).map(tuple)


@given(accounts, st.lists(st.sampled_from(Kind), unique=True), st.lists(st.sampled_from([OLD, PUBLIC])))
def test_a_plan_carried_out_leaves_nothing_to_do_and_others_alone(
    have: tuple[Entry, ...], kinds: list[Kind], replaces: list[str]
) -> None:
    """Whatever the account has."""
    there = after(have, plan(have, PUBLIC, kinds, replaces))
    theirs = [entry for entry in have if not (is_ours(entry.url, PUBLIC) or is_ours(entry.url, OLD))]

    assert changes(plan(there, PUBLIC, kinds, replaces)) == ()
    assert [entry for entry in there if entry in theirs] == theirs
