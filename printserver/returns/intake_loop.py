"""A thread with an event loop of its own, for the servers of the channels, which know no other way to listen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """What runs in it may wait for the net, never for a database: that goes to threads."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def start(self) -> None:
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run in the loop; its result, or what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def end(self) -> None:
        """Whatever still runs is ended."""
        self.do(self._end_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _end_tasks(self) -> None:
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.loop.shutdown_default_executor()


@contextmanager
def loop_thread(name: str) -> Iterator[LoopThread]:
    """Until the block ends."""
    thread = LoopThread(name)
    thread.start()
    try:
        yield thread
    finally:
        thread.end()
