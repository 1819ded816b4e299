"""How runs end early: Ctrl-C, a killed engine, and what is left to clear after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.layout import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import EngineProject

_PATIENCE_SECONDS = 180.0

_SLOW = """
    import subprocess
    import time
    from pathlib import Path

    from pulumi.dynamic import CreateResult, Resource, ResourceProvider


    class SlowProvider(ResourceProvider):
        def create(self, props):
            folder = Path(props["folder"])
            if (folder / "fast").exists():
                return CreateResult("slow", props)
            subprocess.Popen(["sleep", "600"])
            (folder / "creating").touch()
            time.sleep(600)


    class Slow(Resource, module="probe", name="Slow"):
        def __init__(self, name, props):
            super().__init__(SlowProvider(), name, props)
"""


def _await(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def _holders(folder: Path) -> list[str]:
    """Processes that belong to the test: their environment or arguments name its folder, or they work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            facts = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if state != "Z" and str(folder).encode() in facts:
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def _recover(project: EngineProject) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "recover", "-s", project.stack, "--cwd", str(project.folder)],
        cwd=CHECKOUT,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def slow_project(engine_project: EngineProject) -> EngineProject:
    """A project whose only resource is never done, with a process of its own, until the file `fast` exists."""
    engine_project.file("slow.py", _SLOW)
    engine_project.program(f"""
        from slow import Slow

        Slow("slow", {{"folder": {str(engine_project.folder)!r}}})
    """)
    return engine_project


def test_ctrl_c_ends_program_and_host_quietly(engine_project: EngineProject) -> None:
    waiting = engine_project.folder / "waiting"
    engine_project.program(f"""
        import time
        from pathlib import Path

        Path({str(waiting)!r}).touch()
        time.sleep(600)
    """)
    run = engine_project.start("up", "--yes", "--skip-preview", "--non-interactive", "--color=never", "-s", "test")
    _await(waiting.exists, "the program's start")

    os.kill(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=_PATIENCE_SECONDS)

    assert run.returncode != 0
    assert "Traceback" not in output
    assert "KeyboardInterrupt" not in output
    assert "signal" not in output
    assert _holders(engine_project.folder) == []
    # The engine has released the stack itself.
    assert _recover(engine_project).stderr == ""


def test_a_killed_engine_takes_host_program_provider_and_their_children_along(slow_project: EngineProject) -> None:
    creating = slow_project.folder / "creating"
    run = slow_project.start("up", "--yes", "--skip-preview", "--non-interactive", "-s", "test")
    _await(creating.exists, "the creation's start")
    before = _holders(slow_project.folder)
    assert any("engine.language" in line for line in before)
    assert any("executor.py" in line for line in before)
    assert any("dynamic.py" in line for line in before)
    assert any("sleep 600" in line for line in before)

    run.kill()
    run.wait()

    _await(lambda: _holders(slow_project.folder) == [], "the end of every process")


def test_a_killed_language_host_takes_the_program_along_whatever_the_engine_does(engine_project: EngineProject) -> None:
    waiting = engine_project.folder / "waiting"
    engine_project.program(f"""
        import os
        import time
        from pathlib import Path

        Path("parent").write_text(str(os.getppid()))
        Path({str(waiting)!r}).touch()
        time.sleep(600)
    """)
    run = engine_project.start("preview", "--non-interactive", "-s", "test")
    _await(waiting.exists, "the program's start")

    # A stopped engine clears nothing up.
    os.kill(run.pid, signal.SIGSTOP)
    os.kill(int((engine_project.folder / "parent").read_text()), signal.SIGKILL)

    _await(lambda: not any("executor.py" in line for line in _holders(engine_project.folder)), "the program's end")


def test_recover_frees_a_stack_whose_run_was_killed_and_the_next_up_converges(slow_project: EngineProject) -> None:
    creating = slow_project.folder / "creating"
    run = slow_project.start("up", "--yes", "--skip-preview", "--non-interactive", "-s", "test")
    _await(creating.exists, "the creation's start")

    alive = _recover(slow_project)
    assert alive.returncode == 1
    assert f"(pid {run.pid})" in alive.stderr
    assert "pulumi cancel" in alive.stderr
    assert "--clear-pending-creates" in alive.stderr

    run.kill()
    run.wait()
    assert "currently locked" in slow_project.up(check=False).output

    freed = _recover(slow_project)
    assert freed.returncode == 0, freed.stderr
    assert f"(pid {run.pid}), which is gone" in freed.stderr
    assert "pending_operations" not in json.dumps(slow_project.export()["deployment"])
    again = _recover(slow_project)
    assert (again.returncode, again.stderr) == (0, "")

    (slow_project.folder / "fast").touch()
    slow_project.up()
    slow_project.preview("--expect-no-changes")


def test_recover_leaves_a_lock_of_another_host_alone(engine_project: EngineProject) -> None:
    locks = engine_project.backend / ".pulumi" / "locks" / "organization" / "probe" / "test"
    locks.mkdir(parents=True, exist_ok=True)
    lock = locks / "one.json"
    content = {"pid": 1, "username": "ann", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00.123456789Z"}
    lock.write_text(json.dumps(content))

    done = _recover(engine_project)

    assert done.returncode == 1
    assert "ann@elsewhere (pid 1)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert lock.exists()
