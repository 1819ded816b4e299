"""How `images … -s STACK` reaches the stack's registry: on the stack's own way where its settings are at hand."""

import json
from pathlib import Path

import pytest

from tests.unit.delivery_project import Project, project
from tests.unit.doctor_stack import KEY
from towpath.cli.stack_registry import stack_registry

__all__ = ["project"]

HOST = "registry.test"
NODES = {"ssh": {"password": "ssh-pass"}, "members": {"a": {"address": "10.0.0.5", "host_key": KEY}}}
LOGINS = {"admin": {"username": "admin.1", "password": "shh"}}


def exporting(project: Project, registry: str, credentials: object = LOGINS) -> Project:
    outputs = {"registry": {"host": registry, "ca_pem": "CA"}, "credentials": credentials}
    project.answers["stack output"] = (0, json.dumps(outputs))
    if settings := project.answers.get("config --json --show-secrets --stack dev"):
        project.answers["config --json --show-secrets --non-interactive --stack dev"] = settings
    (project.programs / "answers.json").write_text(json.dumps(project.answers))
    return project


def test_a_name_is_dialled_at_its_node(project: Project) -> None:
    project.stack("dev", nodes=NODES, registry={"host": HOST})
    exporting(project, f"{HOST}:6000")
    access = stack_registry("dev")
    assert (access.registry, access.username, access.password, access.ca_pem) == (
        f"{HOST}:6000",
        "admin.1",
        "shh",
        "CA",
    )
    assert access.address == ("10.0.0.5", 6000)
    assert access.through is None


def test_a_node_s_ssh_connection_leads_there(project: Project) -> None:
    project.stack("dev", nodes=NODES, registry={"host": HOST, "access": "ssh"})
    exporting(project, f"{HOST}:6000")
    access = stack_registry("dev")
    assert access.through
    assert access.through.host == "10.0.0.5"


def test_an_address_of_before_is_not_asked_for_a_registry_that_moves(project: Project) -> None:
    project.stack("dev", nodes=NODES, registry={"host": HOST})
    exporting(project, "former.test:6000")
    assert stack_registry("dev").address is None


def test_a_stack_of_another_program_is_asked_by_its_outputs(project: Project) -> None:
    project.answers["config --json --show-secrets"] = (0, json.dumps({"other:key": {"value": "x"}}))
    exporting(project, f"{HOST}:6000")
    access = stack_registry("elsewhere")
    assert (access.address, access.through) == (None, None)


def test_outside_of_a_project_there_are_outputs_alone(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporting(project, f"{HOST}:6000", {})
    monkeypatch.chdir(tmp_path)
    access = stack_registry("organisation/project/dev")
    assert access.registry == f"{HOST}:6000"
    assert access.credentials is None
    assert "config" not in (project.programs / "calls").read_text()
