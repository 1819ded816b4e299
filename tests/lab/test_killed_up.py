"""`pulumi up` killed at any moment: its providers end too, the stack is freed, the next up converges."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.stack_workspace import CHECKOUT, StackWorkspace

MOMENTS = ("NodeState node-1-state created", "Command node-1-apply creating", "Command registry-apply creating")


def processes_of(session: int) -> list[str]:
    """Command lines of everything that still runs with an ancestor in that session, or in it."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def kill_at(workspace: StackWorkspace, moment: str) -> list[str]:
    """Start `up`, kill the engine with SIGKILL when it prints `moment`; return what outlives it."""
    with workspace.start("up", "--yes", "--skip-preview", "-s", workspace.stack) as engine:
        assert engine.stdout is not None
        for line in engine.stdout:
            if moment in line:
                break
        else:
            pytest.fail(f"up never said {moment!r}")
        os.kill(engine.pid, signal.SIGKILL)
    deadline = time.monotonic() + 180
    while (left := processes_of(engine.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_up_leaves_no_process_and_the_next_converges(new_workspace: StackWorkspace, moment: str) -> None:
    assert kill_at(new_workspace, moment) == []
    locked = new_workspace.up()
    assert locked.code != 0
    assert "pulumi cancel" in locked.output
    recovered = subprocess.run(
        [f"{CHECKOUT}/.venv/bin/python", "-m", "engine", "recover", "-s", new_workspace.stack],
        cwd=new_workspace.folder,
        env={**new_workspace.environment, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert recovered.returncode == 0, recovered.stderr
    new_workspace.up().ok()
    new_workspace.preview("--expect-no-changes").ok()
    assert new_workspace.catalog_status() == 200
