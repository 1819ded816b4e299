"""What goes wrong with a stack, through the real engine: each ends with one clear message and a stack that is whole."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from engine.layout import CHECKOUT
from tests.engine.conftest import Finished
from tests.lab.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import EngineProject

PROGRAM = """
import pathlib, time
import pulumi
import pulumi_random as random
pulumi.export("token", random.RandomPassword("token", length=24).result)
if pathlib.Path("broken").exists():
    raise pulumi.RunError("the second half cannot be made")
pathlib.Path("reached").touch()
while pathlib.Path("held").exists():
    time.sleep(0.1)
"""
SETTINGS: dict[str, Any] = {
    "nodes": {"members": {"a": {"address": "192.0.2.5"}}},
    "accounts": [{"name": "ci"}],
}
RECOVERY = f"{sys.executable} -m engine recover"
DEADLINE_SECONDS = 180


@dataclass(frozen=True)
class Delivered:
    """A project of ours whose program makes one password and touches no machine."""

    project: EngineProject

    def towpath(self, *words: str, **environment: str) -> Finished:
        command = [sys.executable, "-m", "towpath", *words]
        done = subprocess.run(
            command,
            cwd=self.project.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Finished(command, done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.project.environment, "PYTHONPATH": str(CHECKOUT)}

    def settings(self, stack: str = "test", **more: object) -> None:
        path = self.project.folder / "stacks" / f"Pulumi.{stack}.yaml"
        known = yaml.safe_load(path.read_text()) if path.exists() else {}
        groups = {**SETTINGS, **more}
        known["config"] = {f"towpath:{name}": group for name, group in groups.items()}
        path.write_text(yaml.safe_dump(known))


@pytest.fixture
def delivered(engine_project: EngineProject) -> Delivered:
    """A stack `test` that has settings and was never deployed."""
    folder = engine_project.folder
    description = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**description, "stackConfigDir": "stacks"}))
    (folder / "stacks").mkdir()
    (folder / "Pulumi.test.yaml").rename(folder / "stacks" / "Pulumi.test.yaml")
    engine_project.program(PROGRAM)
    delivered = Delivered(engine_project)
    delivered.settings()
    return delivered


def test_a_stack_that_is_nowhere_or_not_in_this_backend(delivered: Delivered) -> None:
    delivered.settings("new")
    nowhere, elsewhere = (delivered.towpath("deploy", "-s", stack) for stack in ("nope", "new"))
    assert (nowhere.exit_code, elsewhere.exit_code) == (1, 1)
    assert nowhere.output == "towpath: there is no stack 'nope' (no stacks/Pulumi.nope.yaml); there are: new, test\n"
    assert elsewhere.output.startswith(
        f"towpath: stack new has settings, but is not in file://{delivered.project.backend}"
    )
    assert elsewhere.output.count("\n") == 1


def test_another_passphrase_starts_nothing(delivered: Delivered) -> None:
    assert delivered.towpath("deploy", "-s", "test").exit_code == 0
    for verb in ("deploy", "destroy"):
        told = delivered.towpath(verb, "-s", "test", PULUMI_CONFIG_PASSPHRASE="another one")
        assert told.exit_code == 1
        assert "incorrect passphrase" in told.stderr
        assert told.stderr.count("\n") == 1
        assert told.stdout == ""
    assert delivered.towpath("preview", "-s", "test").exit_code == 0


def test_two_at_once_do_not_meet(delivered: Delivered) -> None:
    folder = delivered.project.folder
    (folder / "held").touch()
    first = delivered.project.start("up", "--yes", "--skip-preview", "--non-interactive", "-s", "test")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (folder / "reached").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    second = delivered.towpath("deploy", "-s", "test", "--recovery", RECOVERY)
    plain = delivered.towpath("deploy", "-s", "test")
    (folder / "held").unlink()
    first.communicate(timeout=DEADLINE_SECONDS)
    assert second.exit_code != 0
    assert "stack test is locked by" in second.output
    assert "wait for it to end" in second.output
    assert "`pulumi cancel --yes -s test`" in second.output
    assert plain.exit_code != 0
    assert "pulumi cancel" in plain.output
    assert first.returncode == 0
    assert delivered.towpath("deploy", "-s", "test", "--recovery", RECOVERY).exit_code == 0


def test_operations_that_were_cut_off_are_cleared(delivered: Delivered) -> None:
    assert delivered.towpath("deploy", "-s", "test").exit_code == 0
    kept = delivered.project.backend / ".pulumi" / "stacks" / "probe" / "test.json"
    state = json.loads(kept.read_text())
    latest = state["checkpoint"]["latest"]
    token = next(each for each in latest["resources"] if each["type"].startswith("random:"))
    lost = {**token, "urn": f"{token['urn']}-lost", "id": ""}
    latest["pending_operations"] = [{"resource": lost, "type": "creating"}]
    kept.write_text(json.dumps(state))
    told = delivered.towpath("deploy", "-s", "test", "--recovery", RECOVERY)
    assert told.exit_code == 0, told.output
    assert "operations that were cut off" in told.output
    assert not delivered.project.export()["deployment"].get("pending_operations")


def test_a_preview_that_fails_half_way_is_reported(delivered: Delivered) -> None:
    (delivered.project.folder / "broken").touch()
    events = delivered.project.folder / "events"
    told = delivered.towpath("preview", "-s", "test", "--events", str(events))
    assert told.exit_code != 0
    assert events.stat().st_mode & 0o077 == 0
    report = delivered.towpath("report", str(events))
    assert report.exit_code == 0, report.stderr
    assert "the second half cannot be made" in report.stdout
    assert "what follows is not all" in report.stdout


def test_a_protected_stack_is_not_kept_here_and_asks(delivered: Delivered) -> None:
    assert delivered.towpath("deploy", "-s", "test").exit_code == 0
    delivered.settings(protected=True)
    for verb in ("preview", "deploy", "drift"):
        told = delivered.towpath(verb, "-s", "test")
        assert told.exit_code == 1
        assert "stack test is protected, and its state would be in files of this machine" in told.stderr
    asks = delivered.towpath("destroy", "-s", "test")
    assert (asks.exit_code, asks.output.count("\n")) == (1, 1)
    assert asks.stderr.endswith("make destroy STACK=test CONFIRM=test\n")
    assert delivered.project.resources("random:index/randomPassword:RandomPassword")


def test_a_destroy_may_be_repeated(delivered: Delivered) -> None:
    settings = delivered.project.folder / "stacks" / "Pulumi.test.yaml"
    assert delivered.towpath("deploy", "-s", "test").exit_code == 0
    assert delivered.towpath("destroy", "-s", "test").exit_code == 0
    assert delivered.towpath("destroy", "-s", "test").exit_code == 0
    assert delivered.towpath("destroy", "-s", "test", "--remove").exit_code == 0
    again = delivered.towpath("destroy", "-s", "test", "--remove")
    assert again.exit_code == 0
    assert "nothing is left to take back" in again.stdout
    assert settings.is_file()


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody whose backend is a bucket."""
    with S3Server(tmp_path / "s3") as server:
        server.create_bucket("state")
        yield {
            "PULUMI_BACKEND_URL": f"s3://state?region={server.region}&endpoint={server.url}&s3ForcePathStyle=true",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "NO_PROXY": "127.0.0.1",
        }


def test_a_stack_moves_to_a_shared_backend_by_its_backup(delivered: Delivered, bucket: dict[str, str]) -> None:
    """As docs/operations.md has it; a protected stack is at home there."""
    project = delivered.project
    assert delivered.towpath("deploy", "-s", "test").exit_code == 0
    backup = project.folder / "test.state.json"
    project.pulumi("stack", "export", "--stack", "test", "--file", str(backup))
    token = project.outputs(show_secrets=True)["token"]
    assert token not in backup.read_text()

    project.environment.update(bucket)
    project.pulumi("stack", "init", "--no-select", "test")
    project.pulumi("stack", "import", "--stack", "test", "--file", str(backup))
    delivered.settings(protected=True)
    told = delivered.towpath("preview", "-s", "test")
    assert told.exit_code == 0, told.output
    assert "1 to create" not in told.output
    assert token not in told.output
    assert project.outputs(show_secrets=True)["token"] == token
    assert delivered.towpath("destroy", "-s", "test", "--confirm", "test", "--remove").exit_code == 0
