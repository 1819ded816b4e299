"""The stacks that come with the project: each holds by the settings and by the schema that editors use."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from towpath.settings import Settings, load_settings

PROJECT = Path(__file__).parents[2]
STACKS = PROJECT / "stacks"


def raw(document: dict[str, Any]) -> dict[str, str]:
    """What the engine makes of a file: a text stays, anything else is JSON."""
    config = document["config"].items()
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config}


def read(path: str) -> str:
    return (PROJECT / path).read_text()


def load(name: str) -> Settings:
    return load_settings(raw(yaml.safe_load((STACKS / f"Pulumi.{name}.yaml").read_text())), read)


@pytest.mark.parametrize("name", ["dev", "staging", "prod", "lab"])
def test_every_stack_holds(name: str) -> None:
    assert load(name).accounts


def test_the_stack_of_a_pull_request_holds() -> None:
    text = (STACKS / "ephemeral.yaml").read_text().replace("${stack}", "pr-12")
    settings = load_settings(raw(yaml.safe_load(text)), read)
    assert settings.registry_host == "pr-12.registry.dev.example.com"
    assert settings.deployment is not None
    assert settings.deployment.namespace == "towpath-pr-12"
    assert not settings.nodes.members


def test_only_prod_is_protected() -> None:
    names = ("dev", "staging", "prod", "lab")
    assert [name for name in names if load(name).protected] == ["prod"]


def test_shared_settings_lie_under_a_stack() -> None:
    dev = load("dev")
    assert dev.nodes.ssh.user == "ops"
    assert dev.nodes.rollout.max_unavailable == "100%"
    assert (dev.registry.log.level, load("prod").registry.log.level) == ("debug", "info")
    assert dev.registry.certificate.renew_before_days == 60


@pytest.mark.parametrize("file", sorted(path.name for path in STACKS.glob("*.yaml")))
def test_editors_find_nothing(file: str) -> None:
    """The committed schema by a validator of JSON schemas; `secure:` values as they stand in the file."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((STACKS / "schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load((STACKS / file).read_text()))
