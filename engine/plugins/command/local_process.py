"""Running one local command to its end."""

import os
import selectors
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.plugins.command import watchdog
from engine.plugins.command.errors import CommandCancelledError, CommandNotStartedError, CommandTimedOutError
from engine.plugins.command.processes import ProcessGroups
from engine.plugins.command.transcript import STREAMS, Transcript

CHUNK_BYTES = 64 * 1024
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What to run: `argv` in `directory` (absolute), with exactly `environment`, and `stdin` behind a pipe.

    After `timeout_seconds`, unless 0, it is ended.
    """

    argv: Sequence[str]
    directory: str
    environment: Mapping[str, str] = field(repr=False)
    stdin: str = field(default="", repr=False)
    timeout_seconds: float = 0.0


def run(spec: LocalRun, transcript: Transcript, groups: ProcessGroups) -> int:
    """Run the command until its outputs are closed; the return code is negative for a signal, as in `subprocess`.

    Raises `CommandNotStartedError` if interpreter or folder is unusable, `CommandCancelledError` if the engine asked
    to stop, `CommandTimedOutError`.
    """
    groups.refuse_if_cancelled()
    with _start(spec) as process, groups.listed(process):
        pump = _Pump(process, spec, transcript)
        try:
            pump.run(groups.cancelled)
        except BaseException:
            process.kill()
            raise
        code = process.wait()
    transcript.finish()
    if pump.timed_out:
        raise CommandTimedOutError(f"the command was stopped after {spec.timeout_seconds:g} s (customTimeouts)")
    if groups.cancelled.is_set() and code != 0:
        raise CommandCancelledError("the command was stopped: the engine asked to stop")
    return code


def _start(spec: LocalRun) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(spec.argv),
            cwd=spec.directory,
            env=dict(spec.environment),
            stdin=subprocess.PIPE if spec.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        # Only the operating system's own text: argv holds the command, which may be secret.
        raise CommandNotStartedError(f"fork/exec {spec.argv[0]} in {spec.directory}: {error.strerror}") from error
    except ValueError as error:
        raise CommandNotStartedError(f"fork/exec {spec.argv[0]}: NUL byte, or '=' in a variable's name") from error


class _Pump:
    """Moves bytes between a process' pipes and memory without ever waiting for one pipe alone."""

    def __init__(self, process: subprocess.Popen[bytes], spec: LocalRun, transcript: Transcript) -> None:
        self.timed_out = False
        self._process = process
        self._stdin = memoryview(spec.stdin.encode())
        self._deadline = time.monotonic() + spec.timeout_seconds if spec.timeout_seconds else None
        self._transcript = transcript
        self._selector = selectors.DefaultSelector()
        for stream, pipe in zip(STREAMS, (process.stdout, process.stderr), strict=True):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, stream)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    def run(self, cancelled: threading.Event) -> None:
        """Until both outputs are closed.

        A background process that keeps them open is waited for, as the official plugin does; not after a cancellation.
        """
        with self._selector:
            while any(key.data for key in self._selector.get_map().values()):
                for key, _ in self._selector.select(POLL_SECONDS):
                    if key.data:
                        self._read(key)
                    else:
                        self._write(key)
                self._check_deadline()
                if (cancelled.is_set() or self.timed_out) and self._process.poll() is not None:
                    return

    def _check_deadline(self) -> None:
        if self._deadline is not None and not self.timed_out and time.monotonic() > self._deadline:
            self.timed_out = True
            # In a thread: while the group has its grace period, its output is still read.
            threading.Thread(target=watchdog.end, args=({self._process.pid},), daemon=True).start()

    def _read(self, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, CHUNK_BYTES)
        if data:
            self._transcript.feed(key.data, data)
        else:
            self._selector.unregister(key.fileobj)

    def _write(self, key: selectors.SelectorKey) -> None:
        try:
            self._stdin = self._stdin[os.write(key.fd, self._stdin[:CHUNK_BYTES]) :]
        except BrokenPipeError:
            # A command may end without reading all of its input.
            self._stdin = self._stdin[:0]
        if not self._stdin and self._process.stdin is not None:
            self._selector.unregister(key.fileobj)
            self._process.stdin.close()
