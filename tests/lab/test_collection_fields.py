"""What a collection adds to a cluster, on a real API server: beside the stack's fields, and gone without a trace."""

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.lab.api_server import ApiServer
from tests.unit.deployment_settings import stack
from towpath.cluster.client import APPLY, Call, ClusterClient
from towpath.cluster.errors import ConflictError
from towpath.images.collection import lease
from towpath.images.collection.collector_job import collector_job
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.lease import Lease
from towpath.images.collection.write_lock import MANAGER, VARIABLE, holder_of, locked, unlocked
from towpath.registry.deployment.workload import workload

STACKS = "pulumi-kubernetes-1234"
NAME = "registry"


def rendered(namespace: str, checksum: str = "0") -> dict[str, Any]:
    settings = stack({"namespace": namespace, "name": NAME})
    assert settings.deployment
    return workload(settings.registry, settings.deployment, {"checksum.towpath.dev/config": checksum})


async def apply(client: ClusterClient, manager: str, document: dict[str, Any]) -> dict[str, Any]:
    path = f"/apis/apps/v1/namespaces/{document['metadata']['namespace']}/deployments/{NAME}"
    query = {"fieldManager": manager, "force": "false"}
    return await client.send(Call("PATCH", path, "applying", query, document, APPLY))


def compared(deployment: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return its spec, its annotations, and who owns what of both."""
    metadata = deployment["metadata"]
    owners = [
        {key: value for key, value in entry.items() if key != "time"}
        for entry in metadata["managedFields"]
        if entry.get("subresource") != "status" and "controller" not in entry["manager"]
    ]
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if "revision" not in key}
    return deployment["spec"], annotations, owners


@pytest.fixture
async def namespace(api_server: ApiServer) -> AsyncIterator[str]:
    with api_server.namespaces("collection") as (name,):
        yield name


async def test_pods_are_read_only_meanwhile_and_nothing_is_left_afterwards(
    api_server: ApiServer, namespace: str
) -> None:
    async with api_server.access.client() as client:
        before = await apply(client, STACKS, rendered(namespace))
        frozen = await apply(client, MANAGER, locked(namespace, NAME, "me"))
        (container,) = frozen["spec"]["template"]["spec"]["containers"]
        assert {each["name"] for each in container["env"]} == {"OTEL_TRACES_EXPORTER", VARIABLE}
        assert container["args"][0] == "serve"
        assert holder_of(frozen) == "me"
        after = await apply(client, MANAGER, unlocked(namespace, NAME))
        assert compared(after) == compared(before)


async def test_an_up_in_between_neither_fails_nor_lets_writes_in(api_server: ApiServer, namespace: str) -> None:
    async with api_server.access.client() as client:
        await apply(client, STACKS, rendered(namespace))
        await apply(client, MANAGER, locked(namespace, NAME, "me"))
        meanwhile = await apply(client, STACKS, rendered(namespace, "1"))
        assert holder_of(meanwhile) == "me"
        assert VARIABLE in json.dumps(meanwhile["spec"])
        after = await apply(client, MANAGER, unlocked(namespace, NAME))
        assert VARIABLE not in json.dumps(after["spec"])
        assert after["spec"]["template"]["metadata"]["annotations"]["checksum.towpath.dev/config"] == "1"


async def test_somebodys_own_variable_is_not_taken(api_server: ApiServer, namespace: str) -> None:
    theirs = copy.deepcopy(rendered(namespace))
    theirs["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": VARIABLE, "value": "{}"})
    async with api_server.access.client() as client:
        await apply(client, STACKS, theirs)
        with pytest.raises(ConflictError):
            await apply(client, MANAGER, locked(namespace, NAME, "me"))


async def test_the_api_server_takes_the_collectors_job(api_server: ApiServer, namespace: str) -> None:
    async with api_server.access.client() as client:
        live = await apply(client, STACKS, rendered(namespace))
        job = collector_job(live, "registry-collector-1", dry_run=True, seconds=60, node="a")
        query = {"fieldManager": MANAGER, "dryRun": "All", "fieldValidation": "Strict"}
        made = await client.send(Call("POST", f"/apis/batch/v1/namespaces/{namespace}/jobs", "starting", query, job))
        assert made["spec"]["template"]["spec"]["containers"][0]["args"][:2] == ["garbage-collect", "--dry-run"]


async def test_a_lease_that_is_renewed_is_left_alone_and_one_that_is_not_is_taken_over(
    api_server: ApiServer, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(lease, "LOOKED_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(lease, "_RENEWED_EVERY_SECONDS", 0.1)
    async with api_server.access.client() as client:
        monkeypatch.setattr(lease, "DURATION_SECONDS", 180)
        async with Lease(client, namespace, NAME).held(told.append):
            with pytest.raises(CollectionError, match="another collection is under way"):
                async with Lease(client, namespace, NAME).held(told.append):
                    pytest.fail("two at once")
        killed, second = Lease(client, namespace, NAME), Lease(client, namespace, NAME)
        await killed._take(told.append)
        monkeypatch.setattr(lease, "DURATION_SECONDS", 1)
        async with second.held(told.append):
            assert (await killed.is_ours(), await second.is_ours()) == (False, True)
        assert not await second.is_ours()
    assert len(told) == 2
