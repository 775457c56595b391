"""The demo's live picture: lines on top, totals below."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from connector.commands.cli_output import in_words
from connector.demo import Demo
from connector.wiring.sampling import by_line

GOOD = {"duplicate_texts": "0 is the promise", "lost": "still on their way, until the end", "in_doubt": "now"}


def picture(demo: Demo) -> RenderableType:
    """Draw what is known now."""
    return Group(_lines(demo), _totals(demo), Text(_addresses(demo), style="dim"))


def _lines(demo: Demo) -> Table:
    table = Table("line", "texts", "held", "waiting for", title="kafka-sendblue demo")
    record = demo.simulator.record
    connector = demo.connector
    sender = connector.parts.sender if connector and connector.parts else None
    lines = by_line(sender) if sender else {}
    numbers = {line.alias: line.number for line in connector.settings.lines} if connector else {}
    for alias, lanes in lines.items():
        waiting = ", ".join(f"{why} {n}" for lane in lanes.values() for why, n in lane.window.waiting().items())
        held = sum(len(lane.window) for lane in lanes.values())
        table.add_row(alias, str(record.posts_of[numbers[alias]]), str(held), waiting)
    return table


def _totals(demo: Demo) -> Table:
    table = Table(show_header=False)
    for name, value in demo.report().items():
        style = "bold red" if name == "duplicate_texts" and value else ""
        table.add_row(name.replace("_", " "), Text(in_words(value), style=style), GOOD.get(name, ""))
    return table


def _addresses(demo: Demo) -> str:
    places = "  ".join(f"{name}: {url}" for name, url in demo.addresses.items())
    return f"{places}\ndemo broker, no preflight. Ctrl-C ends it."
