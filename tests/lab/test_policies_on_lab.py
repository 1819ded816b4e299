"""The policy pack on this very program: a stack that is up, what it may become, and what may not be read."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy.policies.pack import RULES
from tests.lab.stack_workspace import CHECKOUT, StackWorkspace

PACK = ("--policy-pack", str(CHECKOUT / "policy"))
BREAKS: dict[str, Any] = {
    "nodes": {"setup": {"insecure_registries": ["10.99.0.0/16"]}, "rollout": {"max_unavailable": "100%"}},
    "registry": {"certificate": {"validity_days": 500, "renew_before_days": 1}},
    "accounts": [{"name": "ci", "role": "push", "bcrypt_cost": 4}, {"name": "team-a"}],
}
BROKEN = {
    "verified-registries",
    "batch-below-fleet",
    "certificate-lifetime",
    "certificate-renewal",
    "bcrypt-cost",
    "images-pinned",
}
SECRET = "4dabf18193072939515e22adb298388d"


@pytest.fixture
def production(stack: StackWorkspace, tmp_path: Path) -> Iterator[tuple[StackWorkspace, tuple[str, ...]]]:
    """The session's stack with arguments that judge it as one of production; its settings come back."""
    before = copy.deepcopy(stack.settings)
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"all": "mandatory", "images-pinned": "advisory"}))
    yield stack, (*PACK, "--policy-pack-config", str(config))
    stack.configure(**before)


def said(output: str, level: str) -> set[str]:
    names = {rule.name for rule in RULES}
    return {word for line in output.splitlines() if f"[{level}]" in line for word in line.split() if word in names}


def test_what_breaks_rules_ends_before_anything_is_touched(
    production: tuple[StackWorkspace, tuple[str, ...]],
) -> None:
    stack, judged = production
    as_it_is = stack.preview(*judged, "--expect-no-changes").ok().output
    assert said(as_it_is, "mandatory") == set()
    assert said(as_it_is, "advisory") == {"images-pinned"}
    state = stack.export()

    stack.change("nodes", **BREAKS["nodes"])
    stack.change("registry", **BREAKS["registry"])
    stack.configure(accounts=BREAKS["accounts"])
    up = stack.pulumi("up", "--yes", "-s", stack.stack, *judged)

    assert up.code != 0, up.output
    assert said(up.output, "mandatory") == BROKEN - {"images-pinned"}
    assert "Fix: set nodes.rollout.max_unavailable below the number of nodes" in up.output
    assert stack.export()["deployment"]["resources"] == state["deployment"]["resources"]


def test_no_policy_reads_what_the_state_keeps_secret(stack: StackWorkspace) -> None:
    read = []
    for resource in stack.export()["deployment"]["resources"]:
        for rule in (each for each in RULES if resource["type"] in each.types):
            inputs: dict[str, Any] = {key: resource["inputs"][key] for key in rule.reads if key in resource["inputs"]}
            assert SECRET not in json.dumps(inputs), f"{rule.name}: {resource['urn']}"
            read += [f"{resource['urn'].rpartition('::')[2]}.{key}" for key in inputs]
    assert {"node-1-state.facts", "certificate-leaf.validityPeriodHours", "credentials-ci-rotation.facts"} <= set(read)
