"""Who does not want to be texted: what was said of each contact last, and by whom.

A *word* takes a contact out (STOP) or in again (START). Of the words under one key the newest by its own time counts,
whatever order they are read in; at the same time, out. So replicas that read the words of two ingresses in another
order agree, and a word that comes late changes nothing.

A contact has two keys. Under its hash stands what the person says (INBOUND), and what Sendblue tells of the person
(CALLBACK, REFUSAL); under ``operators_key`` what an operator says. Either keeps it out. START is a person's own word
and undoes what stands under the person's key, whoever put it there. It does not undo an operator's: that has a reason
which no text shows (a complaint by letter, a court, a wrong number). An operator takes both back.

Only the newest record of a key is left when the topic has been compacted. If that is not the newest word (two ingresses
at the same moment), the key is *behind*: whoever sees it appends the word that holds once more. The topic keeps its
records for days before it is compacted, so that somebody has seen it: all who heard the two may be gone a second later.

A record that nobody can read keeps its contact out too, until the key has another one: it may have said STOP.

A group is a contact of its own, and its members are others: STOP of one of them ends what goes to that person, and not
what goes to the group. Only an operator takes a group out.

What is ugly: "END" and "CANCEL" answer other questions too. They are Sendblue's words, and it takes them so anyway.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from connector.core.callbacks import Report
from connector.core.calls import normalise_code
from connector.core.identities import HASH_BYTES
from connector.core.numbers import number_of
from connector.core.refusals import refusal

OPTED_OUT = refusal("OPTED_OUT").code
"""Also Sendblue's own name for it (``error_key``), and why a granted attempt is given up."""
STOP_WORDS = frozenset({"STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE"})
START_WORDS = frozenset({"START"})
MAX_TEXT_CHARS = 4_096
"""A longer text is none of these words, however much of it is punctuation: far above what anybody types around one."""
OPERATORS_SUFFIX = b"o"

_BETWEEN = re.compile(r"[\W_]+")
_OUT_BIT, _TIME_SHIFT = 1 << 3, 4


class Source(StrEnum):
    """Who said it. UNKNOWN: a source that is newer than this release."""

    UNKNOWN = "UNKNOWN"
    INBOUND = "INBOUND"
    """The person, in a text to us."""
    CALLBACK = "CALLBACK"
    """Sendblue, of the recipient of a message."""
    REFUSAL = "REFUSAL"
    """Sendblue, refusing a message."""
    OPERATOR = "OPERATOR"


class Word(NamedTuple):
    """What was said of a contact. ``since_ms``: when, by the clock of whoever heard it first."""

    since_ms: int
    out: bool
    source: Source


_SOURCES = tuple(Source)
HEARSAY = frozenset({Source.CALLBACK, Source.REFUSAL})
"""Told with each message again: no news of a contact that is out already."""


def said(text: str | None) -> bool | None:
    """True for STOP and its like, False for START, None for anything else. Only the whole text counts.

    Case, blanks, punctuation and other signs do not matter: "Stop!", "opt-out". Signs that nobody sees (a soft hyphen,
    a joiner of no width) stand within a word, or between two.
    """
    if text is None or len(text) > MAX_TEXT_CHARS:
        return None
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    words = {_BETWEEN.sub(" ", reading).strip().upper() for reading in (seen, plain)}
    return True if words & STOP_WORDS else False if words & START_WORDS else None


def told_out(report: Report) -> str | None:
    """The number of the person of whom a status says that they have opted out; None for a group, or for nobody.

    It may say so by ``opted_out`` or by the error alone.
    """
    says_so = report.opted_out or OPTED_OUT in (normalise_code(report.error_key), normalise_code(report.error_code))
    if not says_so or report.is_outbound is False:
        return None
    ours = {number_of(text) for text in (report.from_number, report.sendblue_number) if text}
    people = {number_of(text) for text in report.participants} - ours  # our line may be among them
    to_group = report.group_id is not None or report.message_type == "group" or len(people) > 1
    number = report.number or report.to_number
    return None if number is None or to_group else number_of(number)


def operators_key(contact: bytes) -> bytes:
    """The key of what operators say of a contact."""
    return contact + OPERATORS_SUFFIX


def contact_of(key: bytes) -> bytes:
    """The contact that a key belongs to."""
    return key[:HASH_BYTES]


class OptedOut:
    """All words, by key: about 120 bytes each. ``read`` takes the topic's records in their order."""

    def __init__(self) -> None:
        self._words: dict[bytes, int] = {}
        self._behind: set[bytes] = set()
        self._unread: set[bytes] = set()
        self._out = 0

    def __len__(self) -> int:
        """Keys that keep their contact out."""
        return self._out

    def __contains__(self, contact: bytes) -> bool:
        """Whether the contact must not be texted."""
        return self._is_out(contact) or self._is_out(contact + OPERATORS_SUFFIX)

    def __iter__(self) -> Iterator[tuple[bytes, Word]]:
        """Every key with the word that holds."""
        return ((key, _word(packed)) for key, packed in self._words.items())

    def word(self, key: bytes) -> Word | None:
        """The word that holds under a key."""
        packed = self._words.get(key)
        return None if packed is None else _word(packed)

    def read(self, key: bytes, word: Word | None) -> None:
        """Take the next record of the topic; a tombstone, which nobody of us writes, forgets the key."""
        self._behind.discard(key)
        self._unread.discard(key)
        if word is None:
            self._count(self._words.pop(key, 0), 0)
        else:
            self.learn(key, word)
            if self._words[key] != _packed(word):
                self._behind.add(key)

    def unreadable(self, key: bytes) -> None:
        """The next record cannot be read: out, until the key has one that can."""
        self._behind.discard(key)
        self._unread.add(key)

    def unread(self) -> list[bytes]:
        """The keys of such records."""
        return list(self._unread)

    def learn(self, key: bytes, word: Word) -> None:
        """Take a word that is durable, and not read back yet."""
        before = self._words.get(key, 0)
        newest = max(before, _packed(word))
        self._count(before, newest)
        self._words[key] = newest

    def is_behind(self, key: bytes) -> bool:
        """Whether the topic's last record of the key is not the word that holds."""
        return key in self._behind

    def behind(self) -> list[bytes]:
        """All such keys."""
        return list(self._behind)

    def news(self, contact: bytes, word: Word) -> list[bytes]:
        """The keys under which this word must be appended to count: none where it says nothing new."""
        if word.source in HEARSAY and contact in self and self._unread.isdisjoint(_keys(contact)):
            return []
        keys = [contact] if word.source is not Source.OPERATOR or not word.out else []
        if word.source is Source.OPERATOR:
            keys.append(operators_key(contact))
        return [key for key in keys if _packed(word) > self._words.get(key, 0)]

    def holds(self, contact: bytes, word: Word) -> bool:
        """Whether this very word is the last one."""
        return _packed(word) in (self._words.get(contact), self._words.get(operators_key(contact)))

    def newer_than(self, contact: bytes, now_ms: int) -> int:
        """A time for what an operator says now: later than all that was said, whatever the clocks show."""
        known = (self._words.get(key, 0) >> _TIME_SHIFT for key in _keys(contact))
        return max(now_ms, *(since_ms + 1 for since_ms in known))

    def _is_out(self, key: bytes) -> bool:
        return bool(self._words.get(key, 0) & _OUT_BIT) or key in self._unread

    def _count(self, before: int, now: int) -> None:
        self._out += bool(now & _OUT_BIT) - bool(before & _OUT_BIT)


def _keys(contact: bytes) -> tuple[bytes, bytes]:
    return contact, operators_key(contact)


def _packed(word: Word) -> int:
    """As one number: the greater one counts."""
    return max(word.since_ms, 0) << _TIME_SHIFT | word.out << 3 | _SOURCES.index(word.source)


def _word(packed: int) -> Word:
    return Word(packed >> _TIME_SHIFT, bool(packed & _OUT_BIT), _SOURCES[packed & (_OUT_BIT - 1)])
