"""One thread with an asyncio loop, on which everything that speaks SSH runs."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from engine.plugins.command.errors import CommandCancelledError

Result = TypeVar("Result")

GOODBYE_SECONDS = 0.5


async def _finish_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=GOODBYE_SECONDS)


class EventLoop:
    """Starts its thread with the first coroutine. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[concurrent.futures.Future[Any]] = set()
        self._cancelled = False

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run `work` on the loop and wait for its result; raises `CommandCancelledError` once `cancel` was called."""
        with self._lock:
            if self._cancelled:
                work.close()
                raise CommandCancelledError("the remote command was not started: the engine asked to stop")
            future = asyncio.run_coroutine_threadsafe(work, self._started())
            self._running.add(future)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise CommandCancelledError("the remote command was stopped: the engine asked to stop") from error
        finally:
            with self._lock:
                self._running.discard(future)

    def cancel(self) -> None:
        """Cancel what runs and refuse what comes; waits a moment, so that remote commands hear of it."""
        with self._lock:
            self._cancelled = True
            running, loop = set(self._running), self._loop
        for future in running:
            future.cancel()
        if running and loop is not None:
            goodbye = asyncio.run_coroutine_threadsafe(_finish_others(), loop)
            concurrent.futures.wait([goodbye], timeout=2 * GOODBYE_SECONDS)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="ssh", daemon=True).start()
        return self._loop
