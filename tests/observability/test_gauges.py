"""Sights as gauges: what a line, a topic, the account and the process show."""

import pytest

from connector.core.sights import (
    AccountSeen,
    CertificateSeen,
    LineSeen,
    LinesSeen,
    LineState,
    Sight,
    SweepSeen,
)
from connector.observability.catalogue import CATALOGUE, MAX_LINES
from connector.observability.gauges import settings_of
from connector.observability.metrics import Metrics
from tests.observability.sight_examples import SIGHTS
from tests.observability.test_metrics import series


def line(alias: str, queued: int = 1, oldest_s: float = 1.0) -> LineSeen:
    return LineSeen(alias, LineState.READY, 2.0, 0.5, queued, oldest_s, queued / 2.0, 1)


def test_a_line_shows_how_it_stands() -> None:
    """Pace, use, queue, age, time to drain, doubts and state."""
    metrics = Metrics(["a"])
    metrics(LinesSeen((LineSeen("a", LineState.BREAKER, 2.0, 0.5, 30, 7.5, 15.0, 2, breaker="open"),)))
    served = series(metrics)

    for expected in (
        'sendblue_line_allowed_rate{line="a"} 2.0',
        'sendblue_line_used_rate{line="a"} 0.5',
        'sendblue_line_queue_records{line="a"} 30.0',
        'sendblue_line_oldest_seconds{line="a"} 7.5',
        'sendblue_line_drain_seconds{line="a"} 15.0',
        'sendblue_line_in_doubt{line="a"} 2.0',
        'sendblue_line_state{line="a",state="breaker"} 1.0',
        'sendblue_line_state{line="a",state="ready"} 0.0',
        'sendblue_lines{state="breaker"} 1.0',
        'sendblue_breakers{of="line",state="open"} 1.0',
    ):
        assert expected in served


def test_a_line_shows_how_long_it_is_idle_and_those_beyond_the_bound_their_worst() -> None:
    """So none of a thousand can stand still unseen."""
    metrics = Metrics([f"line-{n}" for n in range(1_000)])
    metrics(LinesSeen((line("line-3")._replace(idle_s=7.0), line("line-77")._replace(idle_s=9.0), line("line-99"))))
    served = series(metrics)

    assert 'sendblue_line_idle_seconds{line="line-3"} 7.0' in served
    assert 'sendblue_line_idle_seconds{line="line-4"} 0.0' in served
    assert 'sendblue_line_idle_seconds{line="other"} 9.0' in served


def test_the_certificate_and_the_sweep_show_how_they_stand() -> None:
    """Both are 0 from the start: no certificate, no sweep here."""
    metrics = Metrics()
    before = series(metrics)
    metrics(CertificateSeen(1_800_000_000.0))
    metrics(SweepSeen(12, 90.0))

    assert "sendblue_tls_certificate_not_after_timestamp_seconds 0.0" in before
    assert "sendblue_tls_certificate_not_after_timestamp_seconds 1.8e+09" in series(metrics)
    assert "sendblue_sweep_behind_seconds 90.0" in series(metrics)
    assert "sendblue_messages_outstanding 12.0" in series(metrics)


def test_a_line_that_moved_away_is_forgotten() -> None:
    """Another replica reads it now: its queue is that one's to show."""
    metrics = Metrics(["a"])
    metrics(LinesSeen((line("a"),)))
    metrics(LinesSeen(()))

    assert 'sendblue_line_queue_records{line="a"} 0.0' in series(metrics)
    assert 'sendblue_line_state{line="a",state="ready"} 0.0' in series(metrics)


def test_lines_beyond_the_bound_are_summed_and_the_worst_ages_shown() -> None:
    """A thousand lines: fifty have series of their own, the others share one."""
    aliases = [f"line-{n}" for n in range(1_000)]
    metrics = Metrics(aliases)
    metrics(LinesSeen(tuple(line(alias, queued=2, oldest_s=float(n)) for n, alias in enumerate(aliases))))
    served = series(metrics)

    assert 'sendblue_line_queue_records{line="other"} 1900.0' in served
    assert 'sendblue_line_oldest_seconds{line="other"} 999.0' in served
    assert 'sendblue_line_queue_records{line="line-49"} 2.0' in served
    assert sum(one.startswith("sendblue_line_queue_records") for one in served) == MAX_LINES + 1
    assert 'sendblue_lines{state="ready"} 1000.0' in served


@pytest.mark.parametrize(
    ("why", "valid"), [("", True), ("UNAUTHORIZED", False), ("FORBIDDEN", False), ("NO_ANSWERS", True)]
)
def test_keys_are_bad_when_sendblue_says_so(why: str, valid: bool) -> None:
    """401 and 403; a silent Sendblue says nothing of the keys."""
    metrics = Metrics()
    metrics(AccountSeen("open", why))

    assert f"sendblue_credentials_valid {float(valid)}" in series(metrics)
    assert 'sendblue_breakers{of="account",state="open"} 1.0' in series(metrics)


@pytest.mark.parametrize("sight", [sight for sight, _ in SIGHTS], ids=lambda sight: type(sight).__name__)
def test_a_sight_sets_what_the_catalogue_names(sight: Sight) -> None:
    """Name and labels of every setting are in the catalogue, and no value falls under ``other``."""
    rows = {row.name: row for row in CATALOGUE}

    for setting in settings_of(sight, ("a",)):
        labels = rows[setting.name].labels
        assert len(setting.labels) == len(labels)
        for value, (name, allowed) in zip(setting.labels, labels.items(), strict=True):
            assert value in allowed or name == "line"
