"""A command that works by what the ledger tells stops when the ledger is not read any more.

Otherwise it would go on by an old state: the ledger keeps every text at one all the same, but people would be told what
is not so. The work is cancelled at its next wait, as a time limit does it, and says how far it came.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

from confluent_kafka import KafkaException

from connector.kafka.records import KafkaFatal, ProduceFailed


class Stopped(ValueError):  # noqa: N818 - read as a state of the command
    """The work cannot go on; the sentence says why."""


@contextlib.asynccontextmanager
async def heeding(*ends: "asyncio.Future[None]") -> AsyncIterator[None]:
    """The body goes on until one of these futures fails. Raises Stopped."""
    task, why, over = asyncio.current_task(), list[BaseException](), False
    if task is None:
        raise RuntimeError("there is no task to stop")

    def ended(one: "asyncio.Future[None]") -> None:
        if not one.cancelled() and (error := one.exception()) is not None and not (why or over):
            why.append(error)
            task.cancel()

    for end in ends:
        end.add_done_callback(ended)
    try:
        yield
        if why:
            await asyncio.sleep(0)  # the work is done, and its cancellation ends here
    except asyncio.CancelledError:
        if not why or task.uncancel():
            raise
        raise Stopped(f"{why[0]}; the ledger is not read any more") from None
    finally:
        over = True  # a callback that is under way already comes too late
        for end in ends:
            end.remove_done_callback(ended)


@contextlib.contextmanager
def so_far(told: Callable[[], str]) -> Iterator[None]:
    """Work that stops in its middle says how far it came, and what to do. Raises ValueError."""
    try:
        yield
    except Stopped as why:
        raise ValueError(f"{why}; {told()}") from None


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """What reads and writes in the middle of the work: an error of Kafka stops it. Raises Stopped."""
    try:
        yield
    except KafkaException as error:
        raise Stopped(f"Kafka: {error.args[0].str()}") from None
    except (KafkaFatal, ProduceFailed) as error:
        raise Stopped(str(error)) from None
