"""What the lab says while it works: one line a step on standard error, with the time since it began."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """A clock and a line printer that threads may share."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Print one line."""
        with self._lock:
            sys.stderr.write(f"lab {self.elapsed_seconds:6.1f} s  {text}\n")
            sys.stderr.flush()

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Print a line when a step begins, and one with its own duration when it has worked."""
        began = time.monotonic()
        self.say(f"{doing} ...")
        yield
        self.say(f"{doing}: done in {time.monotonic() - began:.1f} s")
