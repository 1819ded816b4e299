"""A host or plugin ends at once, whichever of its threads is handed the engine's signal."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.layout import CHECKOUT

_LAUNCHER = CHECKOUT / "engine" / "launch.py"
_PATIENCE_SECONDS = 60
_LIBC = ctypes.CDLL(None, use_errno=True)


_OURS = [
    (module, number)
    for module in ("engine.language", "engine.plugins.random", "engine.plugins.tls")
    for number in (signal.SIGINT, signal.SIGTERM)
]


@pytest.mark.parametrize(("module", "number"), [*_OURS, ("pulumi.dynamic", signal.SIGINT)])
def test_a_signal_that_another_thread_got_ends_it(module: str, number: signal.Signals) -> None:
    _see_it_end(CHECKOUT, module, number)


def test_a_signal_that_the_module_does_not_expect_yet_ends_it_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text("import time\nprint(1, flush=True)\ntime.sleep(600)\n")
    _see_it_end(tmp_path, "busy", signal.SIGINT)


def _see_it_end(folder: Path, module: str, number: signal.Signals) -> None:
    argv = [sys.executable, "-u", str(_LAUNCHER), str(folder), module, "127.0.0.1:1"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().strip().isdigit()
            threads = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
            other = next(thread for thread in threads if thread != process.pid)

            assert _LIBC.tgkill(process.pid, other, int(number)) == 0, os.strerror(ctypes.get_errno())

            # Its standard input stays open meanwhile: its end would end it too.
            assert process.wait(_PATIENCE_SECONDS) == 0
            assert process.stderr
            assert process.stderr.read() == b""
        finally:
            process.kill()
