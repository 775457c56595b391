"""Packed memory: a dict that forgets, in a tenth of the space."""

from hypothesis import given
from hypothesis import strategies as st

from connector.core import memory
from connector.core.bindings import Bindings
from connector.core.memory import CHUNK_BYTES, Memory

keys = st.integers(0, 40).map(lambda n: (n % 8 << 96 | n // 8).to_bytes(16))  # one shard, eight tags, five keys each
steps = st.lists(st.tuples(st.sampled_from(["put", "remove"]), keys, st.binary(max_size=30)), max_size=200)


@given(steps)
def test_it_is_a_dict(changes: list[tuple[str, bytes, bytes]]) -> None:
    """Put, overwrite, remove: always what a dict holds; removing closes the gap it leaves."""
    packed, plain = Memory(1000), dict[bytes, tuple[int, bytes]]()
    for time_ms, (what, key, value) in enumerate(changes):
        if what == "put":
            packed.put(key, time_ms, value)
            plain[key] = (time_ms, value)
        else:
            packed.remove(key)
            plain.pop(key, None)

        assert packed.get(key) == plain.get(key)
    assert {key: packed.get(key) for key in plain} == plain
    assert len(packed) == len(plain)


def test_whole_chunks_are_given_back() -> None:
    """Once a chunk's newest entry is past its time it is gone; what was put again since is kept."""
    packed, value = Memory(keep_ms=100), b"v" * 60_000
    for n in range(40):
        packed.put(n.to_bytes(16), n, value)
    packed.put((0).to_bytes(16), 50, b"again")
    chunks = len(packed._chunks)

    packed.forget(now_ms=130)

    assert len(packed._chunks) < chunks
    assert packed.get((1).to_bytes(16)) is None
    assert packed.get((0).to_bytes(16)) == (50, b"again")
    assert packed.get((39).to_bytes(16)) == (39, value)
    assert len(value) * 40 > CHUNK_BYTES


def test_growing_loses_nothing() -> None:
    """Thousands of keys in one shard and over all."""
    packed = Memory(1000)
    names = [bytes([n % 3]) + n.to_bytes(3) + n.to_bytes(12) for n in range(5_000)]
    for name in names:
        packed.put(name, 1, name)

    assert len(packed) == 5_000
    assert all(packed.get(name) == (1, name) for name in names)
    assert memory.SHARDS > 1


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.sampled_from("ABC")), max_size=300))
def test_bindings_are_a_dict(moves: list[tuple[int, str]]) -> None:
    """The last line of each contact, None for one that has none."""
    packed, plain = Bindings(), dict[bytes, str]()
    for number, line in moves:
        contact = (number % 500).to_bytes(8, "little") if number % 2 else number.to_bytes(8, "little")
        packed.put(contact, line)
        plain[contact] = line

    assert {contact: packed.get(contact) for contact in plain} == plain
    assert packed.get(b"nobody!!") is None
    assert len(packed) == len(plain)


def test_bindings_grow() -> None:
    """Ten thousand contacts of two shards."""
    packed = Bindings()
    for n in range(10_000):
        packed.put(bytes([n % 2]) + n.to_bytes(7, "little"), f"line-{n % 7}")

    assert len(packed) == 10_000
    assert packed.get(bytes([1]) + (9_999).to_bytes(7, "little")) == f"line-{9_999 % 7}"
