"""The objects of a namespace as plain documents: the same ones whichever way they get into the cluster. Pure."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]

MANAGED_BY = "app.kubernetes.io/managed-by"
INSTANCE = "app.kubernetes.io/instance"
PULL_SECRET_TYPE = "kubernetes.io/dockerconfigjson"  # noqa: S105 a type's name
CA_KEY = "ca.crt"
"""CDI reads only keys that end so."""

_LABEL_CHARACTERS = 63


def owner_of(stack: str) -> str:
    """Return what a stack's objects are labelled with: its name, cut and told apart where a label cannot hold it."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", stack).strip("-_.")
    if plain == stack and len(stack) <= _LABEL_CHARACTERS:
        return stack
    return f"{plain[:40].rstrip('-_.') or 'stack'}-{hashlib.sha256(stack.encode()).hexdigest()[:16]}"


def ours(owner: str) -> dict[str, str]:
    """Return the labels by which objects of a stack are told from those of others."""
    return {MANAGED_BY: "towpath", INSTANCE: owner}


def is_ours(found: Mapping[str, Any], owner: str) -> bool:
    """Whether an object of the cluster was made by this stack."""
    labels = found["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in ours(owner).items())


def pull_secret(name: str, namespace: str, owner: str, content: str) -> Manifest:
    """Return the Secret that kubelets, and KubeVirt's containerDisks, log in with."""
    return _object(
        "Secret",
        name,
        namespace,
        owner,
        type=PULL_SECRET_TYPE,
        data={".dockerconfigjson": _encoded(content)},
    )


def cdi_secret(name: str, namespace: str, owner: str, username: str, password: str) -> Manifest:
    """Return the Secret that a DataVolume's `source.registry.secretRef` takes."""
    data = {"accessKeyId": _encoded(username), "secretKey": _encoded(password)}
    return _object("Secret", cdi_secret_name(name), namespace, owner, type="Opaque", data=data)


def cdi_config_map(name: str, namespace: str, owner: str, ca_pem: str) -> Manifest:
    """Return the ConfigMap that a DataVolume's `source.registry.certConfigMap` takes."""
    return _object("ConfigMap", cdi_config_map_name(name), namespace, owner, data={CA_KEY: ca_pem})


def namespace(name: str, owner: str, labels: Mapping[str, str]) -> Manifest:
    """Return a namespace that is made by us."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**labels, **ours(owner)}}}


def cdi_secret_name(secret: str) -> str:
    """Name CDI's Secret after the pull secret."""
    return f"{secret}-cdi"


def cdi_config_map_name(secret: str) -> str:
    """Name CDI's ConfigMap after the pull secret."""
    return f"{secret}-cdi-ca"


def _object(kind: str, name: str, namespace: str, owner: str, **fields: Any) -> Manifest:  # noqa: ANN401 any JSON
    metadata = {"name": name, "namespace": namespace, "labels": ours(owner)}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
