"""Files that say which line each contact is texted from: CSV (``number,line``) or JSON lines, told apart as they begin.

A number is hashed as soon as it is read and kept nowhere; what is wrong is told by the row, never by the number.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.moving import Entry
from connector.core.requests import E164
from connector.settings import Settings
from connector.wiring.installation import hash_key_of

SHOWN = 10  # faults that are told: a file of another shape has one in each row
Row = tuple[int, str, str]
"""Its number in the file, the contact's number, and the line: an alias or a number of ours."""


def entries(settings: Settings, file: Path) -> list[Entry]:
    """What the file says. Raises ValueError that tells every row of no use (the first ten), OSError."""
    hash_key = hash_key_of(settings)
    lines = {name: line.alias for line in settings.lines for name in (line.alias, line.number)}
    found, faults = list[Entry](), list[str]()
    for row, number, line in _rows(file):
        if why := _fault(number, line, lines):
            faults.append(f"row {row}: {why}")
        else:
            contact = contact_hash(SendRequest("import", number=number), hash_key)
            found.append(Entry(f"row {row}", contact, lines[line]))
    if faults:
        more = f"\nand {len(faults) - SHOWN} rows more" if len(faults) > SHOWN else ""
        raise ValueError("\n".join(faults[:SHOWN]) + more)
    return found


def _fault(number: str, line: str, lines: Mapping[str, str]) -> str | None:
    if not E164.fullmatch(number):
        return "the contact's number must begin with + and its country, digits only (E.164)"
    if line not in lines:
        return f"the line is none of ours; there are {', '.join(dict.fromkeys(lines.values()))}"
    return None


def _rows(file: Path) -> Iterator[Row]:
    """Every row that is not empty. Raises ValueError for a file that is neither, OSError."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        try:
            first = opened.readline()
            opened.seek(0)
            yield from _json_rows(opened) if first.lstrip().startswith("{") else _csv_rows(opened)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{file} is neither CSV nor JSON lines ({type(error).__name__})") from None


def _csv_rows(opened: Iterator[str]) -> Iterator[Row]:
    """``number,line``; a first row that says so is its heading."""
    for n, cells in enumerate(csv.reader(opened), 1):
        texts = [cell.strip() for cell in cells]
        if any(texts) and texts[:2] != ["number", "line"]:
            yield n, texts[0], texts[1] if len(texts) > 1 else ""


def _json_rows(opened: Iterator[str]) -> Iterator[Row]:
    """``{"number": ..., "line": ...}``, one a line."""
    for n, text in enumerate(opened, 1):
        if text.strip():
            try:
                row = json.loads(text)
            except ValueError:
                row = None
            row = row if isinstance(row, dict) else {}
            yield n, str(row.get("number", "")).strip(), str(row.get("line", "")).strip()
