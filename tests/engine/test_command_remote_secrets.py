"""Secrets of remote commands: not in the state, not in errors, not on the console, not in process lists."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.command_sshd import Sshd, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import EngineProject

SECRET = "battery-staple-0815"

PROGRAM = """
    import json, pathlib, pulumi
    from pulumi_command import remote

    connection = json.loads(pathlib.Path("connection.json").read_text())
    secret = pulumi.Output.secret("battery-staple-0815")
    remote.Command(
        "probe",
        connection=connection,
        stdin=secret,
        environment={"ACCEPTED_TOKEN": secret},
        create=pathlib.Path("command.txt").read_text(),
    )
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "sshd")


@pytest.fixture
def project(engine_project: EngineProject, sshd: Sshd) -> EngineProject:
    engine_project.program(PROGRAM)
    engine_project.file("connection.json", json.dumps(sshd.connection()))
    return engine_project


def private_lines(sshd: Sshd) -> list[str]:
    return [line for line in sshd.key.read_text().splitlines() if len(line) > 40]


def test_stdin_environment_and_connection_are_encrypted_in_the_state(project: EngineProject, sshd: Sshd) -> None:
    project.file("command.txt", "true")
    project.up()

    state = json.dumps(project.export())
    kept = "".join(path.read_text() for path in project.backend.rglob("*") if path.is_file())

    for text in (state, kept):
        assert "ciphertext" in text
        assert SECRET not in text
        assert all(line not in text for line in private_lines(sshd))


def test_a_failing_command_is_shown_with_its_output_but_without_secrets(project: EngineProject, sshd: Sshd) -> None:
    project.file("command.txt", "echo reason on stdout; cat >&2; echo $ACCEPTED_TOKEN; exit 7")

    failed = project.up(check=False)

    assert failed.exit_code != 0
    assert 'Process exited with status 7: running "echo reason on stdout; cat >&2;' in failed.output
    assert "reason on stdout" in failed.output
    assert [line for line in failed.output.splitlines() if SECRET in line] == []
    assert all(line not in failed.output for line in private_lines(sshd))
    assert project.resources("command:remote:Command") == []


def test_no_process_shows_a_secret_while_a_command_runs(project: EngineProject, sshd: Sshd) -> None:
    seen = project.folder / "seen"
    project.file("command.txt", f"echo started; until [ -e {seen} ]; do sleep 0.2; done")
    lists: list[str] = []
    running = threading.Event()

    def watch() -> None:
        while not running.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lists.append(path.read_text(errors="replace"))
                except OSError:
                    continue
            if any("sleep" in line and str(seen) in line for line in lists):
                seen.touch()
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        project.up()
    finally:
        running.set()
        watcher.join()

    assert seen.exists()
    assert all(SECRET not in line for line in lists)
