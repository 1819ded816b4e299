"""A kubeconfig made fit for others than kubectl: whole in itself, and perhaps with another way to its server.

Format: "kubeconfig (v1)" of the Kubernetes configuration reference.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

import yaml

from towpath.cluster.errors import KubeconfigError
from towpath.cluster.kubeconfig import read_context

_FILES = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key")}


def whole_kubeconfig(text: str, folder: str, read: Callable[[str], str]) -> str:
    """Return the content with the files in it that it names, relative to `folder`. Raises KubeconfigError.

    What is no kubeconfig at all is left as it is: whoever reads it says so.
    """
    document = _mapping(text)
    changed = False
    for kind, names in _FILES.items():
        for entry in _entries(document, kind):
            for name in [each for each in names if entry.get(each)]:
                path = str(entry.pop(name))
                entry.setdefault(f"{name}-data", _content(str(PurePath(folder) / path), path, name, read))
                changed = True
    return yaml.safe_dump(document, sort_keys=False) if changed else text


def rerouted(text: str, context: str | None, port: int) -> str:
    """Return the content with a port of this machine in the place of a context's server.

    The server's certificate is checked for its own name all the same (`tls-server-name`). Raises KubeconfigError.
    """
    resolved = read_context(text, context)
    document = _mapping(text)
    for entry in _entries(document, "cluster"):
        if str(entry.get("server") or "").rstrip("/") == resolved.server:
            entry["server"] = f"https://127.0.0.1:{port}{urlsplit(resolved.server).path}"
            entry.setdefault("tls-server-name", resolved.host)
    return yaml.safe_dump(document, sort_keys=False)


def _mapping(text: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return document if isinstance(document, dict) else {}


def _entries(document: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    listed = document.get(f"{kind}s")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get(kind), dict):
            yield item[kind]


def _content(path: str, written: str, name: str, read: Callable[[str], str]) -> str:
    try:
        return base64.b64encode(read(path).encode()).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise KubeconfigError(f"kubeconfig: {name}: cannot read {written}: {why}") from None
