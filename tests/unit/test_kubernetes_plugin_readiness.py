"""Judgements on live objects, case by case."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.plugins.kubernetes.annotations import SKIP_AWAIT, WAIT_FOR
from engine.plugins.kubernetes.gvk import gvk_of
from engine.plugins.kubernetes.readiness import rule_of
from engine.plugins.kubernetes.readiness.verdict import label_selector
from engine.plugins.kubernetes.readiness.wait_for import wait_for_rule
from engine.plugins.resource import ProviderError

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "kubernetes_plugin_cases/readiness.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_an_object_is_judged(case: dict[str, Any]) -> None:
    document = {"apiVersion": case["apiVersion"], **case["object"]}
    rule = rule_of(gvk_of(document, ""), document)
    assert rule is not None
    verdict = rule.judge(document, case.get("related", {}))
    assert verdict.ready is case["ready"]
    assert verdict.failed is case.get("failed", False)
    if not verdict.ready:
        assert list(verdict.problems) == case["problems"]
        assert verdict.status


def test_kinds_without_a_rule_and_those_nobody_waits_for_are_ready_at_once() -> None:
    plain = {"apiVersion": "v1", "kind": "ConfigMap"}
    skipped = {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {SKIP_AWAIT: "true"}}}
    assert rule_of(gvk_of(plain, ""), plain) is None
    assert rule_of(gvk_of(skipped, ""), skipped) is None


@pytest.mark.parametrize(
    ("expression", "ready"),
    [
        ("condition=Ready", True),
        ("condition=Ready=True", True),
        ("condition=Synced=Unknown", True),
        ("condition=Synced", False),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath={.status.phase}=Failed", False),
        ("jsonpath={.status.hosts[1].name}=b", True),
        ("jsonpath={.status.hosts[2]}", False),
        ("jsonpath={.status.up}=true", True),
        ('["condition=Ready", "jsonpath={.status.phase}=Failed"]', False),
    ],
)
def test_a_condition_of_the_users_own(expression: str, ready: bool) -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "Unknown"}]
    status = {"conditions": conditions, "phase": "Running", "hosts": [{"name": "a"}, {"name": "b"}], "up": True}
    document = {"apiVersion": "x.test/v1", "kind": "X", "metadata": {"name": "x"}, "status": status}
    rule = rule_of(gvk_of(document, ""), {**document, "metadata": {"annotations": {WAIT_FOR: expression}}})
    assert rule is not None
    assert rule.judge(document, {}).ready is ready


@pytest.mark.parametrize("expression", ["", "[]", "Ready", "jsonpath=.status.phase", "jsonpath={.a[?(@.b)]}"])
def test_a_condition_that_cannot_be_read_is_an_error(expression: str) -> None:
    with pytest.raises(ProviderError, match="waitFor"):
        wait_for_rule(expression)


def test_a_label_selector_is_written_as_a_query() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": expressions}
    assert label_selector({"spec": {"selector": selector}}) == "app=web,tier in (a,b),!old"
    assert label_selector({"spec": {}}) is None
