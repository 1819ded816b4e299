"""The pauses between two looks at a server."""

import threading
import time

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 1.5
_GROWTH = 1.5


class Pause:
    """Pauses that grow, until the time is up or the engine cancels.

    Args:
        cancelled: set when nothing shall be waited for any more.
        timeout_seconds: of all pauses together.

    """

    def __init__(self, cancelled: threading.Event, timeout_seconds: float) -> None:
        self._cancelled = cancelled
        self._deadline = time.monotonic() + timeout_seconds
        self._seconds = _FIRST_SECONDS
        self.waited = False

    def wait(self) -> bool:
        """Wait a little; tell whether to look again."""
        self.waited = True
        left = self._deadline - time.monotonic()
        if left <= 0:
            return False
        pause, self._seconds = min(self._seconds, left), min(self._seconds * _GROWTH, _LONGEST_SECONDS)
        return not self._cancelled.wait(pause)
