"""Many commands at once, and the end of commands whose engine is stopped or killed."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.command_sshd import Sshd, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import EngineProject

SECONDS = 180


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "sshd")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"after {SECONDS} s: {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def plugins_of(pid: int) -> list[int]:
    """Processes of the command plugin below a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(re.search(r"PPid:\s+(\d+)", (folder / "status").read_text()).group(1))  # type: ignore[union-attr]
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if parent == pid and "engine.plugins.command" in command:
            found.append(int(folder.name))
    return found


def test_fifty_remote_and_fifty_local_commands_at_once(engine_project: EngineProject, sshd: Sshd) -> None:
    engine_project.file("connection.json", json.dumps({**sshd.connection(), "dialErrorLimit": 10}))
    engine_project.program("""
        import json, pathlib, pulumi
        from pulumi_command import local, remote

        connection = json.loads(pathlib.Path("connection.json").read_text())
        for number in range(50):
            far = remote.Command(f"far-{number}", connection=connection, create=f"sleep 1; echo {number}")
            near = local.Command(f"near-{number}", create=f"sleep 1; echo {number}")
            pulumi.export(f"far-{number}", far.stdout)
            pulumi.export(f"near-{number}", near.stdout)
    """)

    engine_project.up("--parallel", "100")

    outputs = engine_project.outputs()
    assert outputs == {f"{place}-{number}": str(number) for number in range(50) for place in ("far", "near")}
    assert "Too many authentication failures" not in sshd.log


LONG = """
    import pulumi
    from pulumi_command import local

    local.Command(
        "long",
        # The shell, a child of it, and a child in the background that has let go of the pipes.
        create="echo $$ > shell; sleep 300 >/dev/null 2>&1 & echo $! > background; sleep 301; echo $? > after",
    )
"""


@pytest.mark.parametrize("victim", ["engine", "plugin"])
def test_a_killed_engine_or_plugin_leaves_no_command_behind(engine_project: EngineProject, victim: str) -> None:
    engine_project.program(LONG)
    engine = engine_project.start("up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test")
    folder = engine_project.folder
    wait_until(lambda: (folder / "background").exists() and (folder / "background").read_text() != "", "started")
    (plugin,) = plugins_of(engine.pid)
    started = [int((folder / name).read_text()) for name in ("shell", "background")]
    assert all(is_running(pid) for pid in started)

    os.kill(engine.pid if victim == "engine" else plugin, signal.SIGKILL)

    wait_until(lambda: not is_running(plugin), "the plugin still runs")
    wait_until(lambda: not any(is_running(pid) for pid in started), "the command still runs")
    assert not (folder / "after").exists()


def test_an_interrupted_engine_ends_local_and_remote_commands(engine_project: EngineProject, sshd: Sshd) -> None:
    engine_project.file("connection.json", json.dumps(sshd.connection()))
    engine_project.program(
        LONG
        + """
    import json, pathlib
    from pulumi_command import remote

    connection = json.loads(pathlib.Path("connection.json").read_text())
    chatter = f"echo $$ > {pathlib.Path.cwd()}/far; while echo; do sleep 0.2; done"
    remote.Command("far", connection=connection, create=chatter)
"""
    )
    engine = engine_project.start("up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test")
    folder = engine_project.folder
    wait_until(lambda: (folder / "background").exists() and (folder / "far").exists(), "started")
    shell = int((folder / "shell").read_text())

    os.kill(engine.pid, signal.SIGINT)
    output, _ = engine.communicate(timeout=SECONDS)

    assert engine.returncode != 0
    assert not is_running(shell)
    assert "the command was stopped: the engine asked to stop" in output
    assert "the remote command was stopped: the engine asked to stop" in output
    # OpenSSH passes no signals on for root: the command ends as it writes to the closed channel.
    far = int((folder / "far").read_text())
    wait_until(lambda: not is_running(far), "the remote command still runs")
