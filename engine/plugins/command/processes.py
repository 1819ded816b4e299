"""The process groups of running local commands.

They are ended on a cancellation, and by the watchdog when the plugin dies.
"""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.plugins.command import watchdog
from engine.plugins.command.errors import CommandCancelledError


class ProcessGroups:
    """Keeps track of running commands, each the leader of a process group of its own, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._watchdog: subprocess.Popen[str] | None = None
        self.cancelled = threading.Event()

    @contextlib.contextmanager
    def listed(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Have `process`, leader of a session, ended if the plugin is cancelled or dies inside the `with` block."""
        with self._lock:
            self._running.add(process.pid)
            self._tell(f"+{process.pid}\n")
            # A cancellation between the start and here has not seen this process.
            if self.cancelled.is_set():
                watchdog.send(process.pid, signal.SIGTERM)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(process.pid)
                self._tell(f"-{process.pid}\n")

    def refuse_if_cancelled(self) -> None:
        """Raise `CommandCancelledError` if the engine has asked to stop."""
        if self.cancelled.is_set():
            raise CommandCancelledError("the command was not started: the engine asked to stop")

    def cancel(self) -> None:
        """End all running commands (SIGTERM, then SIGKILL after a grace period) and refuse new ones. Does not wait."""
        with self._lock:
            self.cancelled.set()
            process = self._watchdog
            if process is not None and process.stdin is not None and not process.stdin.closed:
                # To the watchdog this is the plugin's end: it does what is to be done.
                process.stdin.close()
                threading.Thread(target=process.wait, daemon=True).start()

    def _tell(self, line: str) -> None:
        if self._watchdog is None:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(watchdog.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                text=True,
            )
        pipe = self._watchdog.stdin
        # Without a watchdog the command still runs; only a killed plugin would leave it behind.
        with contextlib.suppress(BrokenPipeError):
            if pipe is not None and not pipe.closed:
                pipe.write(line)
                pipe.flush()
