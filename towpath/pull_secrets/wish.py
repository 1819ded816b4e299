"""What each namespace is to hold, as plain values that a Pulumi state can keep, and as objects. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.pull_secrets.manifests import Manifest, cdi_config_map, cdi_secret, namespace, pull_secret


@dataclass(frozen=True)
class NamespaceWish:
    """One namespace: the objects it is to hold, and itself where it is to be made."""

    name: str
    made: Manifest | None
    objects: tuple[Manifest, ...] = field(repr=False)


@dataclass(frozen=True)
class SetWish:
    """All namespaces of a set."""

    owner: str
    adopt: bool
    namespaces: Mapping[str, NamespaceWish]

    @staticmethod
    def of(props: Mapping[str, Any]) -> "SetWish":
        """Read the properties of a `PullSecretSet`."""
        wishes = {name: _namespace(props, name, entry) for name, entry in props["namespaces"].items()}
        return SetWish(props["owner"], bool(props["adopt"]), wishes)


def _namespace(props: Mapping[str, Any], name: str, entry: Mapping[str, Any]) -> NamespaceWish:
    owner, secret, content = props["owner"], props["secret_name"], props["contents"][entry["content"]]
    objects = []
    if props["applies"]:
        objects.append(pull_secret(secret, name, owner, content["config"]))
    if entry.get("cdi"):
        objects.append(cdi_secret(secret, name, owner, content["username"], content["password"]))
        objects.append(cdi_config_map(secret, name, owner, props["ca_pem"]))
    made = namespace(name, owner, entry.get("labels") or {}) if entry.get("create") else None
    return NamespaceWish(name, made, tuple(objects))
