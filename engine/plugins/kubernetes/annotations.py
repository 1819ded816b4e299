"""The annotations `pulumi.com/…` by which a program steers what is done with an object."""

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.values import Unknown

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"


def annotation(document: KubeObject, key: str) -> str:
    """Return an annotation's value, empty if it is missing or unknown."""
    value = nested(document, "metadata", "annotations", key)
    return value if isinstance(value, str) else ""


def is_true(document: KubeObject, key: str) -> bool:
    """Tell whether an annotation is ``"true"``."""
    return annotation(document, key) == "true"


def set_true(document: KubeObject, key: str) -> None:
    """Set an annotation to ``"true"``, unless `metadata` or `annotations` as a whole are unknown."""
    metadata = document.setdefault("metadata", {})
    if isinstance(metadata, Unknown) or isinstance(metadata.get("annotations"), Unknown):
        return
    metadata.setdefault("annotations", {})[key] = "true"


def timeout_seconds(document: KubeObject, custom_timeout_seconds: float, default_seconds: float) -> float:
    """Return how long to wait: `customTimeouts`, else the annotation, else the kind's own default."""
    if custom_timeout_seconds > 0:
        return custom_timeout_seconds
    text = annotation(document, TIMEOUT_SECONDS)
    return float(text) if text.isdecimal() else default_seconds


def propagation_policy(document: KubeObject, default: str = "Foreground") -> str:
    """Return the deletion's propagation policy as the API names it: Foreground, Background or Orphan."""
    policies = {"orphan": "Orphan", "background": "Background", "foreground": "Foreground"}
    return policies.get(annotation(document, DELETION_PROPAGATION).lower(), default)
