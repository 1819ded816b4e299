"""What makes a Deployment's registry refuse writes, as fields that are ours alone. No I/O.

It is applied on the server side under a field manager of its own, beside what the stack's resources own, and taken away
by applying nothing: so no field of theirs ever changes hands, and their next preview finds what it left. The variable
is the whole map, which releases 2.8 and 3 both take; those that name a leaf of it panic or are ignored (distribution
issues 1736 and 3765).
"""

from collections.abc import Mapping
from typing import Any

from towpath.images.collection.collector_job import CONTAINER

MANAGER = "towpath-collection"
MARK = "towpath.dev/collection"
"""Annotation of a Deployment whose registry is read-only: whose collection it is."""
VARIABLE = "REGISTRY_STORAGE_MAINTENANCE"
_READ_ONLY = '{"readonly": {"enabled": true}}'


def locked(namespace: str, name: str, holder: str) -> dict[str, Any]:
    """Render what is applied to refuse writes."""
    container = {"name": CONTAINER, "env": [{"name": VARIABLE, "value": _READ_ONLY}]}
    document = unlocked(namespace, name)
    document["metadata"]["annotations"] = {MARK: holder}
    document["spec"] = {"template": {"spec": {"containers": [container]}}}
    return document


def unlocked(namespace: str, name: str) -> dict[str, Any]:
    """Render what is applied to take writes again: our manager then owns nothing."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}}


def holder_of(deployment: Mapping[str, Any]) -> str | None:
    """Return whose collection made the registry read-only; None: nobody's."""
    found: str | None = (deployment["metadata"].get("annotations") or {}).get(MARK)
    return found
