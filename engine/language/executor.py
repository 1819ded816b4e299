"""Run a Pulumi program in this process: the child that the language host starts with the project's interpreter.

    python -u executor.py PIPE

`PIPE` is the number of an inherited pipe. Its first line is a JSON object (see `engine.language.program`):
configuration travels here, never in arguments or environment. After it the pipe stays open for as long as the host
lives: its end ends this process at once, so that no program goes on when engine and host are gone.

This file must run with any Python and SDK that the project has, so it imports nothing of ours. The exit statuses are
those of the official executor: 32 says that an error has been shown to the user already.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import os
import runpy
import signal
import sys
import threading
import time
import traceback
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType, TracebackType

    from pulumi.runtime.proto.engine_pb2 import LogRequest

EXIT_SHOWN = 32
EXIT_INTERRUPTED = 130
# Each registration holds a thread until the engine has answered it; the engine bounds what runs at once.
_THREADS_PER_OPERATION = 4
_LARGEST_PARALLEL = 256
_SECONDS_BETWEEN_DEBUG_MESSAGES = 0.25
_SECONDS_AN_OUTPUT = 5e-6
_QUICK_START, _QUICK_END = (str(Path(__file__).parents[1] / name) for name in ("quick_start.py", "quick_end.py"))


def read_settings(pipe: int) -> dict[str, Any]:
    """Return the settings line; then watch the pipe in the background."""
    stream = os.fdopen(pipe, "rb", buffering=0)
    line = bytearray()
    while not line.endswith(b"\n"):
        chunk = stream.read(65536)
        if not chunk:
            sys.exit(EXIT_INTERRUPTED)
        line += chunk
    threading.Thread(target=_end_with_host, args=(stream,), name="lifeline", daemon=True).start()
    settings: dict[str, Any] = json.loads(line)
    return settings


def _end_with_host(stream: IO[bytes]) -> None:
    while stream.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


def _set_program(settings: dict[str, Any]) -> str:
    """Set sys.path and sys.argv as if the program had been started directly; returns its path."""
    program = Path(settings["program_directory"], settings["entry_point"]).absolute()
    folder = program if program.is_dir() else program.parent
    sys.path[0] = str(folder)
    sys.argv = [str(program), *settings["arguments"]]
    return str(program)


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the trace from the program's first frame on, without those of this file, runpy and the SDK's runner."""
    own = (__file__, runpy.__file__, "<frozen runpy>")
    current = trace
    while current and (
        current.tb_frame.f_code.co_filename in own
        or Path(current.tb_frame.f_code.co_filename).match("pulumi/runtime/stack.py")
        or Path(current.tb_frame.f_code.co_filename).match("asyncio/*.py")
    ):
        current = current.tb_next
    return current or trace


class _Log:
    """The engine's Log, with debug messages sent several at once.

    The SDK writes one for each property of a resource, waits for the engine's answer to it on the thread that runs the
    program, and the engine shows none of them unless it is asked to. All other messages go at once, after these.
    """

    def __init__(self, log: Callable[[LogRequest], object], debug: int) -> None:
        self._log = log
        self._debug = debug
        self._lock = threading.RLock()  # a signal's handler may log in the middle of a call
        self._waiting: list[LogRequest] = []
        threading.Thread(target=self._send_in_turn, name="debug-messages", daemon=True).start()
        atexit.register(self._flush)

    def __call__(self, request: LogRequest) -> object:
        with self._lock:
            if request.severity == self._debug and not request.urn:
                self._waiting.append(request)
                return None
            self._send()
            return self._log(request)

    def _flush(self) -> None:
        """Send what waits; an engine that is gone is told of by whatever needs its answer."""
        with self._lock, contextlib.suppress(Exception):
            self._send()

    def _send(self) -> None:
        if self._waiting:
            first, *others = self._waiting
            self._waiting = []
            first.message = "\n".join([first.message, *(other.message for other in others)])
            self._log(first)

    def _send_in_turn(self) -> None:
        while True:
            time.sleep(_SECONDS_BETWEEN_DEBUG_MESSAGES)
            self._flush()


async def _wait(tasks: Collection[asyncio.Task[Any]], *, return_when: str) -> tuple[set[Any], set[Any]]:
    """Wait as `asyncio.wait` does, and return a little later: with more that is done, the more there is.

    The SDK waits anew for all outputs that are left whenever one of them is done: thousands of them took most of a run.
    """
    done, left = await asyncio.wait(tasks, return_when=return_when)
    if left:
        await asyncio.sleep(len(left) * _SECONDS_AN_OUTPUT)
        done = {task for task in tasks if task.done()}
        left = left - done
    return done, left


def _wait_for_several() -> None:
    from pulumi.runtime import stack  # noqa: PLC0415 - as below

    patched = types.ModuleType("asyncio")
    vars(patched).update({**vars(asyncio), "wait": _wait})
    stack.asyncio = patched  # type: ignore[attr-defined]


def _configure(settings: dict[str, Any]) -> None:
    import pulumi.runtime  # noqa: PLC0415 - the host reads this file's constants without the SDK
    from pulumi.runtime.proto import engine_pb2  # noqa: PLC0415

    pulumi.runtime.set_all_config(settings["config"], settings["config_secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=settings["project"],
            stack=settings["stack"],
            monitor=settings["monitor_address"],
            engine=settings["engine_address"],
            parallel=settings["parallel"],
            dry_run=settings["dry_run"],
            organization=settings["organization"],
            root_directory=settings["root_directory"],
        )
    )
    _wait_for_several()
    engine: Any = pulumi.runtime.settings.get_engine()
    engine.Log = _Log(engine.Log, engine_pb2.DEBUG)


def _run(program: str, parallel: int) -> int:
    import grpc  # noqa: PLC0415 - as above
    import pulumi  # noqa: PLC0415
    import pulumi.runtime  # noqa: PLC0415

    # Tasks of a failed program stay unobserved on purpose; asyncio would report each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    workers = _THREADS_PER_OPERATION * min(max(parallel, 1), _LARGEST_PARALLEL)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=workers))
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _start(program)))
    except pulumi.RunError as error:
        if "Resource monitor has terminated" not in str(error):
            pulumi.log.error(str(error))
        return EXIT_SHOWN
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"RPC error: {error.details()}")
        return EXIT_SHOWN
    except Exception as error:  # noqa: BLE001 - whatever the program raised is shown to its author
        shown = error.with_traceback(_user_frames(error.__traceback__))
        text = "".join(traceback.format_exception(shown)).rstrip()
        pulumi.log.error(f"Program failed with an unhandled exception:\n{text}")
        return EXIT_SHOWN
    return 0


def _start(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End the program at the first Ctrl-C: terminal and host may both send one, and a second would be traced."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Read the settings and run the program; ends the process."""
    signal.signal(signal.SIGINT, _interrupt)
    settings = read_settings(int(sys.argv[1]))
    try:
        program = _set_program(settings)
        runpy.run_path(_QUICK_START)["begin"]()
        try:
            _configure(settings)
        except ImportError:
            traceback.print_exc()
            sys.stderr.write(f"the Pulumi SDK is not installed for {sys.executable}: run `pulumi install`\n")
            sys.exit(1)
        status = _run(program, settings["parallel"])
        runpy.run_path(_QUICK_END)["end"](status)
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads may wait for an engine that will not answer any more; the usual end would wait for them.
        os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
