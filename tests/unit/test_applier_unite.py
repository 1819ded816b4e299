"""Adding lines to a file that a server reads: what is there stays valid, and nobody reads half of it."""

from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, Outcome, make_machine
from towpath.applier.bootstrap import Sudo, unite_command, unite_stdin

FILE = "/etc/registry/auth/htpasswd"
OLD = "ci.1:$2b$05$old\nteam-a.1:$2b$05$old\n"


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return make_machine(tmp_path / "root", request.param)


def unite(machine: Machine, lines: str) -> Outcome:
    return machine.run(unite_command(FILE, Sudo()), unite_stdin(lines, Sudo()))


def test_new_lines_stand_beside_those_that_are_there(machine: Machine) -> None:
    path = machine.write(FILE, OLD, 0o444)
    inode = path.stat().st_ino
    done = unite(machine, "team-a.2:$2b$05$new\nci.1:$2b$05$old\n")
    assert done.result.status == "changed"
    assert sorted(path.read_text().splitlines()) == ["ci.1:$2b$05$old", "team-a.1:$2b$05$old", "team-a.2:$2b$05$new"]
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.stat().st_ino != inode, "it is written apart and renamed"
    assert [each.name for each in path.parent.iterdir()] == ["htpasswd"]


def test_what_is_there_already_is_not_written_again(machine: Machine) -> None:
    path = machine.write(FILE, OLD)
    inode = path.stat().st_ino
    assert unite(machine, "ci.1:$2b$05$old\n").result.status == "unchanged"
    assert (path.read_text(), path.stat().st_ino) == (OLD, inode)


def test_a_line_of_the_same_name_takes_the_place(machine: Machine) -> None:
    path = machine.write(FILE, OLD)
    unite(machine, "ci.1:$2b$05$new\n")
    assert sorted(path.read_text().splitlines()) == ["ci.1:$2b$05$new", "team-a.1:$2b$05$old"]


def test_a_registry_that_is_not_there_yet_is_left_alone(machine: Machine) -> None:
    assert unite(machine, "ci.1:$2b$05$old\n").result.status == "unchanged"
    assert not machine.path(FILE).exists()


def test_no_secret_stands_in_the_command_and_nothing_is_left_behind(machine: Machine) -> None:
    machine.write(FILE, OLD)
    assert "$2b$" not in unite_command(FILE, Sudo())
    unite(machine, "team-a.2:$2b$05$new\n")
    assert not list(machine.path("/dev/shm").glob("towpath*"))
    assert not machine.path("/run/towpath.lock").exists()
