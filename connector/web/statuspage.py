"""The state as a page for people: whatever /statusz shows as JSON, as tables.

It knows the shapes of values, not what they mean: a name with a value is a row, a name with names is a section, names
that all have the same names are a table. So nothing that is added to the state can be forgotten here. The page needs
no script and nothing from any other place; it loads itself again every few seconds, follows the reader's choice of
light or dark, and on a narrow screen each row of a table becomes a card.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

REFRESH_S = 5
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
TITLES = {
    "not_ready": "Not ready, because",
    "notes": "For a person to look at",
    "lines_by_state": "Lines by state",
    "lines": "Lines, the worst first",
    "line_facts": "Lines, as Sendblue sees them",
    "line_fact": "line",
    "errors": "Errors of Sendblue, last 10 min",
    "topics": "Kafka topics read here",
    "allowed": "allowed, 1/s",
    "used": "used, 1/s",
    "oldest_s": "oldest, s",
    "drain_s": "to drain, s",
    "idle_s": "idle, s",
    "seconds": "oldest, s",
}
NONE = '<p class="dim">none</p>'
GOOD = frozenset({"running", "ready", "closed", "online"})
ODD = frozenset({"backoff", "half_open", "paused", "degraded", "new_contacts"})
BAD = frozenset({"breaker", "account", "ledger", "open", "draining", "stopped", "offline", "blocked"})
STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1c2024;--dim:#5a6470;--edge:#d8dde3;--good:#156c3a;--bad:#b3261e;
--odd:#8a5a00}
@media(prefers-color-scheme:dark){:root{--back:#14171a;--text:#e6e9ec;--dim:#9aa5b1;--edge:#333a42;--good:#6fd08c;
--bad:#ff8a80;--odd:#f0b957}}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--back);color:var(--text);
font:1rem/1.45 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0 0 .5rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}
a{color:inherit}.dim,th{color:var(--dim);font-weight:400}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;
border-bottom:1px solid var(--edge);overflow-wrap:anywhere}td{font-variant-numeric:tabular-nums}
.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));column-gap:2rem}
h2::first-letter,th::first-letter{text-transform:uppercase}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.odd{color:var(--odd)}
ul{margin:.3rem 0;padding-left:1.2rem}
@media(max-width:44rem){.wide thead{display:none}.wide tr{display:block;border:1px solid var(--edge);
border-radius:.5rem;margin:.6rem 0;padding:.3rem .7rem}.wide td{display:flex;justify-content:space-between;
border:0;padding:.15rem 0}.wide td::before{content:attr(data-name);color:var(--dim)}}
"""


def page(state: Mapping[str, object]) -> str:
    """The whole page."""
    flat = {name: value for name, value in state.items() if not isinstance(value, Mapping)}
    inner = {name: value for name, value in state.items() if isinstance(value, Mapping)}
    tables = {name: _rows(value) for name, value in inner.items() if _rows(value)}
    small = "".join(_section(n, _pairs(v) if v else NONE) for n, v in inner.items() if n not in tables)
    large = "".join(_section(name, _table(name, rows)) for name, rows in tables.items())
    body = f'{"".join(_flat(flat))}<div class="small">{small}</div>{large}'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>kafka-sendblue</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><h1>kafka-sendblue</h1>{body}"
        '<p class="dim"><a href="?format=json">the same as JSON</a></p></body></html>\n'
    )


def wants_page(accept: str) -> bool:
    """True when the Accept header names HTML and likes it no less than JSON; ``*/*`` alone is no wish for a page."""
    weights = dict(map(_weight, accept.split(",")))
    return weights.get("text/html", 0.0) > 0 and weights["text/html"] >= weights.get("application/json", 0.0)


def _weight(part: str) -> tuple[str, float]:
    kind, *rest = (piece.strip().lower() for piece in part.split(";"))
    told = next((piece[2:] for piece in rest if piece.startswith("q=")), "1")
    try:
        weight = float(told)
    except ValueError:
        return kind, 0.0
    return kind, weight if 0.0 <= weight <= 1.0 else 0.0


def _flat(values: Mapping[str, object]) -> Iterator[str]:
    """What stands at the top: words, and lists of words."""
    for name, value in values.items():
        if isinstance(value, str) or not isinstance(value, Sequence):
            yield f"<p>{_title(name)}: {_value(value)}</p>"
        elif len(value) and name in ("not_ready", "notes"):
            yield f'<h2 class="bad">{_title(name)}</h2><ul>{"".join(f"<li>{_value(v)}</li>" for v in value)}</ul>'
        elif len(value):
            yield f"<p>{_title(name)}: {', '.join(map(_value, value))}</p>"


def _rows(values: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    return {name: value for name, value in values.items() if isinstance(value, Mapping)}


def _section(name: str, shown: str) -> str:
    return f"<section><h2>{_title(name)}</h2>{shown}</section>"


def _pairs(values: Mapping[str, object]) -> str:
    rows = "".join(f"<tr><th>{_title(name)}</th><td>{_value(value)}</td></tr>" for name, value in values.items())
    return f"<table><tbody>{rows}</tbody></table>"


def _table(name: str, rows: Mapping[str, Mapping[str, object]]) -> str:
    first = name.removesuffix("s")
    columns = [first, *next(iter(rows.values()))]
    head = "".join(f"<th>{_title(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(_cells({first: row, **values}))}</tr>" for row, values in rows.items())
    return f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cells(values: Mapping[str, object]) -> Iterable[str]:
    return (f'<td data-name="{_title(name)}"><span>{_value(value)}</span></td>' for name, value in values.items())


def _title(name: str) -> str:
    """A name in words; a code, which is in capitals, as it is."""
    return escape(TITLES.get(name, name if name.isupper() else name.replace("_", " ")))


def _value(value: object) -> str:
    """A value as text; words that are good or bad news have a colour besides."""
    text = escape("-" if value is None else str(value))
    mood = "good" if text in GOOD else "bad" if text in BAD else "odd" if text in ODD else ""
    return f'<span class="{mood}">{text}</span>' if mood else text
