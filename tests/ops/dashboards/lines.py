"""The lines, a part of the way out: their state, pace, queues and breakers."""

from tests.ops.dashboards.frame import Section
from tests.ops.dashboards.panels import Panel, Query
from tests.ops.dashboards.queries import increase, least, rate, seen, summed, worst

LINES = Section(
    "Lines",
    (
        Panel(
            "Lines that do not send",
            "short",
            "Lines by alias in a state other than ready.",
            "a line stays in breaker, account, ledger or stopped. new_contacts: only those wait.",
            "SendblueLineBlocked",
            (Query(seen(worst("sendblue_line_state", "line, state", 'state!="ready"')), "{{line}} {{state}}"),),
        ),
        Panel(
            "Share of the pace in use",
            "percentunit",
            "Messages written in the last minute, as a share of what the line's pace allows.",
            "near 100 % while the line's queue grows: ask for more than the line can, or give it fewer contacts.",
            "SendblueLineQueueLong",
            (
                Query(
                    f"{summed('sendblue_line_used_rate', 'line')} / "
                    f"({worst('sendblue_line_allowed_rate', 'line')} > 0)",
                    "{{line}}",
                ),
            ),
        ),
        Panel(
            "Sends by line",
            "mps",
            "Calls of a send endpoint for each line.",
            "one line stays at 0 while its queue is not empty.",
            "SendblueLineStalled",
            (Query(rate("sendblue_line_posts_total", "line"), "{{line}}"),),
        ),
        Panel(
            "Queues",
            "short",
            "Records in each line's queue, from the first without an end.",
            "grows without a break.",
            "SendblueLineStalled SendblueLineQueueLong",
            (Query(summed("sendblue_line_queue_records", "line"), "{{line}}"),),
            width=6,
        ),
        Panel(
            "Oldest record of a line",
            "s",
            "Age of the oldest record of the line's queue that was read.",
            "above 300 s.",
            "SendblueLineStalled SendblueLineQueueLong",
            (Query(worst("sendblue_line_oldest_seconds", "line"), "{{line}}"),),
            width=6,
        ),
        Panel(
            "Time to drain",
            "s",
            "How long each line's queue takes at its pace, if nothing else is asked of it.",
            "longer than the requests' time to live: the last ones will expire.",
            "SendblueLineQueueLong",
            (Query(worst("sendblue_line_drain_seconds", "line"), "{{line}}"),),
            width=6,
        ),
        Panel(
            "Open attempts by line",
            "short",
            "Attempts in flight or in doubt.",
            "more than the line's in_flight for more than half a minute: those are in doubt.",
            "SendblueInDoubtHigh",
            (Query(worst("sendblue_line_in_doubt", "line"), "{{line}}"),),
            width=6,
        ),
        Panel(
            "New contacts left",
            "short",
            "New contacts that a line may still take, in Sendblue's hour and day; nothing where it tells no limit.",
            "0 in the day: new contacts wait, or go to other lines; known ones go on.",
            "SendblueLineQueueLong",
            (Query(least("sendblue_line_new_contacts_left", "line, window"), "{{line}} {{window}}"),),
            width=12,
        ),
        Panel(
            "New contacts, as a share of what is allowed",
            "percentunit",
            "What Sendblue has counted, from all programs and people, of what it allows.",
            "one line far above the others: somebody else writes from it.",
            "SendblueLineQueueLong",
            (
                Query(
                    f"{worst('sendblue_line_new_contacts_used', 'line, window')} / "
                    f"({worst('sendblue_line_new_contacts_limit', 'line, window')} > 0)",
                    "{{line}} {{window}}",
                ),
            ),
            width=12,
        ),
        Panel(
            "Ready, and idle",
            "s",
            "How long each line could have sent, for all that is known, and did not.",
            "above 1200 s: it is stuck for a reason that nobody thought of.",
            "SendblueLineStalled",
            (Query(worst("sendblue_line_idle_seconds", "line"), "{{line}}"),),
        ),
        Panel(
            "Backing off, by code",
            "ops",
            "How often a line backed off, by the code that asked for it.",
            "429 again and again: the pace set for the line is above what Sendblue grants.",
            "SendblueRateLimited",
            (Query(seen(rate("sendblue_line_waits_total", "code")), "{{code}}"),),
        ),
        Panel(
            "Breakers not closed",
            "short",
            "Breakers of lines and of the account that are open, or let one message try.",
            "the account's: nothing is sent by any line.",
            "SendblueAccountStopped SendblueLineBlocked",
            (Query(summed("sendblue_breakers", "of, state", 'state!="closed"'), "{{of}} {{state}}"),),
        ),
        Panel(
            "Breakers that turned",
            "short",
            "How often breakers opened and closed.",
            "the same one opens again and again.",
            "SendblueLineBlocked SendblueAccountStopped",
            (Query(increase("sendblue_breaker_turns_total", "of, to", over="$__rate_interval"), "{{of}} {{to}}"),),
        ),
        Panel(
            "Pauses",
            "short",
            "Pauses that hold: of lines, of tags, of everything.",
            "all: nothing is sent by any line. Who paused, and why: `kafka-sendblue orders list`.",
            "SendbluePausedForLong",
            (Query(worst("sendblue_pauses", "scope"), "{{scope}}"),),
        ),
        Panel(
            "Oldest pause",
            "s",
            "How long ago the oldest pause that holds was ordered.",
            "longer than the requests' time to live: what waits for it expires.",
            "SendbluePausedForLong",
            (Query(worst("sendblue_pause_oldest_seconds"), "oldest"),),
        ),
        Panel(
            "Orders and fuses",
            "short",
            "Orders to pause and to resume, heard once by each replica; fuses that have blown.",
            "a fuse: an upstream asks too much for one contact, or sends one text to very many.",
            "SendblueFuseBlown SendbluePausedForLong",
            (
                Query(increase("sendblue_pause_orders_total", "of, to", over="$__rate_interval"), "{{of}} {{to}}"),
                Query(increase("sendblue_fuses_blown_total", "fuse", over="$__rate_interval"), "fuse {{fuse}}"),
            ),
        ),
    ),
)
