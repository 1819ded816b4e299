"""Which configurations are read for a plan: each is a request of its own."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.unit.scripted_registry import VERSION, refusal
from tests.unit.slow_registry import SlowRegistry
from towpath.images.deletion import survey
from towpath.images.deletion.survey import Question, look, plan
from towpath.images.retention.policy import Caps, DeletionRequest, Retention, RetentionPolicy
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.oci.manifest import parse_manifest
from towpath.registry_client.session import RegistrySession

MADE = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
BY_VERSION = RetentionPolicy(repositories="app", keep_semver=">=3.0.0")
ALL = ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]
GOING = ALL[:2]


@dataclass
class Access:
    """The way to a registry in memory."""

    registry: SlowRegistry

    def session(self) -> RegistrySession:
        return self.registry.session()


def asked(registry: SlowRegistry, retention: Retention) -> Question:
    access: Any = Access(registry)
    return Question("dev", access, retention)


def versions(*tags: str) -> tuple[SlowRegistry, dict[str, str]]:
    """Return a registry with a repository of these tags, and which request reads the configuration of which."""
    registry, configs, asking = SlowRegistry(), {}, {}
    for tag in tags:
        config = json.dumps({"os": "linux", "architecture": tag, "created": MADE.isoformat()}).encode()
        described = Descriptor(media_types.OCI_CONFIG, digest_of(config), len(config))
        image = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": described.to_json(), "layers": []}
        registry.push("app", parse_manifest(json.dumps(image).encode()), tag)
        asking[f"GET app {described.digest}"] = tag
        configs[f"GET app {described.digest}"] = config
    registry.refuse = lambda asked: (
        httpx.Response(200, content=configs[asked], headers=VERSION) if asked in configs else None
    )
    return registry, asking


@pytest.mark.parametrize(
    ("retention", "read"),
    [
        (Retention(policies=(BY_VERSION,)), GOING),
        (Retention(delete=(DeletionRequest(repositories="app", tags="2.*"),)), ["2.0.0"]),
        (Retention(policies=(BY_VERSION.model_copy(update={"keep_newer_than_days": 1}),)), ALL),
        (Retention(policies=(BY_VERSION.model_copy(update={"keep_last": 1}),)), ALL),
        (Retention(policies=(BY_VERSION.model_copy(update={"repositories": "other", "keep_last": 1}),)), []),
    ],
)
async def test_only_rules_on_age_read_those_of_images_that_stay(retention: Retention, read: list[str]) -> None:
    registry, asking = versions(*ALL)
    question = asked(registry, retention)

    made = plan(question, await look(question))

    assert sorted(asking[each] for each in registry.begun if each in asking) == read
    for deletion in made.deletions:
        assert (deletion.created, deletion.platforms) == (MADE, (f"linux/{deletion.tags[0]}",))


@pytest.mark.parametrize("answer", [500, 403])
async def test_what_only_describes_may_be_unreadable(answer: int) -> None:
    registry, asking = versions(*ALL)
    registry.refuse = lambda request: refusal(answer) if request in asking else None
    question = asked(registry, Retention(policies=(BY_VERSION,)))

    made = plan(question, await look(question))

    assert [(each.tags, each.created) for each in made.deletions] == [((tag,), None) for tag in GOING]
    assert not made.held


async def test_of_more_than_anybody_reads_through_none_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_MOST_DESCRIBED", 1)
    registry, asking = versions(*ALL)
    question = asked(registry, Retention(policies=(BY_VERSION,), caps=Caps(max_deletions=None)))

    made = plan(question, await look(question))

    assert not asking.keys() & set(registry.begun)
    assert [(each.tags, each.created) for each in made.deletions] == [((tag,), None) for tag in GOING]
