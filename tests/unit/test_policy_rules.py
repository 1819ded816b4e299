"""Each rule of the policy pack on plain values: what breaks it, what it reads, what it says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from policy.policies.levels import level_of
from policy.policies.pack import RULES, message
from policy.policies.rule import Rule
from tests.unit.policy_cases import CASES, Case

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
