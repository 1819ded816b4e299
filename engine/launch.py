"""Start a plugin module as a process that lives no longer than its engine.

    python -u engine/launch.py MODULE [ARGUMENT…]

The engine keeps the write end of a plugin's standard input open and never writes, so its end means that the engine is
gone, however it died. The plugin then ends with its whole process group (the engine gives each plugin one of its own):
nothing it started goes on working on machines. The path of the checkout is added here instead of by PYTHONPATH, which
the commands that a plugin runs would inherit.
"""

import os
import runpy
import signal
import stat
import sys
import threading
from pathlib import Path


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


def main() -> None:
    """Run the module named by the first argument as `__main__` with the other arguments."""
    end_with_engine()
    module = sys.argv[1]
    del sys.argv[1]
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
