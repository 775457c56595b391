"""What people write back, who does not want to be texted, and what no callback told: each can get lost in silence.

Sendblue asks three times, as far as is known, and never again. So a few replies that were not taken are enough to tell:
one of them may have been STOP.
"""

from tests.ops.alerts.rows import Alert, Severity, events, over, too_many

TICKET = Severity.TICKET
HOOKS = "account_webhooks_total"
TAKEN = f'{HOOKS}{{type="receive",result="accepted"}}'

HEARING = (
    Alert(
        "SendblueRepliesRefused",
        TICKET,
        too_many(events(f'{HOOKS}{{result="forged"}}', "1h"), events(HOOKS, "1h"), 0.05, 20)
        + f""" or {events(f'{HOOKS}{{result="forged"}}', "6h")} >= 3"""
        f""" and {events(f'{HOOKS}{{result=~"accepted|repeated"}}', "6h")} == 0""",
        "5m",
        "account webhooks come with a secret that is not ours",
        "{{ $value | humanize }}: their share in the last hour, or, where none was ours, how many came in six.",
    ),
    Alert(
        "SendblueOptOutsNotHeard",
        TICKET,
        f"""{events(f'{HOOKS}{{type="receive",result="unreadable"}}', "1h")} > 0"""
        f""" or {events(f'{HOOKS}{{type="receive",result="refused"}}', "1h")} >= 3""",
        "0s",
        "what people wrote was not read; one may have written STOP",
        "{{ $value | humanize }} replies of the last hour could not be read, or were not taken.",
    ),
    Alert(
        "SendblueRepliesSilent",
        TICKET,
        f"{over('sum', f'increase(sendblue_{TAKEN}[1d] offset 1d)')} >= 20"
        f" and {events(TAKEN, '1d')} == 0"
        f""" and {events('posts_total{outcome="submitted"}', "1d")} >= 20""",
        "30m",
        "people answered every day, and now nobody does",
        "{{ $value | humanize }} replies came the day before, and 0 in the last 24 hours, though texts went out.",
    ),
    Alert(
        "SendblueOptOutsNotWritten",
        TICKET,
        f"""{events('opt_outs_written_total{result="dropped"}', "1h")} > 0""",
        "0s",
        "Sendblue's own list lacks contacts who opted out",
        "{{ $value | humanize }} opt-outs of the last hour were given up after six tries, or for want of room.",
    ),
    Alert(
        "SendblueSweepBehind",
        TICKET,
        f"{over('max', 'sendblue_sweep_behind_seconds')} > 1800",
        "15m",
        "Sendblue's list is not read on: statuses that no callback told stay unknown",
        "The newest change seen is {{ $value | humanizeDuration }} old; without any change it would be 15 minutes.",
    ),
)
