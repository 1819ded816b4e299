"""The policy pack by the real engine: a stack that breaks every rule, one that keeps them, levels, and unknowns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.layout import CHECKOUT
from policy.policies.pack import RULES
from tests.engine.policy_program import PROGRAM, PROVIDERS
from towpath.report.compose import compose
from towpath.report.stream import read_stream

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject, Finished

PASSWORD = "hunter-2-of-the-registry"
PACK = ("--policy-pack", str(CHECKOUT / "policy"))
NAMES = {rule.name for rule in RULES}


@pytest.fixture
def judged(engine_project: EngineProject) -> EngineProject:
    """A project whose stacks are `dev` and `prod`; configure `kind` of each: bad, good, unknown."""
    engine_project.file("providers.py", PROVIDERS)
    engine_project.program(PROGRAM)
    for stack in ("dev", "prod"):
        engine_project.pulumi("stack", "init", stack)
        of(engine_project, stack, "good").config("password", PASSWORD, secret=True)
    return engine_project


def of(project: EngineProject, stack: str, kind: str) -> EngineProject:
    found = replace(project, stack=stack)
    found.config("kind", kind)
    return found


def verdicts(done: Finished, level: str) -> set[str]:
    """Names of the policies that said something at this level."""
    lines = [line.split() for line in done.output.splitlines() if f"[{level}]" in line]
    return {word for words in lines for word in words if word in NAMES}


def test_a_bad_stack_breaks_every_rule_and_production_is_not_touched(judged: EngineProject) -> None:
    prod = of(judged, "prod", "bad")

    preview = prod.preview(*PACK, check=False)
    up = prod.pulumi("up", "--yes", "--non-interactive", "--color=never", "--stack", "prod", *PACK, check=False)

    assert preview.exit_code != 0
    assert up.exit_code != 0
    assert verdicts(preview, "mandatory") == verdicts(up, "mandatory") == NAMES
    for rule in RULES:
        assert rule.reason in preview.output
        assert rule.fix in preview.output
    assert prod.resources() == []
    assert PASSWORD not in preview.output + up.output


def test_a_good_stack_breaks_none_and_development_is_only_told(judged: EngineProject) -> None:
    good = of(judged, "prod", "good").preview(*PACK)
    dev = of(judged, "dev", "bad").preview(*PACK)

    assert verdicts(good, "mandatory") == verdicts(good, "advisory") == set()
    assert "towpath" in good.output
    assert verdicts(dev, "advisory") == NAMES
    assert verdicts(dev, "mandatory") == set()
    assert PASSWORD not in dev.output


def test_a_stack_sets_levels_and_limits_of_its_own(judged: EngineProject) -> None:
    prod = of(judged, "prod", "bad")
    wanted = {
        "all": "advisory",
        "host-keys": "disabled",
        "deletion-caps": {"enforcementLevel": "mandatory", "max_manifests": 1000, "max_tags": 1000},
        "protected-images": {"protected": ["nothing-like-it"]},
    }
    config = prod.file("policies.prod.json", json.dumps(wanted))

    told = prod.preview(*PACK, "--policy-pack-config", str(config))
    config.write_text(json.dumps({"deletion-caps": {"max_manifest": 1}}))
    misspelt = prod.preview(*PACK, "--policy-pack-config", str(config), check=False)

    assert verdicts(told, "advisory") == NAMES - {"host-keys", "deletion-caps", "protected-images"}
    assert verdicts(told, "mandatory") == set()
    assert misspelt.exit_code != 0
    assert "max_manifest" in misspelt.output


def test_what_is_not_known_yet_is_said_and_judged_in_the_up(judged: EngineProject) -> None:
    prod = of(judged, "prod", "unknown")

    preview = prod.preview(*PACK)
    up = prod.up(*PACK, check=False)

    assert verdicts(preview, "mandatory") == set()
    assert "`images.app:1.from` is not known yet; the `up` judges it in time" in preview.output
    assert up.exit_code != 0
    assert verdicts(up, "mandatory") == {"mirrored-images-pinned"}
    assert "mirror" not in {resource["urn"].rpartition("::")[2] for resource in prod.resources()}
    prod.destroy()


def test_a_change_of_level_or_severity_alone_is_visible(judged: EngineProject) -> None:
    """In the engine's own words and in the report: the same findings, and the report differs."""
    variables = {**judged.environment, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}
    prod = replace(of(judged, "prod", "bad"), environment=variables)
    told = prod.file("policies.prod.json", json.dumps({"all": "advisory"}))

    mandatory = prod.preview("--json", *PACK, check=False).stdout
    advisory = prod.preview("--json", *PACK, "--policy-pack-config", str(told)).stdout
    severe = mandatory.replace('"severity":"medium"', '"severity":"critical"')

    reports = [compose(read_stream(text)) for text in (mandatory, advisory, severe)]
    assert len({str(report) for report in reports}) == 3
