"""A preview that failed: what its report says of the failure, and of what is missing."""

import json

import pytest

from tests.unit.preview_stream import diagnostic, node_state, prelude, step, stream, summary, urn
from towpath.report.compose import compose
from towpath.report.markdown import to_markdown
from towpath.report.stream import read_stream

MEMBERS = json.dumps({"members": {"a": {}, "b": {}}})
REGISTRY = urn("pulumi-python:dynamic/registry:RegistryCheck", "registry-check", "RegistryDeployment")


def _shown(*events: dict[str, object]) -> str:
    return to_markdown(compose(read_stream(stream(*events))))


def test_parts_that_were_not_come_to_are_named() -> None:
    config = prelude(
        nodes=MEMBERS,
        namespaces='{"rules": []}',
        images='{"mirror": [1], "retention": {}}',
        external_registries='{"x": 1}',
    )
    component = step("same", urn("towpath:index:PullSecrets", "pull-secrets"), {}, {})
    shown = _shown(config, node_state("a", {}, {}), component, step("same", REGISTRY, {}, {}), summary("failed"))
    assert (
        "- Not looked at: nodes `b`; pull secrets in namespaces; images that are copied; logins at other registries\n"
    ) in shown
    assert "- Not known: what would be deleted" in shown


def test_a_refresh_that_failed_came_to_nothing() -> None:
    where = urn("pulumi-python:dynamic/nodes:NodeState", "a-state", "Node")
    said = diagnostic("error", "Preview failed: Exception calling application: 10.0.0.1: no SSH connection")
    shown = _shown(
        prelude(nodes=MEMBERS),
        step("refresh", where, {}),
        said,
        diagnostic("error", "preview failed"),
        summary("failed"),
    )
    assert "## Preview of prod\n" in shown, "though nothing was planned"
    assert "- 10.0.0.1: no SSH connection\n" in shown
    assert "preview failed\n" not in shown
    assert "- Not looked at: nodes `a`, `b`; the registry\n" in shown


def test_a_preview_that_succeeded_misses_nothing() -> None:
    assert "Not " not in _shown(prelude(nodes=MEMBERS), node_state("a", {}, {}), summary())


def test_the_value_that_the_engine_puts_around_a_failure_is_left_out() -> None:
    said = "a:B resource 'x': property images value {map[a:{b}\n c:{d}]} has a problem: there is no such thing"
    shown = _shown(diagnostic("error", said), summary("failed"))
    assert "- property images has a problem: there is no such thing\n" in shown


@pytest.mark.parametrize("kind", ["none", "container"])
def test_a_stack_without_a_registry_misses_none(kind: str) -> None:
    shown = _shown(prelude(registry=json.dumps({"kind": kind})), summary("failed"))
    assert ("the registry" in shown) == (kind == "container")
