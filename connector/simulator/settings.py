"""What kind of Sendblue account this is: its lines, its plan, its limits. What goes wrong is in ``faults``.

Limits that Sendblue has and that most tests do not want are off: the burst of a line, the windows of new contacts, the
limit before a reply. Where Sendblue's pages contradict each other there is a switch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUFFIX = "\n- Sent using sendblue.co"


@dataclass(frozen=True)
class SimulatorSettings:
    """``lines``: E.164 numbers on the account; ``seats``: the ids it knows. All times in seconds.

    ``line_rate``: POSTs a second and line before 429, 0 for no limit. ``gap_s``: what the record measures each line's
    pace against, less ``tolerance_s``; 0: what ``line_rate`` allows. ``step_s``: between two statuses of a message.
    ``lag_s``: how far the list, like a read replica, is behind. ``latency_s``: of each send. ``success``: 202 or 200.

    ``new_contacts_hourly`` and ``new_contacts_daily``: of each line, None for no limit; Sendblue has 15 in a rolling
    hour and 50 until 3 AM in New York. ``line_limits``: the same of single lines, hourly then daily, instead of these.
    ``pre_reply_limit``: texts to somebody who never answered, 0 for no limit.
    ``decline_http``: how OPTED_OUT and PRE_REPLY_LIMIT_REACHED are answered: 400, or a 2xx whose body says ERROR.

    ``free_plan``: appends SUFFIX to every text. ``odd_types``: the other spelling wherever Sendblue has two.
    ``verified``: who alone may be sent anything, as on the free plan, beside those who have texted in; None: everybody.
    ``dropped_types``: of webhooks, taken and forgotten, as was seen of typing_indicator.
    ``hooks_append``: a webhook that is there already is added once more, instead of taking the new secret.
    ``callback_wait_s``, ``callback_retry_s``: for an answer, and before the first repeat (then doubling; None: one
    step); ``retry_any``: repeat after any answer but 2xx, not only after 5xx. ``record``: the file of the
    record; ``answers``: of the callbacks' answers.
    """

    lines: tuple[str, ...] = ()
    key_id: str = "demo-key"
    secret: str = "demo-secret"  # noqa: S105 - of the simulator itself
    line_rate: float = 0.0
    step_s: float = 0.1
    lag_s: float = 0.0
    latency_s: float = 0.0
    success: int = 202
    record: Path | None = None
    answers: Path | None = None
    gap_s: float = 0.0
    tolerance_s: float = 0.02
    seats: tuple[str, ...] = ()
    new_contacts_hourly: int | None = None
    new_contacts_daily: int | None = None
    line_limits: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    pre_reply_limit: int = 0
    decline_http: int = 400
    free_plan: bool = False
    verified: tuple[str, ...] | None = None
    odd_types: bool = False
    dropped_types: tuple[str, ...] = ()
    hooks_append: bool = False
    callback_wait_s: float = 45.0
    callback_retry_s: float | None = None
    retry_any: bool = False

    @property
    def pace_s(self) -> float:
        """The gap the record measures against; 0: none."""
        return self.gap_s or (1 / self.line_rate if self.line_rate else 0.0)

    @property
    def limits_new_contacts(self) -> bool:
        """Whether there is any window of new contacts."""
        return any(self.windows_of(line) != (None, None) for line in self.lines)

    def windows_of(self, line: str) -> tuple[int | None, int | None]:
        """How many new contacts this line may have, in an hour and in a day; None for no limit."""
        return self.line_limits.get(line, (self.new_contacts_hourly, self.new_contacts_daily))
