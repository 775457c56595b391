"""Fuses: what an upstream that runs wild does to people is bounded here, and told.

* *contact rate*: one contact gets so many texts a minute and so many an hour; what is more waits.
* *same text*: one text that goes to very many contacts is an alarm; if it is set so, what is more waits as well.

A fuse never drops: a request that waits goes on by itself, or expires. A contact's texts are those that the ledger
shows as granted, so all replicas count alike, and a restart forgets nothing; a grant given back as UNSENT counts too,
which errs on the side of fewer texts. Two may be proposed at once for the last place there is: the later grant is one
too many, and is given back (``beyond``). A text the ledger does not know: its bodies are hashed together with their
recipient. So each replica counts whom it was itself granted that text for, since it began.

What is remembered is bounded. Of contacts the 100,000 that were granted something last, and nothing that is older than
an hour: about 250 bytes each. Of texts the 4,096 that were granted last; how many contacts a text went to is estimated
from one bit for each of them (linear counting, within a few percent), in a window that begins with its first grant.
What is ugly: times are those of the brokers, and are compared with our own clock.
"""

import math
from collections import OrderedDict
from enum import StrEnum
from typing import NamedTuple

CONTACTS = 100_000
TEXTS = 4_096
LEAST_BITS = 1_024  # below that many contacts the estimate would be off by more than a few percent
GRANTS = 10_000  # remembered with what was granted before them: a lease is over long before so many have come
TOLD = 10_000  # alarms remembered, so that each is told once an hour
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


class Fuse(StrEnum):
    """Which fuse has blown."""

    CONTACT_RATE = "contact_rate"
    SAME_TEXT = "same_text"


class Limits(NamedTuple):
    """Texts a minute and an hour to one contact; contacts of one text in its window. 0: no such fuse.

    ``same_text_stops``: whether a text to more contacts than that waits.
    """

    per_minute: int = 20
    per_hour: int = 600
    same_text: int = 1_000
    same_text_window_ms: int = HOUR_MS
    same_text_stops: bool = False


OFF = Limits(0, 0, 0)


class Blown(NamedTuple):
    """A fuse that has blown, for how many seconds it holds, and the contact or text it blew for."""

    fuse: Fuse
    left_s: float
    key: bytes


class _Crowd:
    """Those whom one text went to since ``began_ms``: a bit for each, and how many are set."""

    __slots__ = ("began_ms", "bits", "count")

    def __init__(self, began_ms: int, size: int) -> None:
        self.began_ms, self.count = began_ms, 0
        self.bits = bytearray(-(-size // 8))

    def add(self, place: int) -> None:
        byte, bit = divmod(place, 8)
        if not self.bits[byte] >> bit & 1:
            self.bits[byte] |= 1 << bit
            self.count += 1


class Fuses:
    """What was granted lately. ``since_ms``: what was granted before then is of no interest any more."""

    def __init__(self, limits: Limits = OFF, since_ms: int = 0) -> None:
        self._limits, self._since_ms = limits, since_ms
        self._contacts: OrderedDict[bytes, list[int]] = OrderedDict()
        self._texts: OrderedDict[bytes, _Crowd] = OrderedDict()
        self._free_ms: OrderedDict[str, int] = OrderedDict()
        self._told: dict[bytes, int] = {}
        self._size = max(limits.same_text, LEAST_BITS)
        self._full = math.ceil(self._size * (1 - math.exp(-limits.same_text / self._size)))

    @property
    def stops_texts(self) -> bool:
        """Whether a request may wait for its text's sake; if not, nobody need hash it to ask."""
        return self._limits.same_text > 0 and self._limits.same_text_stops

    def granted(self, contact: bytes, at_ms: int, attempt: str = "") -> None:
        """The ledger shows this attempt, an INTENT for this contact, as granted, appended at this time."""
        if at_ms >= self._since_ms and (self._limits.per_minute or self._limits.per_hour):
            self._remember(attempt, self._contact_free_ms(contact))
            self._count(contact, at_ms)

    def beyond(self, attempt: str, now_ms: int) -> bool:
        """Whether the grants before that of this attempt leave no room for it now."""
        return self._free_ms.get(attempt, now_ms) > now_ms

    def texted(self, contact: bytes, text: bytes, at_ms: int) -> None:
        """We were granted this text for this contact."""
        if self._limits.same_text:
            self._crowd(contact, text, at_ms)

    def holds(self, contact: bytes, text: bytes, now_ms: int) -> Blown | None:
        """Return the fuse that makes a request wait longest; None when it may go on."""
        contact_s = max(self._contact_free_ms(contact) - now_ms, 0) / 1000
        crowd = self.crowded(text, now_ms) if self.stops_texts else None
        if contact_s > (crowd.left_s if crowd else 0.0):
            return Blown(Fuse.CONTACT_RATE, contact_s, contact)
        return crowd

    def crowded(self, text: bytes, now_ms: int) -> Blown | None:
        """Whether this text has gone to too many contacts, be it stopped for that or not."""
        crowd = self._texts.get(text)
        if crowd is None or crowd.count < self._full:
            return None
        left_ms = crowd.began_ms + self._limits.same_text_window_ms - now_ms
        return Blown(Fuse.SAME_TEXT, left_ms / 1000, text) if left_ms > 0 else None

    def is_news(self, blown: Blown, now_ms: int) -> bool:
        """True once an hour for each contact and text: one alarm for each request that waits would be noise."""
        told_ms = self._told.get(blown.key)
        if told_ms is not None and now_ms - told_ms < HOUR_MS:
            return False
        if len(self._told) >= TOLD:
            self._told.clear()
        self._told[blown.key] = now_ms
        return True

    def _contact_free_ms(self, contact: bytes) -> int:
        """When the contact may be granted one more; 0 for at any time."""
        times = self._contacts.get(contact, ())
        spans = ((self._limits.per_minute, MINUTE_MS), (self._limits.per_hour, HOUR_MS))
        return max((times[-limit] + span for limit, span in spans if 0 < limit <= len(times)), default=0)

    def _remember(self, attempt: str, free_ms: int) -> None:
        if not free_ms:
            return
        self._free_ms[attempt] = free_ms
        if len(self._free_ms) > GRANTS:
            self._free_ms.popitem(last=False)

    def _count(self, contact: bytes, at_ms: int) -> None:
        times = self._contacts.setdefault(contact, [])
        times.append(at_ms)
        self._contacts.move_to_end(contact)
        if len(times) > max(self._limits.per_minute, self._limits.per_hour) or times[0] <= at_ms - HOUR_MS:
            del times[0]
        while len(self._contacts) > CONTACTS or next(iter(self._contacts.values()))[-1] <= at_ms - HOUR_MS:
            self._contacts.popitem(last=False)

    def _crowd(self, contact: bytes, text: bytes, at_ms: int) -> None:
        crowd = self._texts.get(text)
        if crowd is None or at_ms - crowd.began_ms >= self._limits.same_text_window_ms:
            crowd = self._texts[text] = _Crowd(at_ms, self._size)
        crowd.add(int.from_bytes(contact) % self._size)
        self._texts.move_to_end(text)
        if len(self._texts) > TEXTS:
            self._texts.popitem(last=False)
