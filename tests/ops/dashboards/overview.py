"""The first dashboard to look at: is it us, Kafka or Sendblue, and is a promise broken?

The objectives are judged over 30 days. How fast their budgets are burnt, 1 being as fast as they last, is what tells
whether to get up: above 14.4 over an hour a month's budget is gone in two days.
"""

from typing import NamedTuple

from tests.ops.dashboards.frame import Dashboard, Section
from tests.ops.dashboards.panels import Kind, Panel, Query
from tests.ops.dashboards.queries import increase, rate, seen, series, share, summed, worst

MONTH = "30d"
ENDED = 'end=~"SUBMITTED|EXPIRED|DROPPED|PARKED"'
DELAY = "sendblue_message_delay_seconds"
WEBHOOK = "sendblue_webhook_request_duration_seconds"


class Objective(NamedTuple):
    """A share that is promised. ``good`` and ``valid`` hold ``WINDOW`` where the window goes."""

    name: str
    shows: str
    bad: str
    alert: str
    promised: float
    good: str
    valid: str

    def attained(self, window: str) -> str:
        """The share in a window; nothing where nothing happened."""
        return share(self.good, self.valid).replace("WINDOW", window)

    def burnt(self, window: str) -> str:
        """How many times faster than it lasts the budget goes."""
        return f"(1 - {self.attained(window)}) / {1 - self.promised:.4f}"


def _in_window(name: str, where: str = "") -> str:
    return increase(name, where=where, over="WINDOW")


OBJECTIVES = (
    Objective(
        "Accepted by Sendblue",
        "Requests that Sendblue accepted, of all that had a chance: those that are faulty, refused by Sendblue, "
        "cancelled or duplicates are left out.",
        "below 99.9 %: look below which end grows, and on the dashboard of the way out at the codes.",
        "SendblueAcceptedBudgetBurn",
        0.999,
        _in_window("sendblue_messages_total", 'end="SUBMITTED"'),
        _in_window("sendblue_messages_total", ENDED),
    ),
    Objective(
        "Accepted within 30 s",
        "Accepted requests that took at most 30 s from the request's time, waiting for their line included.",
        "below 99 %: lines are slower than what is asked of them, or something is away.",
        "SendblueFreshBudgetBurn",
        0.99,
        _in_window(f"{DELAY}_bucket", 'le="30.0"'),
        _in_window(f"{DELAY}_count"),
    ),
    Objective(
        "Callbacks answered",
        "Requests to the ingress not answered with 5xx, of all that were right.",
        "below 99.95 %: statuses come late, for the ingress cannot write to Kafka.",
        "SendblueIngressBudgetBurn",
        0.9995,
        _in_window("sendblue_webhook_requests_total", 'code!~"4..|5.."'),
        _in_window("sendblue_webhook_requests_total", 'code!~"4.."'),
    ),
    Objective(
        "Callbacks answered within 1 s",
        "Requests to the ingress answered within a second.",
        "below 99 %: Kafka acknowledges slowly, or the process is short of CPU.",
        "SendblueIngressSlowBudgetBurn",
        0.99,
        _in_window(f"{WEBHOOK}_bucket", 'le="1.0"'),
        _in_window(f"{WEBHOOK}_count"),
    ),
)


def _attained(one: Objective) -> Panel:
    return Panel(
        f"{one.name}, 30 days",
        "percentunit",
        one.shows,
        one.bad,
        one.alert,
        (Query(one.attained(MONTH)),),
        Kind.NUMBER,
        width=6,
        height=4,
        green_from=one.promised,
    )


def _burning(window: str, limit: float) -> Panel:
    return Panel(
        f"Budget burnt over {window}",
        "short",
        f"How many times faster than it lasts each objective's budget went in the last {window}; 1 is as fast.",
        f"above {limit} in this window.",
        " ".join(one.alert for one in OBJECTIVES),
        tuple(Query(one.burnt(window), one.name) for one in OBJECTIVES),
        width=12,
    )


PROMISES = Section("Objectives", (*map(_attained, OBJECTIVES), _burning("1h", 14.4), _burning("6h", 6)))

BROKEN = Section(
    "What must not happen",
    (
        Panel(
            "Alarms",
            "short",
            "What the ledger says must never happen, in the time shown.",
            "any: a message may have been sent twice, or replicas judge differently. Stop sending and look.",
            "SendblueTextedTwice SendblueDigestsDiffer SendblueTextAfterItsEnd",
            (Query(increase("sendblue_alarms_total", "alarm"), "{{alarm}}"),),
            Kind.NUMBER,
            width=6,
            red_from=0.5,
        ),
        Panel(
            "Dead letters",
            "short",
            "Records put on the dead-letter topic in the time shown.",
            "any that nobody expects: somebody's request was not sent.",
            "SendblueDeadLetters",
            (Query(increase("sendblue_dead_letters_total")),),
            Kind.NUMBER,
            width=6,
            red_from=0.5,
        ),
        Panel(
            "Parked",
            "short",
            "Requests that wait for a person, because nobody could prove whether they were sent.",
            "any: they wait for somebody to decide.",
            "SendblueParkedWaiting",
            (Query(worst("sendblue_parked")),),
            Kind.NUMBER,
            width=6,
            red_from=0.5,
        ),
        Panel(
            "Alerts",
            "none",
            "Alerts of this connector that fire or are about to.",
            "any; each one names its heading in the runbook.",
            kind=Kind.ALERTS,
            width=6,
        ),
    ),
)

FLOW = Section(
    "Flow",
    (
        Panel(
            "Requests read and ended",
            "reqps",
            "Requests read from Kafka, and requests that ended; the difference is in flight or waits on disk.",
            "ended stays below read for longer than the requests' own times ask for.",
            "SendblueConsumerStalled",
            (
                Query(rate("sendblue_records_read_total", where='topic="requests"'), "read"),
                Query(rate("sendblue_messages_total", where='end!="PARKED"'), "ended"),
            ),
        ),
        Panel(
            "Requests by end",
            "reqps",
            "How requests ended. PARKED is no end: another one follows.",
            "REJECTED or EXPIRED grow, or PARKED shows up.",
            "SendblueAcceptedBudgetBurn",
            (Query(rate("sendblue_messages_total", "end"), "{{end}}"),),
            stacked=True,
        ),
        Panel(
            "Texts accepted and delivered",
            "mps",
            "Calls that Sendblue accepted, and statuses DELIVERED that came back.",
            "delivered falls while accepted does not: callbacks do not arrive, or a carrier has trouble.",
            "SendblueWebhookSilence SendblueDeliveryErrors",
            (
                Query(rate("sendblue_posts_total", where='outcome="submitted"'), "accepted"),
                Query(rate("sendblue_statuses_total", where='status="DELIVERED"'), "delivered"),
            ),
        ),
    ),
)

WAITING = Section(
    "What waits longest",
    (
        Panel(
            "Oldest record not done",
            "s",
            "Age of the oldest record that was read and is not done, by topic. Records with a send_at ahead wait on "
            "the delay topics, and may.",
            "requests or dispatch above 300 s; above 900 s somebody should be called.",
            "SendblueRequestsLate SendblueDelaysLate",
            (Query(worst("sendblue_lag_seconds", "topic"), "{{topic}}"),),
        ),
        Panel(
            "In flight",
            "short",
            "Requests read that have no end yet, and attempts that are in flight or in doubt.",
            "open attempts stay high while nothing is sent: their fate is unknown.",
            "SendblueInDoubtHigh",
            (
                Query(summed("sendblue_requests_in_flight"), "requests"),
                Query(worst("sendblue_attempts_open"), "open attempts"),
            ),
        ),
        Panel(
            "Lines by state",
            "short",
            "How many lines are ready, and what holds the others back.",
            "account or ledger above 0: nothing at all is sent; breaker: a line's calls end without an answer.",
            "SendblueAccountStopped SendblueLineBlocked",
            (Query(summed("sendblue_lines", "state"), "{{state}}"),),
            stacked=True,
        ),
    ),
)

WHOSE = Section(
    "Us, Kafka or Sendblue",
    (
        Panel(
            "Us: replicas not ready",
            "short",
            "Replicas that are up and not ready; /statusz of each one says why.",
            "above 0 for longer than a start takes.",
            "SendblueNotReady SendblueNoneReady SendblueDown",
            (Query(f"count({series('sendblue_ready')}) - {summed('sendblue_ready')}", "not ready"),),
            width=6,
        ),
        Panel(
            "Kafka: errors and failed appends",
            "ops",
            "Errors that clients told, and appends that brokers did not acknowledge.",
            "above 0 for minutes: nothing is lost, yet nothing moves either.",
            "SendblueWritesFailing SendblueBrokersUnreachable",
            (
                Query(rate("sendblue_kafka_client_errors_total"), "client errors"),
                Query(rate("sendblue_publish_failures_total"), "appends"),
            ),
            width=6,
        ),
        Panel(
            "Sendblue: answers that are no success",
            "reqps",
            "Calls of Sendblue without a success, by HTTP status; no_answer and not_written are calls without one.",
            "5.. or no_answer: Sendblue has trouble; 401 or 403: our keys are refused; 429: it asks us to slow down.",
            "SendblueCredentialsRefused SendblueAccountStopped SendblueRateLimited",
            (Query(seen(rate("sendblue_api_requests_total", "code", 'code!~"2.."')), "{{code}}"),),
            width=6,
        ),
        Panel(
            "Versions and settings",
            "none",
            "What each replica runs, and a hash of its settings, secrets left out.",
            "two versions, or two hashes of the same roles, for longer than a rollout takes.",
            "SendblueVersionsDiffer SendblueSettingsDiffer",
            (
                Query(
                    f"{series('sendblue_build_info')} * on (job, instance) group_left (hash, roles) "
                    f"{series('sendblue_config_info')}"
                ),
            ),
            Kind.TABLE,
            width=6,
        ),
    ),
)

DASHBOARD = Dashboard(
    "overview",
    "kafka-sendblue: overview",
    "Promises, flow, what waits, and whose fault it is",
    (PROMISES, BROKEN, FLOW, WAITING, WHOSE),
)
