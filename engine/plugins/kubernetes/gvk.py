"""Group, version and kind: what says which API an object belongs to."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.plugins.resource import ProviderError

KubeObject: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON has it; in a preview, `UNKNOWN` may stand for any value."""


@dataclass(frozen=True, slots=True)
class GroupVersionKind:
    """The type of an object; the core group is ``""``."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """The `apiVersion` field: ``v1``, ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        """Name it as the API server's messages do: ``apps/v1/Deployment``."""
        return f"{self.api_version}/{self.kind}"


def gvk_of_token(token: str) -> GroupVersionKind:
    """Read a type token.

    >>> gvk_of_token("kubernetes:core/v1:Secret")
    GroupVersionKind(group='', version='v1', kind='Secret')

    Raises:
        ProviderError: the token has no group and version, such as that of a component.

    """
    _, module, kind = token.split(":", 2)
    group, slash, version = module.partition("/")
    if not slash:
        message = f"{token}: the type has no apiVersion (group/version); this is not a type of an object"
        raise ProviderError(message)
    return GroupVersionKind("" if group == "core" else group, version, kind)


def gvk_of(document: KubeObject, token: str) -> GroupVersionKind:
    """Read an object's own apiVersion and kind, and the token's where it has none."""
    api_version, kind = document.get("apiVersion"), document.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return gvk_of_token(token)
    group, slash, version = api_version.rpartition("/")
    return GroupVersionKind("" if group == "core" else group, version, kind) if slash else _core(version, kind)


def _core(version: str, kind: str) -> GroupVersionKind:
    return GroupVersionKind("", version, kind)
