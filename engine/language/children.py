"""The processes that the host has started, so that they can be told to end."""

import contextlib
import signal
import subprocess
import threading
import time


class Children:
    """Live child processes; safe to use from several threads."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Remember a process that was just started."""
        with self._lock:
            self._processes.add(process)

    def discard(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._processes.discard(process)

    def interrupt(self) -> None:
        """Send SIGINT to each, as Ctrl-C would."""
        for process in self._live():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)

    def await_end(self, grace_seconds: float) -> None:
        """Wait until all have ended; kill those that have not after `grace_seconds`."""
        deadline = time.monotonic() + grace_seconds
        for process in self._live():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()

    def _live(self) -> list[subprocess.Popen[bytes]]:
        with self._lock:
            return list(self._processes)
