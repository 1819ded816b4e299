"""Namespaces that are made by us: made if missing, and removed only if nothing of others is in them."""

import asyncio
from typing import Any

from towpath.cluster.client import FIELD_MANAGER, METADATA_ONLY, Call, ClusterClient
from towpath.cluster.errors import ClusterError, ConflictError, NotFoundError
from towpath.pull_secrets.manifests import INSTANCE, Manifest, is_ours

_SHOWN = 3
_ALWAYS_THERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
_NOT_CONTENT = frozenset({"events", "endpoints", "endpointslices", "leases"})
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


async def ensure_namespace(client: ClusterClient, wanted: Manifest) -> bool:
    """Make a namespace if it is missing; return whether it is ours: a killed run may have made it."""
    name = wanted["metadata"]["name"]
    step = f"making Namespace {name}"
    try:
        found = await client.get(f"/api/v1/namespaces/{name}", step)
    except NotFoundError:
        query = {"fieldManager": FIELD_MANAGER}
        try:
            found = await client.send(Call("POST", "/api/v1/namespaces", step, query, wanted))
        except ConflictError:
            return False
    return is_ours(found, wanted["metadata"]["labels"][INSTANCE])


async def remove_namespace(client: ClusterClient, name: str, owner: str) -> str | None:
    """Delete a namespace that we made; if others have something in it, leave it to them, and return what that is."""
    step = f"deleting Namespace {name}"
    try:
        found = await client.get(f"/api/v1/namespaces/{name}", step)
    except NotFoundError:
        return None
    if not is_ours(found, owner):
        return None
    if others := await _contents(client, name, step):
        shown = ", ".join(others[:_SHOWN]) + (" and more" if len(others) > _SHOWN else "")
        return f"namespace {name} stays: it holds {shown}"
    options = {"preconditions": {"uid": found["metadata"]["uid"], "resourceVersion": _version(found)}}
    try:
        await client.send(Call("DELETE", f"/api/v1/namespaces/{name}", step, content=options))
    except NotFoundError:
        return None
    return None


async def _contents(client: ClusterClient, namespace: str, step: str) -> list[str]:
    """List what is in a namespace beside what every one has, of every kind that the API server knows."""
    paths = [path for root in ("/api", "/apis") for path in await _collections(client, root, step)]
    listings = await asyncio.gather(*(_list(client, path.format(namespace=namespace), step) for path in paths))
    found = {f"{kind} {name}" for listing in listings for kind, name in listing if (kind, name) not in _ALWAYS_THERE}
    return sorted(found)


async def _list(client: ClusterClient, path: str, step: str) -> list[tuple[str, str]]:
    try:
        items = await client.list(path, step, accept=METADATA_ONLY)
    except ClusterError as error:
        if error.status in (404, 405):
            return []
        raise
    collection = path.rpartition("/")[2]
    return [(_kind(collection), item["metadata"]["name"]) for item in items]


async def _collections(client: ClusterClient, root: str, step: str) -> list[str]:
    answer = await client.send(Call("GET", root, step, accept=_DISCOVERY))
    found = []
    for group in answer.get("items") or []:
        name = (group.get("metadata") or {}).get("name")
        version = (group.get("versions") or [{}])[0]
        base = f"/apis/{name}/{version.get('version')}" if name else f"/api/{version.get('version')}"
        names = [each["resource"] for each in version.get("resources") or [] if _counts(each)]
        found += [f"{base}/namespaces/{{namespace}}/{each}" for each in names]
    return found


def _counts(resource: dict[str, Any]) -> bool:
    listed = resource.get("scope") == "Namespaced" and "list" in (resource.get("verbs") or [])
    return listed and resource["resource"] not in _NOT_CONTENT


def _kind(collection: str) -> str:
    """Name a kind by its collection: listings of metadata alone do not say it for each item."""
    return {"serviceaccounts": "ServiceAccount", "configmaps": "ConfigMap"}.get(collection, collection)


def _version(found: dict[str, Any]) -> str:
    return str(found["metadata"]["resourceVersion"])
