"""Too many connections: the longest idle one goes, and who hoards keeps nobody out."""

import asyncio
import resource
from functools import partial

import pytest

from connector.web import crowd
from connector.web.callbacks import callbacks_app
from connector.web.crowd import Crowd
from connector.web.guard import GuardedProtocol
from tests.web.peers import HANG_S, HOST, Role, ask, connected, guarded, post, status_of

MANY = 5_000


class Member:
    """Notes that it was closed."""

    def __init__(self) -> None:
        self.gone = False

    def evict(self) -> None:
        self.gone = True


class Lasting(GuardedProtocol):
    """A deadline that no test sees."""

    receive_s = 3600.0


def members(count: int) -> list[Member]:
    return [Member() for _ in range(count)]


def test_the_longest_idle_one_goes() -> None:
    """Not the newcomer, and not who has had an answer since."""
    full, (first, second, third) = Crowd(2), members(3)
    full.rests(first)
    full.rests(second)
    full.works(first)
    full.rests(first)
    full.rests(third)

    assert [one.gone for one in (first, second, third)] == [False, True, False]
    assert len(full) == 2


def test_who_waits_for_an_answer_stays() -> None:
    """Then the newcomer goes, since all places are honestly taken."""
    full, (first, second, third) = Crowd(2), members(3)
    for one in (first, second):
        full.rests(one)
        full.works(one)
    full.rests(third)

    assert [one.gone for one in (first, second, third)] == [False, False, True]


def test_who_has_left_takes_no_place() -> None:
    """Idle or not."""
    full, (first, second, third) = Crowd(2), members(3)
    for one in (first, second):
        full.rests(one)
    full.works(first)
    full.leaves(first)
    full.leaves(second)
    full.rests(third)

    assert len(full) == 1
    assert [one.gone for one in (first, second, third)] == [False, False, False]


def test_the_process_has_room_for_its_other_files() -> None:
    """The limit of open files is raised as far as it may be; a part of it stays for Kafka's clients."""
    room = crowd.room()
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert room == soft - crowd.RESERVED
    assert Crowd().most == min(room, crowd.MAX_CONNECTIONS)


async def test_hoarders_keep_nobody_out() -> None:
    """Twice as many silent connections as there are places: each callback passes, and the bound holds."""
    role, full = Role(), Crowd(20)
    async with guarded(callbacks_app(role.accept), partial(Lasting, crowd=full)) as port:
        hoarded = [await asyncio.open_connection(HOST, port) for _ in range(40)]
        statuses = [status_of(await ask(port, post())) for _ in range(10)]
        held = len(full)
        for _, writer in hoarded:
            writer.close()

    assert statuses == [200] * 10
    assert held in (19, 20)  # the last callback may have left


async def test_callbacks_pass_at_5000_idle_connections() -> None:
    """None of them is closed for it, as far as the process may hold so many."""
    if crowd.room() < 2 * MANY:
        pytest.skip(f"both ends are here, so {2 * MANY} files must be open: raise ulimit -Hn")
    role, held = Role(), Crowd()
    async with asyncio.timeout(6 * HANG_S), guarded(callbacks_app(role.accept), partial(Lasting, crowd=held)) as port:
        idle = [await connected(port) for _ in range(MANY)]
        statuses = [status_of(await ask(port, post())) for _ in range(100)]
        at_once = await asyncio.gather(*(ask(port, post()) for _ in range(100)))
        there = len(held)
        for one in idle:
            one.close()

    assert statuses + list(map(status_of, at_once)) == [200] * 200
    assert there >= MANY
