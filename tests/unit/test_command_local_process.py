"""Local processes: pipes that fill, commands that do not listen, and who ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine.plugins.command import output_files, watchdog
from engine.plugins.command.errors import (
    CommandCancelledError,
    CommandNotStartedError,
    CommandTimedOutError,
    OutputFilesError,
)
from engine.plugins.command.local_process import LocalRun, run
from engine.plugins.command.processes import ProcessGroups
from engine.plugins.command.transcript import STREAMS, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def groups() -> Iterator[ProcessGroups]:
    groups = ProcessGroups()
    yield groups
    groups.cancel()


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "GRACE_SECONDS", 0.3)


def shell(command: str, *, stdin: str = "", seconds: float = 0, folder: str = "/") -> LocalRun:
    return LocalRun(["/bin/sh", "-c", command], folder, {"PATH": os.environ["PATH"]}, stdin, seconds)


def said() -> Transcript:
    return Transcript(lambda _: None, STREAMS)


def test_input_and_both_outputs_larger_than_any_pipe(groups: ProcessGroups) -> None:
    heard = said()
    text = "0123456789abcde\n" * 200_000
    assert run(shell("tee /dev/stderr", stdin=text), heard, groups) == 0
    assert heard.text("stdout") == heard.text("stderr") == text.removesuffix("\n")


def test_a_command_need_not_read_its_input(groups: ProcessGroups) -> None:
    heard = said()
    assert run(shell("exec 0<&-; echo done", stdin="x" * 10_000_000), heard, groups) == 0
    assert heard.text("stdout") == "done"


def test_without_input_a_command_reads_an_end(groups: ProcessGroups) -> None:
    assert run(shell("cat"), said(), groups) == 0


def test_a_command_is_a_session_of_its_own_and_knows_only_its_environment(groups: ProcessGroups) -> None:
    heard = said()
    run(shell("ps -o sid= -p $$ | tr -d ' '; echo $$; env | grep -c HOME", folder="/tmp"), heard, groups)
    session, pid, homes = heard.text("stdout").split()
    assert session == pid
    assert homes == "0"


def test_codes_and_signals(groups: ProcessGroups) -> None:
    assert run(shell("exit 7"), said(), groups) == 7
    assert run(shell("kill -TERM $$"), said(), groups) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (LocalRun(["/nonexistent/sh", "-c", "battery"], "/", {}), "/nonexistent/sh in /: No such file"),
        (LocalRun(["/bin/sh", "-c", "battery"], "/nonexistent", {}), "/bin/sh in /nonexistent: No such file"),
        (LocalRun(["/etc/passwd", "-c", "battery"], "/", {}), "Permission denied"),
        (LocalRun(["/bin/sh", "-c", "battery\0"], "/", {}), "NUL byte"),
        (LocalRun(["/bin/sh", "-c", "true"], "/", {"A": "x" * 200_000}), "Argument list too long"),
    ],
)
def test_what_cannot_start_says_why_without_the_command(spec: LocalRun, text: str, groups: ProcessGroups) -> None:
    with pytest.raises(CommandNotStartedError) as raised:
        run(spec, said(), groups)
    assert text in str(raised.value)
    assert "battery" not in str(raised.value)


def test_a_timeout_ends_the_group_even_if_it_does_not_listen(
    groups: ProcessGroups, short_grace: None, tmp_path: Path
) -> None:
    command = f"trap '' TERM; echo $$ > {tmp_path}/pid; sleep 300 & wait; wait"
    with pytest.raises(CommandTimedOutError, match=r"after 3 s"):
        run(shell(command, seconds=3), said(), groups)
    pid = int((tmp_path / "pid").read_text())
    # Until init has reaped the children, the group still counts as there.
    while watchdog.send(pid, 0):
        time.sleep(0.01)


def test_a_cancellation_ends_what_runs_and_refuses_what_comes(tmp_path: Path) -> None:
    groups = ProcessGroups()
    started = tmp_path / "started"

    def cancel_when_started() -> None:
        while not started.exists():
            time.sleep(0.01)
        groups.cancel()

    threading.Thread(target=cancel_when_started).start()
    with pytest.raises(CommandCancelledError, match="was stopped"):
        run(shell(f"sleep 300 & touch {started}; sleep 300"), said(), groups)
    with pytest.raises(CommandCancelledError, match="was not started"):
        run(shell("true"), said(), groups)
    groups.cancel()


def test_the_watchdog_ends_what_is_listed_when_its_pipe_closes() -> None:
    commands = [subprocess.Popen(["sleep", "300"], start_new_session=True) for _ in range(3)]
    guard = subprocess.Popen([sys.executable, "-I", "-S", watchdog.__file__], stdin=subprocess.PIPE, text=True)
    ended = commands[1].pid
    guard.communicate("".join(f"+{command.pid}\n" for command in commands) + f"-{ended}\n", timeout=180)
    assert commands[0].wait(180) == commands[2].wait(180) == -signal.SIGTERM
    assert commands[1].poll() is None
    commands[1].kill()
    commands[1].wait()


def test_the_watchdog_ends_stubborn_groups_too(short_grace: None) -> None:
    stubborn = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo; while :; do sleep 0.1; done"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    watchdog.end({stubborn.pid, 2**22 - 3})
    assert stubborn.wait(180) == -signal.SIGKILL
    stubborn.stdout.close()


def test_found_files(tmp_path: Path) -> None:
    (tmp_path / "folder/deep").mkdir(parents=True)
    (tmp_path / "folder/deep/a").write_text("a")
    (tmp_path / "b").write_text("")
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "broken").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")

    found = output_files.find(str(tmp_path), ["**"])

    assert list(found) == ["b", "folder/deep/a", "link"]
    assert found["folder/deep/a"].path == str(tmp_path / "folder/deep/a")
    assert found["folder/deep/a"].sha256 == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    with pytest.raises(OutputFilesError, match="cannot read"):
        output_files.find(str(tmp_path / "missing"), ["**"])
