"""The whole program against an API server without nodes: previews, both ways of making Secrets, faults, the end."""

from __future__ import annotations

import base64
import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.stack_workspace import StackWorkspace, engine_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.api_server import ApiServer

PASSWORD = "opensesame-of-ghcr"


@pytest.fixture
def program(api_server: ApiServer, tmp_path: Path) -> Iterator[StackWorkspace]:
    """A stack of pull secrets alone: no node, no registry of its own."""
    workspace = StackWorkspace(tmp_path / "stack", engine_environment(tmp_path / "state", dict(os.environ)))
    workspace.create().configure(
        registry={"kind": "none"},
        cluster={"kubeconfig_file": str(api_server.control_plane.kubeconfig)},
        external_registries={"ghcr.io": {"username": "robot", "password": PASSWORD}},
    )
    yield workspace
    workspace.pulumi("cancel", "--yes", "-s", workspace.stack)
    workspace.destroy("--continue-on-error")


@pytest.fixture
def spaces(api_server: ApiServer) -> Iterator[list[str]]:
    with api_server.namespaces("a", "b", "c") as names:
        yield names


def secrets(api_server: ApiServer, names: list[str]) -> dict[str, tuple[Any, ...]]:
    """Return type, data, labels and identity of the pull secret of each namespace that has one."""
    found = api_server.get("secrets", "-A", "--field-selector", "metadata.name=regcred")["items"]
    return {
        each["metadata"]["namespace"]: (each["type"], each["data"], each["metadata"]["labels"], each["metadata"]["uid"])
        for each in found
        if each["metadata"]["namespace"] in names
    }


def rules(*names: str, **keys: Any) -> dict[str, Any]:
    return {"rules": [{"names": list(names), "service_accounts": "default", **keys}]}


def shows_no_login(program: StackWorkspace, said: str) -> None:
    """Fail if the login, in plain text or as a Secret has it, or the kubeconfig's key can be read somewhere."""
    for text in (said, json.dumps(program.export())):
        for part in (PASSWORD, base64.b64encode(b"robot:").decode(), "client-key-data"):
            assert part not in text


def test_both_ways_give_the_same_and_one_leads_to_the_other(
    api_server: ApiServer, program: StackWorkspace, spaces: list[str]
) -> None:
    program.set_secret('external_registries["ghcr.io"].password', PASSWORD)
    program.configure(namespaces={**rules(*spaces), "mode": "each"})
    preview = program.preview().ok().output
    assert all(name in preview for name in spaces)
    assert secrets(api_server, spaces) == {}
    shows_no_login(program, program.up().ok().output)
    by_each = secrets(api_server, spaces)
    assert sorted(by_each) == sorted(spaces)
    program.preview("--expect-no-changes").ok()

    program.configure(namespaces={**rules(*spaces), "mode": "set"})
    shows_no_login(program, program.up().ok().output)
    assert secrets(api_server, spaces) == by_each
    program.preview("--expect-no-changes").ok()
    program.configure(external_registries={"ghcr.io": {"username": "robot", "password": "another"}})
    program.up().ok()
    rotated = secrets(api_server, spaces)
    assert {name: each[3] for name, each in rotated.items()} == {name: each[3] for name, each in by_each.items()}
    assert all(rotated[name][1] != by_each[name][1] for name in spaces)

    program.configure(
        namespaces={**rules(*spaces), "mode": "each"},
        external_registries={"ghcr.io": {"username": "robot", "password": PASSWORD}},
    )
    program.up().ok()
    assert secrets(api_server, spaces) == by_each
    program.preview("--expect-no-changes").ok()
    program.destroy().ok()
    assert secrets(api_server, spaces) == {}


def test_a_namespace_that_appears_later_is_shown_and_served(
    api_server: ApiServer, program: StackWorkspace, spaces: list[str]
) -> None:
    prefix = spaces[0][:-2]
    program.configure(namespaces={"mode": "set", "rules": [{"globs": [f"{prefix}-*"], "service_accounts": "all"}]})
    program.up().ok()
    api_server.kubectl("create", "namespace", f"{prefix}-late")
    preview = program.preview().ok().output
    assert f"+ {prefix}-late" in re.sub(r" +", " ", preview)
    assert PASSWORD not in preview
    program.up().ok()
    assert f"{prefix}-late" in secrets(api_server, [f"{prefix}-late"])
    assert program.outputs()["pull_secrets"]["namespaces"] == sorted([*spaces, f"{prefix}-late"])
    api_server.kubectl("delete", "namespace", f"{prefix}-late", "--wait=false")


@pytest.mark.parametrize("mode", ["each", "set"])
def test_what_cannot_be_served_fails_the_run_once_the_rest_is_done(
    api_server: ApiServer, program: StackWorkspace, spaces: list[str], mode: str
) -> None:
    foreign, missing = spaces[0], f"{spaces[0]}-missing"
    api_server.kubectl("-n", foreign, "create", "secret", "generic", "regcred", "--from-literal=x=y")
    before = api_server.get("-n", foreign, "secret", "regcred")
    program.configure(namespaces={**rules(*spaces, missing), "mode": mode})
    assert f"namespace {missing} cannot be served" in program.preview().ok().output
    failed = program.up()
    assert failed.code != 0
    assert re.search(r"serving pull secrets: 2 namespaces not done", failed.output)
    assert re.search(rf"- {foreign}: .*Secret regcred.*type Opaque", failed.output)
    assert re.search(rf"- {missing}: .*does not exist", failed.output)
    assert sorted(secrets(api_server, spaces[1:])) == spaces[1:]
    assert api_server.get("-n", foreign, "secret", "regcred") == before
    api_server.kubectl("create", "namespace", missing)
    api_server.kubectl("-n", foreign, "delete", "secret", "regcred")
    program.up().ok()
    assert sorted(secrets(api_server, [*spaces, missing])) == sorted([*spaces, missing])
    program.preview("--expect-no-changes").ok()
    api_server.kubectl("delete", "namespace", missing, "--wait=false")


def test_an_exec_plugin_that_fails_ends_the_run_with_no_namespace_touched_and_all_else_done(
    api_server: ApiServer, program: StackWorkspace, spaces: list[str], tmp_path: Path
) -> None:
    document = yaml.safe_load(api_server.kubeconfig)
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/nowhere/login"}
    document["users"][0]["user"] = {"exec": {**command, "interactiveMode": "Never"}}
    (tmp_path / "exec.kubeconfig").write_text(yaml.safe_dump(document))
    program.configure(
        cluster={"kubeconfig_file": str(tmp_path / "exec.kubeconfig")}, namespaces={**rules(*spaces), "mode": "set"}
    )
    failed = program.up()
    assert failed.code != 0
    assert "the credential plugin '/nowhere/login'" in failed.output
    assert "All else can be brought up meanwhile: pulumi up --skip-preview" in failed.output
    assert "Traceback" not in failed.output
    assert secrets(api_server, spaces) == {}
    assert program.outputs()["external_registries"] == {"ghcr.io": {"expires": ""}}
