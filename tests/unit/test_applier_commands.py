"""Commands that follow files, and the OS trust store."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, make_machine
from tests.unit.fake_systemd import KILL_THE_RUN
from towpath.applier.actors import TRUST_STORE, Command
from towpath.applier.document import Document
from towpath.applier.entries import File
from towpath.applier.summary import actual_summary, summary


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return make_machine(tmp_path / "root", request.param)


def test_a_command_runs_when_its_paths_change_and_is_undone(machine: Machine) -> None:
    wish = Document(
        "node", (File("/etc/x", "1"), Command("note", "echo run >>/tmp/notes", ("/etc/x",), "echo undo >>/tmp/notes"))
    )
    machine.apply(wish)
    machine.apply(wish)
    machine.delete("node")
    assert machine.path("/tmp/notes").read_text() == "run\nundo\n"


def test_a_command_of_a_run_that_was_killed_is_undone(machine: Machine) -> None:
    """It stands in no document that was ever in force."""
    deadly = f"echo run >>/tmp/notes; {KILL_THE_RUN}"
    wish = Document("node", (File("/etc/x", "1"), Command("note", deadly, ("/etc/x",), "echo undo >>/tmp/notes")))
    assert machine.apply(wish).code != 0
    assert machine.delete("node").code == 0
    assert machine.path("/tmp/notes").read_text() == "run\nundo\n"
    assert not machine.path("/etc/x").exists()


def test_a_roll_back_leaves_a_command_of_the_old_document_in_force(machine: Machine) -> None:
    def wish(content: str, last: str) -> Document:
        note = Command("note", "echo run >>/tmp/notes", ("/etc/x",), "echo undo >>/tmp/notes")
        return Document("node", (File("/etc/x", content), note, Command("last", last, ("/etc/x",), "true")))

    assert machine.apply(wish("1", "true")).code == 0
    assert machine.apply(wish("2", "false")).code == 11
    assert machine.path("/tmp/notes").read_text() == "run\nrun\nrun\n"


def test_a_failing_command_rolls_back(machine: Machine) -> None:
    before = machine.tree()
    wish = Document("node", (File("/etc/x", "1"), Command("note", "echo no space; exit 3", ("/etc/x",), "true")))
    outcome = machine.apply(wish)
    assert outcome.code == 11
    assert "no space" in outcome.err
    assert outcome.err.splitlines()[-1] == f"towpath: {_host()}: note failed; the old state is back and works"
    assert machine.tree() == before


def _host() -> str:
    return subprocess.check_output(["uname", "-n"], text=True).strip()


@pytest.mark.parametrize(
    ("tools", "folder", "expected"),
    [
        ({"update-ca-certificates": None}, "/usr/local/share/ca-certificates", ["", "--fresh"]),
        ({"update-ca-certificates": "/etc/pki/trust"}, "/etc/pki/trust/anchors", ["", "--fresh"]),
        ({"update-ca-trust": None}, "/etc/pki/ca-trust/source/anchors", ["extract", "extract"]),
    ],
)
def test_the_trust_store_is_that_of_the_distribution(
    tmp_path: Path, tools: dict[str, str | None], folder: str, expected: list[str]
) -> None:
    machine = make_machine(tmp_path / "root", "busybox")
    for name, present in tools.items():
        machine.fake(name, 'echo "$*" >>/tmp/calls')
        if present:
            machine.path(present).mkdir(parents=True)
    wish = Document(
        "node", (File("@trust@/towpath-x.crt", "PEM"), Command("trust", TRUST_STORE, ("@trust@/towpath-x.crt",)))
    )
    assert machine.apply(wish).code == 0
    assert machine.path(f"{folder}/towpath-x.crt").read_text() == "PEM"
    assert actual_summary(machine.check(wish).result, "s") == summary(wish, "s")
    assert machine.delete("node").code == 0
    assert machine.path("/tmp/calls").read_text().splitlines() == expected


def test_a_machine_without_a_trust_store_is_told_so(tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "root", "busybox")
    outcome = machine.apply(Document("node", (File("@trust@/x.crt", "PEM"),)))
    assert outcome.code == 10
    assert "install the package ca-certificates" in outcome.err


def test_containerd_s_own_folder_for_hosts_is_used(machine: Machine) -> None:
    wish = Document("node", (File("@certs.d@/h:5000/hosts.toml", "x"),))
    assert machine.apply(wish).code == 0
    assert machine.path("/etc/containerd/certs.d/h:5000/hosts.toml").exists()
    machine.write("/etc/containerd/config.toml", '[plugins.x]\n  config_path = "/opt/certs:/etc/other"\n')
    assert machine.apply(wish).result.status == "changed"
    assert machine.path("/opt/certs/h:5000/hosts.toml").exists()
    assert not machine.path("/etc/containerd/certs.d").exists()
