"""The demo's live picture: lines on top, totals below."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from connector.commands.cli_output import in_words
from connector.demo import Demo

GOOD = {"duplicate_texts": "0 is the promise", "lost": "still on their way, until the end", "in_doubt": "now"}


def picture(demo: Demo) -> RenderableType:
    """Draw what is known now."""
    return Group(_lines(demo), _totals(demo), Text(_addresses(demo), style="dim"))


def _lines(demo: Demo) -> Table:
    table = Table("line", "texts", "held", "waiting for", title="kafka-sendblue demo")
    record = demo.simulator.record
    connector = demo.connector
    sender = connector.parts.sender if connector and connector.parts else None
    lanes = sender.lanes.values() if sender else ()
    numbers = {line.alias: line.number for line in connector.settings.lines} if connector else {}
    for lane in lanes:
        alias = lane.line.alias
        waiting = ", ".join(f"{why} {count}" for why, count in lane.window.waiting().items())
        table.add_row(alias, str(record.posts_of[numbers[alias]]), str(len(lane.window)), waiting)
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
