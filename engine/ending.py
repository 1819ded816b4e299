"""The signals that end a process of ours, noticed whichever of its threads the kernel hands them to.

Python runs a signal's handler in the main thread, when that next runs: a main thread that waits for a lock is not woken
by a signal that another thread got, and the engine then waits five seconds before it kills. The byte that the C handler
writes into the wake-up pipe comes at once (Python's documentation of `signal.set_wakeup_fd`).
"""

import os
import select
import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Takes SIGINT and SIGTERM from now on; to be made, and waited for, in the main thread."""

    def __init__(self) -> None:
        self._reading, writing = os.pipe()
        for end in (self._reading, writing):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, _nothing)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for one of the signals, so long at most; return whether there was one."""
        ready, _, _ = select.select([self._reading], [], [], seconds)
        return bool(ready)


def _nothing(_number: int, _frame: object) -> None:
    """Do nothing: that a signal came is said by the pipe."""
