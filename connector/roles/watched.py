"""Background work that must not die unheard: a task's exception ends the process, not just the task."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def signalled(event: asyncio.Event, *failed: asyncio.Future[None]) -> None:
    """Wait for the event; an error that one of the others got before it is raised."""
    waiting = asyncio.create_task(_set(event))
    try:
        await asyncio.wait([waiting, *failed], return_when=asyncio.FIRST_COMPLETED)
        for one in failed:
            if one.done():
                one.result()
    finally:
        waiting.cancel()


async def _set(event: asyncio.Event) -> None:
    await event.wait()


class Watch:
    """Starts tasks; ``failed`` gets the first exception that one of them did not handle."""

    def __init__(self) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run the work in the background."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def fail(self, error: BaseException) -> None:
        """The same for work that is no task; the first error counts."""
        if not self.failed.done():
            self.failed.set_exception(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)


class Shift:
    """The work of an instance while it is the active one: one task at a time, under a watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._task: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """Whether it is at work."""
        return self._task is not None and not self._task.done()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """This instance is the active one; what it did before ends."""
        self.drop()
        self._task = self._watch.start(work)

    def drop(self) -> None:
        """Another instance has taken over already: nothing more is begun here, from this moment on."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def end(self) -> None:
        """Another instance takes over, or the connector stops."""
        task = self._task
        self.drop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
