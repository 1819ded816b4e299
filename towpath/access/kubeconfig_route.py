"""A kubeconfig made fit for the kubernetes plugin: whole in itself, and with a server that this machine reaches.

Format: "kubeconfig (v1)" of the Kubernetes configuration reference. A message never quotes the content.
"""

import base64
import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

import yaml

from towpath.errors import SettingsError

_FILES = {
    "cluster": ("certificate-authority",),
    "user": ("client-certificate", "client-key"),
}


@dataclass(frozen=True)
class KubeconfigRoute:
    """A kubeconfig and the active context's API server."""

    document: dict[str, Any] = field(repr=False)
    server: str
    """`https://HOST:PORT`, as the kubeconfig has it."""
    cluster: str
    """Name of its entry."""

    @property
    def host(self) -> str:
        """Name or address of the API server."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """Port of the API server."""
        return urlsplit(self.server).port or 443

    def text(self) -> str:
        """Return the content, a secret."""
        return yaml.safe_dump(self.document, sort_keys=False)

    def through(self, port: int) -> str:
        """Return the content with a local port in the server's place; its certificate is checked as before."""
        document = copy.deepcopy(self.document)
        for entry in document["clusters"]:
            if entry.get("name") == self.cluster:
                cluster = entry["cluster"]
                cluster["server"] = f"https://127.0.0.1:{port}{urlsplit(self.server).path}"
                cluster.setdefault("tls-server-name", self.host)
        return yaml.safe_dump(document, sort_keys=False)


def kubeconfig_route(text: str, context: str | None, folder: str, read: Callable[[str], str]) -> KubeconfigRoute:
    """Read a kubeconfig; files that it names, relative to `folder`, become part of it. Raises SettingsError."""
    document = _document(text)
    chosen = context or str(document.get("current-context") or "")
    if not chosen:
        raise _wrong("has no current-context; set cluster.context")
    cluster = str(_entry(document, "context", chosen).get("cluster") or "")
    server = str(_entry(document, "cluster", cluster).get("server") or "")
    if urlsplit(server).scheme != "https" or not urlsplit(server).hostname:
        raise _wrong(f"the server of cluster {cluster!r} is no https URL")
    for kind, names in _FILES.items():
        for entry in _entries(document, kind):
            _embed(entry.get(kind) or {}, names, PurePath(folder), read)
    return KubeconfigRoute(document, server, cluster)


def _document(text: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise _wrong("is no YAML; give the content of a kubeconfig file") from None
    if not isinstance(document, dict) or not isinstance(document.get("clusters"), list):
        raise _wrong("is no kubeconfig: it has no list of clusters")
    return document


def _entries(document: dict[str, Any], kind: str) -> Iterable[dict[str, Any]]:
    return [each for each in document.get(f"{kind}s") or [] if isinstance(each, dict)]


def _entry(document: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    found = {str(each.get("name")): each.get(kind) for each in _entries(document, kind)}
    entry = found.get(name)
    if not isinstance(entry, dict):
        known = ", ".join(sorted(found)) or "none"
        raise _wrong(f"has no {kind} {name!r} (it has: {known}); see cluster.context")
    return entry


def _embed(entry: dict[str, Any], names: Iterable[str], folder: PurePath, read: Callable[[str], str]) -> None:
    for name in names:
        path = entry.pop(name, None)
        if path and not entry.get(f"{name}-data"):
            try:
                content = read(str(folder / str(path)))
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise _wrong(f"names the file {path!r} as {name}, which cannot be read ({why})") from None
            entry[f"{name}-data"] = base64.b64encode(content.encode()).decode()


def _wrong(finding: str) -> SettingsError:
    return SettingsError([f"towpath:cluster: the kubeconfig {finding}"])
