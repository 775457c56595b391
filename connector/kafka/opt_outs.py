"""The optouts topic as values: key and word of a record."""

from connector.core.opt_outs import Source, Word
from connector.kafka.avro import Row


def word_row(word: Word) -> Row:
    """A word as a row."""
    return {"opted_out": word.out, "since": word.since_ms, "source": str(word.source)}


def word_of(row: Row | None) -> Word | None:
    """The inverse; None for a tombstone."""
    return None if row is None else Word(row["since"], row["opted_out"], Source(row["source"]))
