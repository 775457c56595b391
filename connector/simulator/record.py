"""What the simulator saw: the oracle of every test of doubles.

It counts texts, not what the connector believes. A request is known by ``#req:ID`` in the content, else by the callback
URL. When given a file, every accepted text is appended to it and synced before the answer goes out.
"""

import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

MARK = re.compile(r"#req:([A-Za-z0-9._:-]+)")


class Record:
    """Texts by request, writes by line, lines by contact."""

    def __init__(self, path: Path | None = None, line_rate: float = 1.0) -> None:
        self.posts = 0
        self.texts: Counter[str] = Counter()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.lines_of: dict[str, set[str]] = defaultdict(set)
        self.in_flight: Counter[str] = Counter()
        self.overlaps = 0
        self.callbacks = Counter[str]()
        self._line_rate = line_rate
        self._file = path.open("a") if path else None

    def arrived(self, body: dict[str, Any], now: float) -> None:
        """One POST, read whole."""
        self.posts += 1
        self.times[str(body.get("from_number"))].append(now)

    def accepted(self, body: dict[str, Any], now: float) -> None:
        """One text that will reach somebody."""
        key = request_of(body)
        self.texts[key] += 1
        self.lines_of[_contact(body)].add(str(body.get("from_number")))
        if self._file is not None:
            self._file.write(json.dumps({"request": key, "at": now}) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def begin(self, body: dict[str, Any]) -> None:
        """A POST of this contact is in work."""
        self.in_flight[_contact(body)] += 1
        self.overlaps += self.in_flight[_contact(body)] > 1

    def end(self, body: dict[str, Any]) -> None:
        """It is answered, or cut off."""
        self.in_flight[_contact(body)] -= 1

    def over_limit_seconds(self) -> int:
        """Seconds, by the clock of each line's writes, with more of them than the line may have."""
        worst = 0
        for times in self.times.values():
            per_second = Counter(int(at) for at in times)
            worst += sum(count > self._line_rate + 1 for count in per_second.values()) if self._line_rate else 0
        return worst

    def totals(self) -> dict[str, Any]:
        """Everything as plain numbers."""
        return {
            "posts": self.posts,
            "texts": sum(self.texts.values()),
            "requests": len(self.texts),
            "duplicate_texts": sum(count - 1 for count in self.texts.values()),
            "over_limit_seconds": self.over_limit_seconds(),
            "contacts_two_lines": sum(len(lines) > 1 for lines in self.lines_of.values()),
            "overlapping_contacts": self.overlaps,
            "callbacks": dict(self.callbacks),
        }


def request_of(body: dict[str, Any]) -> str:
    """The request a text belongs to."""
    found = MARK.search(str(body.get("content") or ""))
    return found.group(1) if found else str(body.get("status_callback") or body.get("content") or "")


def _contact(body: dict[str, Any]) -> str:
    return str(body.get("number") or body.get("group_id") or sorted(body.get("numbers") or []))
