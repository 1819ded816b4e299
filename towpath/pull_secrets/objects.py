"""Single objects of a namespace: looked at, applied, deleted, and never those of others."""

from collections.abc import Mapping
from typing import Any

from towpath.cluster.client import Call, ClusterClient
from towpath.cluster.errors import ClusterError, ConflictError, ForbiddenError, NotFoundError
from towpath.errors import TowpathError
from towpath.pull_secrets.errors import ForeignObjectError
from towpath.pull_secrets.manifests import Manifest, is_ours

_COLLECTIONS = {"Secret": "secrets", "ConfigMap": "configmaps"}


class Objects:
    """The objects of some names, as the cluster has them; asked for all namespaces at once where rights allow it."""

    def __init__(self, client: ClusterClient, owner: str) -> None:
        self._client = client
        self._owner = owner
        self._listed: dict[tuple[str, str], dict[str, Manifest]] = {}

    async def look_ahead(self, kind: str, name: str) -> None:
        """List the objects of that name in all namespaces, so that `find` need not ask for each."""
        step = f"listing {kind}s named {name} of all namespaces"
        try:
            found = await self._client.list(
                f"/api/v1/{_COLLECTIONS[kind]}", step, {"fieldSelector": f"metadata.name={name}"}
            )
        except ForbiddenError:
            return
        self._listed[kind, name] = {each["metadata"]["namespace"]: each for each in found}

    async def find(self, kind: str, name: str, namespace: str) -> Manifest | None:
        """Return the object, or None if there is none."""
        listed = self._listed.get((kind, name))
        if listed is not None:
            return listed.get(namespace)
        try:
            return await self._client.get(path(kind, name, namespace), f"reading {_called(kind, name, namespace)}")
        except NotFoundError:
            return None

    async def apply(self, wanted: Manifest, *, adopt: bool) -> None:
        """Make or mend an object. Raises ForeignObjectError for one of others, which stays, and ClusterError."""
        kind, name, namespace = wanted["kind"], wanted["metadata"]["name"], wanted["metadata"]["namespace"]
        step = f"applying {_called(kind, name, namespace)}"
        found = await self.find(kind, name, namespace)
        if found is not None and (why := foreign(found, wanted, self._owner, adopt=adopt)):
            raise ForeignObjectError(f"{step}: {why}")
        if found is not None and is_ours(found, self._owner) and not differs(found, wanted):
            return
        try:
            await self._client.apply(path(kind, name, namespace), wanted, step, force=found is not None)
        except ConflictError:
            raise ForeignObjectError(f"{step}: somebody else made it this moment; look whose it is") from None

    async def delete(self, kind: str, name: str, namespace: str) -> None:
        """Delete an object if it is ours; that it is gone, or somebody else's, is right too."""
        found = await self.find(kind, name, namespace)
        if found is None or not is_ours(found, self._owner):
            return
        options = {"preconditions": {"uid": found["metadata"]["uid"]}}
        step = f"deleting {_called(kind, name, namespace)}"
        try:
            await self._client.send(Call("DELETE", path(kind, name, namespace), step, content=options))
        except (NotFoundError, ConflictError):
            return


def foreign(found: Mapping[str, Any], wanted: Manifest, owner: str, *, adopt: bool) -> str | None:
    """Say why an object must not be touched; None: it may be."""
    kinds = found.get("type"), wanted.get("type")
    if kinds[0] != kinds[1]:
        return f"there is one of type {kinds[0]}, which cannot be ours; rename it, or set namespaces.secret"
    if is_ours(found, owner) or adopt:
        return None
    return "there is one that this stack did not make; set namespaces.adopt to take it over, or namespaces.secret"


def differs(found: Mapping[str, Any], wanted: Manifest) -> bool:
    """Whether an object is otherwise than wanted in what we set."""
    labels = found["metadata"].get("labels") or {}
    return found.get("data") != wanted["data"] or any(
        labels.get(key) != value for key, value in wanted["metadata"]["labels"].items()
    )


def path(kind: str, name: str, namespace: str) -> str:
    """Return where an object is."""
    return f"/api/v1/namespaces/{namespace}/{_COLLECTIONS[kind]}/{name}"


def reason(error: TowpathError) -> str:
    """Say step and finding without the server's address, which a list would repeat."""
    return f"{error.step}: {error.finding}" if isinstance(error, ClusterError) else str(error)


def _called(kind: str, name: str, namespace: str) -> str:
    return f"{kind} {name} in namespace {namespace}"
