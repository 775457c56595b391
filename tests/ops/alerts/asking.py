"""What the runbooks tell people to ask of Prometheus: the lines of their blocks, and what stands between backticks."""

import re
from collections.abc import Iterator

BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]*\bsendblue_\w+[^`\w][^`]*)`")
QUERY = re.compile(r"\b(?:sendblue|process|python)_\w+|\bup\b")
COMMAND = re.compile(r"^(?:kafka-sendblue|kubectl|curl|docker)\b")
COMPARED = re.compile(r"\s*(?:==|!=|[<>]=?)\s*[\d.]+\s*$")


def asked(page: str) -> list[str]:
    """Every query of a page; in a sentence a metric's bare name is none."""
    return [one for text in _parts(page) for one in text if QUERY.search(one) and not COMMAND.match(one)]


def _parts(page: str) -> Iterator[list[str]]:
    for block in BLOCK.findall(page):
        yield [line.strip() for line in block.splitlines()]
    yield [" ".join(one.split()) for one in INLINE.findall(BLOCK.sub("", page))]


def uncompared(query: str) -> str:
    """The query without the comparison at its end, which most of the time finds nothing."""
    return COMPARED.sub("", query)
