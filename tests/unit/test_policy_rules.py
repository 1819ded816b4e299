"""Each rule of the policy pack on plain values: what breaks it, what it reads, what it says."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policy.policies.levels import level_of
from policy.policies.pack import RULES, message, policy
from policy.policies.rule import Properties, Rule
from tests.unit.policy_cases import CASES, Case
from towpath.images.deletion.step import to_inputs
from towpath.images.mirror.wanted import Wanted
from towpath.images.retention.plan import Deletion, Kind, Plan, Untagging
from towpath.oci.digest import parse_digest

BY_NAME = {rule.name: rule for rule in RULES}
VALUE = re.compile("a-value-[0-9]+")


class Only(Mapping[str, Any]):
    """Inputs of which only some may be looked at."""

    def __init__(self, inputs: Mapping[str, Any], readable: tuple[str, ...]) -> None:
        self._inputs, self._readable = inputs, readable

    def __getitem__(self, key: str) -> Any:
        assert key in self._readable
        return self._inputs[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a rule reads what it names")

    def __len__(self) -> int:
        return len(self._inputs)


def found(case: Case, inputs: Mapping[str, Any] | None = None) -> list[str]:
    rule = BY_NAME[case.rule]
    return list(rule.findings(Only(case.inputs if inputs is None else inputs, rule.reads), case.limits))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{'-'.join(case.found) or 'kept'}")
def test_a_rule_finds_what_breaks_it_and_no_more(case: Case) -> None:
    findings = found(case)
    assert len(findings) == len(case.found), findings
    assert all(part in finding for part, finding in zip(case.found, findings, strict=True))


def test_every_rule_has_a_case_that_breaks_it_and_one_that_does_not() -> None:
    broken, kept = ({case.rule for case in CASES if bool(case.found) is is_broken} for is_broken in (True, False))
    assert broken == kept == set(BY_NAME)


def told(value: Any, numbers: Iterator[int]) -> Any:
    """The same shape with other texts, each of which can be found again."""
    if isinstance(value, dict):
        return {key: told(each, numbers) for key, each in value.items()}
    if isinstance(value, list):
        return [told(each, numbers) for each in value]
    return f"a-value-{next(numbers)}" if isinstance(value, str) and value else value


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_finding_says_what_a_property_holds(rule: Rule) -> None:
    """Keys of mappings are places; what stands there is not said."""
    said = []
    for case in (each for each in CASES if each.rule == rule.name):
        said += found(case, told(case.inputs, iter(range(1000))))
        said += found(Case(case.rule, case.inputs, limits={"protected": [VALUE.pattern]}))
    assert said
    assert not [finding for finding in said if VALUE.search(finding)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_tells_its_reason_and_the_way_out(rule: Rule) -> None:
    assert rule.reason.endswith(".")
    text = message(rule, [f"finding {number}" for number in range(25)])
    assert text.count("\n- finding") == 19
    assert "\n- and 5 more\n" in text
    assert rule.fix in text
    assert "docs/policies.md" in text


@pytest.mark.parametrize(
    ("stack", "protected", "level"),
    [
        ("dev", "", "advisory"),
        ("lab-cluster", "", "advisory"),
        ("pr-12", "false", "advisory"),
        ("test-6011", "", "advisory"),
        ("dev", "true", "mandatory"),
        ("staging", "", "mandatory"),
        ("prod", "true", "mandatory"),
        ("production", "", "mandatory"),
        ("devops", "", "mandatory"),
        ("", "", "mandatory"),
    ],
)
def test_the_level_is_that_of_the_stack(stack: str, protected: str, level: str) -> None:
    config = {"towpath:protected": protected} if protected else {}
    assert level_of(stack, config) == level


def judged(rule: Rule, props: dict[str, Any], config: dict[str, Any] | None = None) -> list[str]:
    """What CrossGuard is told of a resource."""
    said: list[str] = []
    context: Any = None
    read = unknown_checking_proxy(props)
    args = ResourceValidationArgs(rule.types[0], read, "urn", "name", context, context, config, context)
    policy(rule).validate(args, lambda text, _urn: said.append(text))
    return said


def test_a_rule_is_handed_only_what_it_says_that_it_reads() -> None:
    seen: dict[str, Any] = {}

    def judge(properties: Properties, _limits: Mapping[str, Any]) -> list[str]:
        seen.update(properties)
        return ["one", "two"]

    rule = dataclasses.replace(BY_NAME["host-keys"], judge=judge)
    assert judged(rule, {"gone": False, "connection": "the-secret", "salt": "s"}) == [message(rule, ["one", "two"])]
    assert seen == {"gone": False}


def test_an_unknown_value_is_named_by_its_place_and_decides_nothing() -> None:
    images = {"a:1": {"from": "quay.io/a:1"}, "b:1": {"from": UNKNOWN_STRING_VALUE}}
    with pytest.raises(UnknownValueError) as unknown:
        judged(BY_NAME["mirrored-images-pinned"], {"images": images})
    assert unknown.value.message.startswith("`images.b:1.from` is not known yet")


def test_limits_of_a_stack_hold_beside_the_rules_own() -> None:
    rule = BY_NAME["certificate-lifetime"]
    assert judged(rule, {"validityPeriodHours": 390 * 24}) == []
    assert "30 days (max_days)" in judged(rule, {"validityPeriodHours": 390 * 24}, {"max_days": 30.0})[0]
    authority = {"validityPeriodHours": 390 * 24, "isCaCertificate": True}
    assert judged(rule, authority, {"max_days": 30.0}) == []


def test_plans_and_copies_have_the_shape_that_rules_read() -> None:
    digest = parse_digest(f"sha256:{'0' * 64}")
    kinds = {"media_type": "", "reason": "", "freed_bytes": 0}
    deletion = Deletion(repository="a", digest=digest, kind=Kind.IMAGE, tags=("release-1", "x"), **kinds)
    untagging = Untagging(repository="b", tag="stable", digest=digest, reason="")
    plan = Plan(stack="s", registry="r", deletions=(deletion,), untaggings=(untagging,))
    inputs = to_inputs(plan, dt.datetime.now(dt.UTC))
    assert judged(BY_NAME["protected-images"], inputs)[0].count("\n- ") + 1 == 2
    caps = judged(BY_NAME["deletion-caps"], inputs, {"max_manifests": 0.0, "max_tags": 2.0})[0]
    assert "take 1 manifests, above 0" in caps
    assert "take 3 tags, above 2" in caps
    for wanted, is_broken in ((Wanted("a:1", "q.io/a:1", digest), True), (Wanted("a:1", "q.io/a:1", pin=True), False)):
        copies = judged(BY_NAME["mirrored-images-pinned"], {"images": {wanted.target: wanted.to_record()}})
        assert bool(copies) is is_broken
