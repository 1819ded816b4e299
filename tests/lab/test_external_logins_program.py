"""Logins at registries of providers through the real engine: kept, renewed when due, secret, and their errors."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.lab.stack_workspace import StackWorkspace, engine_environment

TOKEN = "t0k3n" * 4 + "-of-run-"
HELPER = f"""#!{sys.executable}
import json, os, sys
counter = os.path.join(os.path.dirname(__file__), "runs")
runs = len(open(counter).read()) + 1 if os.path.exists(counter) else 1
open(counter, "a").write("x")
if os.path.exists(counter + ".broken"):
    sys.exit("denied for {TOKEN}0 of an account that has too many digits: {TOKEN * 3}")
ends = "2000-01-01T00:00:00Z" if os.path.exists(counter + ".short") else "2999-01-01T00:00:00Z"
print(json.dumps({{"Username": "bot", "Secret": f"{TOKEN}{{runs}}", "ExpiresAt": ends}}))
"""

NOBODY_ASKS = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "x",
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "x", "user": {}}],
}


@pytest.fixture
def workspace(tmp_path: Path) -> StackWorkspace:
    """A stack without machines: a cluster that nothing asks, and a registry whose login a command gives."""
    (tmp_path / "helper").write_text(HELPER)
    (tmp_path / "helper").chmod(0o755)
    made = StackWorkspace(tmp_path / "stack", engine_environment(tmp_path / "state", dict(os.environ)))
    made.create().configure(
        cluster={"kubeconfig": json.dumps(NOBODY_ASKS)},
        registry={"kind": "none"},
        external_registries={"ghcr.io": {"command": [str(tmp_path / "helper")]}},
    )
    return made


def state(workspace: StackWorkspace) -> tuple[str, str]:
    """The token in the state, and the state's text."""
    text = workspace.pulumi("stack", "export", "--show-secrets").ok().output
    resources = json.loads(text)["deployment"]["resources"]
    login = next(each for each in resources if each["type"].endswith("ExternalLogin"))
    plain = login["outputs"]["password"]["plaintext"]
    return json.loads(plain), json.dumps(workspace.export())


def test_a_token_is_renewed_by_the_next_up_once_it_is_due(workspace: StackWorkspace, tmp_path: Path) -> None:
    said = [workspace.preview().ok().output]
    assert not (tmp_path / "runs").exists()
    (tmp_path / "runs.short").touch()
    said.append(workspace.up().ok().output)
    token, kept = state(workspace)
    assert token == f"{TOKEN}1"
    assert workspace.outputs()["external_registries"] == {"ghcr.io": {"expires": "2000-01-01T00:00:00Z"}}

    said.append(workspace.preview().ok().output)
    assert "ghcr.io: its token ends 2000-01-01T00:00:00Z, so that `up` gets another" in said[-1]
    assert (tmp_path / "runs").read_text() == "x"

    (tmp_path / "runs.broken").touch()
    failed = workspace.up()
    said.append(failed.output)
    assert failed.code != 0
    wanted = "towpath:external_registries.ghcr.io.command: helper ended with 1; it said: denied for [redacted] of an"
    assert wanted in failed.output
    assert state(workspace)[0] == f"{TOKEN}1"

    (tmp_path / "runs.broken").unlink()
    (tmp_path / "runs.short").unlink()
    said.append(workspace.up().ok().output)
    assert state(workspace)[0] == f"{TOKEN}3"
    said.append(workspace.preview("--expect-no-changes").ok().output)
    assert "ghcr.io: its token is good until 2999-01-01T00:00:00Z" in said[-1]
    assert not [text for text in (kept, *said) if TOKEN in text]
