"""Names that are not given: of objects, and of field managers."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from engine.plugins.kubernetes.annotations import AUTONAMED, PATCH_FIELD_MANAGER, annotation, is_true, set_true
from engine.plugins.kubernetes.documents import name_in, nested, set_metadata
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.resource import ProviderError
from engine.plugins.values import Unknown

MANAGER_PREFIX: Final = "pulumi-kubernetes-"
_SUFFIX_DIGITS: Final = 8


@dataclass(frozen=True)
class Autonaming:
    """What the engine says on names.

    Attributes:
        seed: makes the name the same in a plan and in the update that follows it; empty for a random one.
        proposed: a name the user's `pulumi:autonaming` setting asks for, empty for none.
        disabled: whether that setting forbids names that are made up.

    """

    seed: bytes = b""
    proposed: str = ""
    disabled: bool = False


def assign_name(document: KubeObject, resource_name: str, autonaming: Autonaming) -> None:
    """Name a new object ``<resource>-<8 hex digits>`` and annotate that, if neither name nor generateName is given.

    Raises:
        ProviderError: there is no name, and the user forbids to make one up.

    """
    if _is_named(document) or nested(document, "metadata", "generateName"):
        return
    if autonaming.disabled:
        message = "metadata.name is missing, and automatic naming is disabled (pulumi:autonaming): give the name"
        raise ProviderError(message)
    set_metadata(document, "name", autonaming.proposed or f"{resource_name}-{_suffix(autonaming.seed)}")
    set_true(document, AUTONAMED)


def adopt_name(document: KubeObject, old: KubeObject) -> None:
    """Keep the name that was made up for the object before, if none is given now."""
    if not _is_named(document) and is_true(old, AUTONAMED):
        set_metadata(document, "name", name_in(old))
        set_true(document, AUTONAMED)


def field_manager(inputs: KubeObject, remembered: str = "") -> str:
    """Return the name under which fields are owned: the annotation's, else the state's, else a new random one."""
    return annotation(inputs, PATCH_FIELD_MANAGER) or remembered or f"{MANAGER_PREFIX}{_suffix(b'')}"


def _is_named(document: KubeObject) -> bool:
    metadata = document.get("metadata")
    return (
        isinstance(metadata, Unknown)
        or isinstance(nested(document, "metadata", "name"), Unknown)
        or bool(name_in(document))
    )


def _suffix(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()[:_SUFFIX_DIGITS] if seed else secrets.token_hex(_SUFFIX_DIGITS // 2)
