"""Run a program and show what it says without a stack's secrets."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from towpath.delivery.errors import DeliveryError
from towpath.delivery.redactor import Redactor

_KILLED = 128
_PRIVATE = 0o077


def run_redacted(
    command: Sequence[str],
    folder: Path,
    redactor: Redactor,
    write: Callable[[str], object],
    environment: Mapping[str, str] | None = None,
    *,
    private: bool = False,
) -> int:
    """Run `command` in `folder`, hand each line of its output and errors to `write`, and return its exit status.

    `environment` is added to our own; with `private`, files that it makes are for nobody else. As a shell has it, a
    program that was killed by signal N ends with 128+N. Raises DeliveryError if it cannot start.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **(environment or {})},
            umask=_PRIVATE if private else -1,
        )
    except OSError as error:
        way_out = 'is it on PATH? eval "$(make -s env)" puts the embedded engine there'
        raise DeliveryError(f"{command[0]} cannot be started ({error.strerror}); {way_out}") from None
    with process, _patient(process):
        for line in process.stdout or ():
            write(redactor.line(line))
    return process.returncode if process.returncode >= 0 else _KILLED - process.returncode


@contextmanager
def _patient(process: subprocess.Popen[str]) -> Iterator[None]:
    """Stay until the program has ended in order: it hears an interrupt itself, and a TERM as an interrupt.

    A handler of our own that was there before hears of it, too.
    """

    def stay(number: int, frame: FrameType | None) -> None:
        """Leave the program alone: a terminal interrupts it as well, and a second time would stop it at once."""
        handler = before[number]
        if callable(handler) and handler is not signal.default_int_handler:
            handler(number, frame)

    def hand_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(signal.SIGINT)
        stay(number, frame)

    # Complete before the first of ours can be called.
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, stay)
    signal.signal(signal.SIGTERM, hand_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
