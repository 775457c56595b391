"""Dead letters for people: as many as were asked for, however many there are."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from connector.commands.letters import CODE, first
from connector.kafka.records import KafkaRecord


def letters(read: list[int]) -> Iterator[KafkaRecord]:
    """Without an end, refused for two reasons in turn; ``read``: the offsets that were asked for."""
    for offset in count():
        read.append(offset)
        code = b"NUMBER_INVALID" if offset % 2 else b"4002"
        yield KafkaRecord("dlq", 0, offset, None, b"x", ((CODE, code),), 1)


@pytest.mark.parametrize(
    ("codes", "offsets"),
    [((), [0, 1, 2]), (("NUMBER_INVALID",), [1, 3, 5]), (("4002", "NUMBER_INVALID"), [0, 1, 2])],
)
def test_no_more_letters_are_read_than_are_shown(codes: tuple[str, ...], offsets: list[int]) -> None:
    """Of a topic that holds a bad campaign they would fill the memory."""
    read = list[int]()
    found = first(islice(letters(read), 1_000), codes, 3)

    assert [letter.offset for letter in found] == offsets
    assert len(read) == offsets[-1] + 1
