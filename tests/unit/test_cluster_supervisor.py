"""The control plane's script starts what ends, and leaves nothing behind when it is ended itself."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cluster import supervisor


def started(tmp_path: Path, mode: str) -> subprocess.Popen[bytes]:
    """Keep two programs: one that ends at once, and one that never does; each run notes its process id."""
    parts = {
        "short": ["sh", "-c", f"echo $$ >>{shlex.quote(str(tmp_path))}/short.runs; echo 'it is\nover'"],
        "long": ["sh", "-c", f"echo $$ >>{shlex.quote(str(tmp_path))}/long.runs; exec sleep 600"],
    }
    script = supervisor.script(parts, tmp_path)
    return subprocess.Popen(["sh", "-c", script, "sh", mode], stdin=subprocess.PIPE, start_new_session=True)


def runs(tmp_path: Path, name: str) -> list[int]:
    listing = tmp_path / f"{name}.runs"
    return [int(line) for line in listing.read_text().splitlines()] if listing.exists() else []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_what_ends_is_started_again_and_what_runs_is_left_alone(tmp_path: Path) -> None:
    process = started(tmp_path, supervisor.OUTLIVES)
    try:
        until(lambda: len(runs(tmp_path, "short")) >= 3 and len(runs(tmp_path, "long")) > 0)
        assert len(runs(tmp_path, "long")) == 1
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_killed_program_comes_back(tmp_path: Path) -> None:
    process = started(tmp_path, supervisor.OUTLIVES)
    try:
        until(lambda: len(runs(tmp_path, "long")) == 1)
        os.kill(runs(tmp_path, "long")[0], signal.SIGKILL)
        until(lambda: len(runs(tmp_path, "long")) == 2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_what_a_program_says_is_in_a_log_of_its_own(tmp_path: Path) -> None:
    process = started(tmp_path, supervisor.OUTLIVES)
    try:
        until(lambda: (tmp_path / "short.log").exists() and "over" in (tmp_path / "short.log").read_text())
        until((tmp_path / "long.log").exists)
        assert (tmp_path / "long.log").read_text() == ""
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def closed_input(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def told_to_end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        (supervisor.ATTACHED, closed_input),
        (supervisor.ATTACHED, told_to_end),
        (supervisor.OUTLIVES, told_to_end),
    ],
)
def test_nothing_outlives_the_script(tmp_path: Path, mode: str, end: Callable[[subprocess.Popen[bytes]], None]) -> None:
    process = started(tmp_path, mode)
    until(lambda: len(runs(tmp_path, "long")) == 1)

    end(process)

    process.wait(timeout=180)
    until(lambda: not any(alive(pid) for name in ("long", "short") for pid in runs(tmp_path, name)))
    closed_input(process)


def test_a_control_plane_in_a_container_does_not_wait_for_its_input(tmp_path: Path) -> None:
    process = started(tmp_path, supervisor.OUTLIVES)
    try:
        closed_input(process)
        before = len(runs(tmp_path, "short"))
        until(lambda: len(runs(tmp_path, "short")) > before + 1)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
