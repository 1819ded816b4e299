"""The verbs of the Kubernetes API on objects of any kind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.plugins.kubernetes.errors import ApiError, NoSuchKindError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject

if TYPE_CHECKING:
    from engine.plugins.kubernetes.client import ApiClient

Warn: TypeAlias = Callable[[str], None]

_APPLY: Final = "application/apply-patch+yaml"
_JSON_PATCH: Final = "application/json-patch+json"


@dataclass(frozen=True)
class Endpoint:
    """Where objects of a kind are.

    Attributes:
        prefix: of the group and version: ``/api/v1``, ``/apis/apps/v1``.
        plural: ``deployments``.
        namespaced: whether they are in namespaces.

    """

    prefix: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of a collection, or of one object."""
        inside = f"/namespaces/{namespace or 'default'}" if self.namespaced else ""
        return f"{self.prefix}{inside}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True)
class Write:
    """How an object is written.

    Attributes:
        manager: who owns the fields afterwards.
        dry_run: let the server check and answer, and keep nothing.
        force: take fields over from other managers.
        warn: gets the server's warnings.

    """

    manager: str
    dry_run: bool = False
    force: bool = False
    warn: Warn | None = None

    def params(self) -> dict[str, str]:
        """Return the query that says so."""
        params = {"fieldManager": self.manager, "fieldValidation": "Warn"}
        return params | {"dryRun": "All"} if self.dry_run else params


class Api:
    """One cluster's objects. Safe to use from many threads."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._endpoints: dict[GroupVersionKind, Endpoint] = {}

    def endpoint(self, gvk: GroupVersionKind) -> Endpoint:
        """Return where a kind's objects are. What is not there may come later: that is not remembered.

        Raises:
            NoSuchKindError: the server does not serve the kind.

        """
        with self._lock:
            if gvk not in self._endpoints:
                self._endpoints |= self._discover(gvk)
            if gvk not in self._endpoints:
                message = f"the API server has no kind {gvk.kind} in {gvk.api_version}"
                raise NoSuchKindError(message)
            return self._endpoints[gvk]

    def exists(self, gvk: GroupVersionKind) -> bool:
        """Tell whether the server serves the kind."""
        try:
            self.endpoint(gvk)
        except NoSuchKindError:
            return False
        return True

    def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> KubeObject:
        """Return an object; raises `ApiError` (`is_not_found`) if it is not there."""
        return self.client.request("GET", self.endpoint(gvk).path(namespace, name))

    def select(self, gvk: GroupVersionKind, namespace: str, selector: str = "") -> list[KubeObject]:
        """Return the objects of a namespace that a label selector selects."""
        params = {"labelSelector": selector} if selector else {}
        answer = self.client.request("GET", self.endpoint(gvk).path(namespace), params=params)
        items: list[KubeObject] = answer.get("items") or []
        return items

    def create(self, gvk: GroupVersionKind, namespace: str, document: KubeObject, how: Write) -> KubeObject:
        """Make a new object; raises `ApiError` (`is_already_there`) if there is one of that name."""
        path = self.endpoint(gvk).path(namespace)
        return self.client.request("POST", path, params=how.params(), body=document, warn=how.warn)

    def apply(self, gvk: GroupVersionKind, namespace: str, document: KubeObject, how: Write) -> KubeObject:
        """Make or change an object by server-side apply; raises `ApiError` (`is_conflict`) for others' fields."""
        path = self.endpoint(gvk).path(namespace, document["metadata"]["name"])
        params = how.params() | {"force": "true" if how.force else "false"}
        return self.client.request("PATCH", path, params=params, body=document, content_type=_APPLY, warn=how.warn)

    def replace(self, gvk: GroupVersionKind, namespace: str, document: KubeObject, how: Write) -> KubeObject:
        """Put an object in the place of the one of its name and resourceVersion."""
        path = self.endpoint(gvk).path(namespace, document["metadata"]["name"])
        return self.client.request("PUT", path, params=how.params(), body=document, warn=how.warn)

    def json_patch(self, gvk: GroupVersionKind, namespace: str, name: str, patches: list[dict[str, Any]]) -> KubeObject:
        """Change fields of an object (RFC 6902)."""
        path = self.endpoint(gvk).path(namespace, name)
        return self.client.request("PATCH", path, body=patches, content_type=_JSON_PATCH)

    def delete(self, gvk: GroupVersionKind, namespace: str, name: str, propagation: str) -> KubeObject:
        """Delete an object; the answer is a `Status` if it is gone, the object if something still holds it."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        return self.client.request("DELETE", self.endpoint(gvk).path(namespace, name), body=body)

    def _discover(self, gvk: GroupVersionKind) -> dict[GroupVersionKind, Endpoint]:
        prefix = f"/apis/{gvk.api_version}" if gvk.group else f"/api/{gvk.version}"
        try:
            resources = self.client.request("GET", prefix).get("resources") or []
        except ApiError as error:
            if error.is_not_found:
                return {}
            raise
        return {
            GroupVersionKind(gvk.group, gvk.version, resource["kind"]): Endpoint(
                prefix, resource["name"], bool(resource.get("namespaced"))
            )
            for resource in resources
            if "/" not in resource["name"]
        }
