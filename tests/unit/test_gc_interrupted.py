"""The beginning of an `up`: an interrupted collection is put back, and a cluster that is silent stops nothing."""

import asyncio
import json
from typing import Any

import pytest

from tests.unit.deployment_settings import stack
from towpath.access import registry_in_cluster
from towpath.access.registry_in_cluster import put_back_interrupted
from towpath.images.collection import deployment_site
from towpath.images.collection.errors import CollectionError
from towpath.settings import load_settings

KUBECONFIG = json.dumps(
    {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "me", "user": {"token": "not-for-logs"}}],
    }
)


async def begun(**settings: Any) -> list[str]:
    """Begin as a program does, whose thread has an event loop."""
    told: list[str] = []
    put_back_interrupted(stack(settings), {}, lambda _: KUBECONFIG, told.append)
    return told


async def test_what_was_put_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def put_back(*_: object) -> bool:
        await asyncio.sleep(0)
        return True

    monkeypatch.setattr(deployment_site, "put_back", put_back)
    assert await begun() == ["a collection was interrupted; the registry takes writes again"]


async def test_a_cluster_that_does_not_answer_is_no_error() -> None:
    (told,) = await begun()
    assert "127.0.0.1:9" in told
    assert "not-for-logs" not in told


async def test_a_collection_that_is_under_way_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def put_back(*_: object) -> bool:
        raise CollectionError("another collection is under way")

    monkeypatch.setattr(deployment_site, "put_back", put_back)
    assert "under way" in (await begun())[0]


def test_a_registry_that_is_no_deployment_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_in_cluster, "registry_in_cluster", None)
    groups = {"nodes": {"members": {"a": {"address": "10.0.0.1"}}}, "accounts": [{"name": "ci"}]}
    loaded = load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})
    put_back_interrupted(loaded, {}, lambda _: "", pytest.fail)
