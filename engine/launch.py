"""Start a plugin module as a process that lives no longer than its engine.

    python -u engine/launch.py FOLDER MODULE [ARGUMENT…]

The engine keeps the write end of a plugin's standard input open and never writes, so its end means that the engine is
gone, however it died. The plugin then ends with its whole process group (the engine gives each plugin one of its own):
nothing it started goes on working on machines. `FOLDER` goes first on the module path; PYTHONPATH would be inherited by
the commands that a plugin runs.

Any Python of a project may run this file, so it imports nothing of ours.
"""

import contextlib
import os
import runpy
import signal
import stat
import sys
import threading
from pathlib import Path

_QUICK_START, _QUICK_END = (str(Path(__file__).with_name(name)) for name in ("quick_start.py", "quick_end.py"))


def end_with_engine() -> None:
    """End this process group as soon as the engine is gone; does nothing if standard input is not a pipe.

    Standard input is replaced by an empty one, so that neither this process nor a child of it can take the pipe.
    """
    if not stat.S_ISFIFO(os.fstat(0).st_mode):
        return
    lifeline = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    threading.Thread(target=_await_end, args=(lifeline,), name="lifeline", daemon=True).start()


def _await_end(lifeline: int) -> None:
    while os.read(lifeline, 4096):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def wake_for_signals() -> None:
    """Have the main thread notice a signal that the kernel handed to another thread, whatever lock it waits for.

    Its handler runs in the main thread, which a signal to itself wakes; the SDK's server of dynamic providers waits for
    nothing else. Modules of ours replace this by their own way (`engine.ending`).
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGURG, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wake, args=(reading, threading.get_ident()), name="signals", daemon=True).start()


def _wake(reading: int, waiting: int) -> None:
    while number := os.read(reading, 1):
        if number[0] != signal.SIGURG:
            signal.pthread_kill(waiting, signal.SIGURG)


def main() -> None:
    """Run the module as `__main__` with the arguments after it."""
    end_with_engine()
    wake_for_signals()
    runpy.run_path(_QUICK_START)["begin"]()
    folder, module = sys.argv[1:3]
    del sys.argv[1:3]
    sys.path[0] = folder
    with contextlib.suppress(KeyboardInterrupt):  # the engine's word to end, whatever the module is about
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    runpy.run_path(_QUICK_END)["end"](0)


if __name__ == "__main__":
    main()
