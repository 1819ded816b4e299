"""A kubeconfig's content as values: where a context's cluster is, whom to trust, and who we are.

Format: "kubeconfig (v1)" in the Kubernetes configuration reference.
"""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import yaml

from towpath.cluster.errors import KubeconfigError

Entry: TypeAlias = dict[str, Any]

_HTTPS_PORT = 443


@dataclass(frozen=True)
class Context:
    """One context, resolved."""

    server: str
    """`https://HOST:PORT`, perhaps with a path, without a slash at the end."""
    cluster: Entry = field(default_factory=dict, repr=False)
    user: Entry = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """The server's name or address."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        return urlsplit(self.server).port or _HTTPS_PORT

    @property
    def ca_pem(self) -> str | None:
        """What must have signed the server's certificate; None: the system's CAs are trusted."""
        content = data(self.cluster, "certificate-authority")
        return content.decode("ascii", "replace") if content else None


def read_context(text: str, name: str | None = None) -> Context:
    """Return the context of that name, or the current one. Raises KubeconfigError, which never quotes the text."""
    document = _parse(text)
    name = name or document.get("current-context") or ""
    if not name:
        raise KubeconfigError("kubeconfig: it has no current-context; set cluster.context in the settings")
    chosen = _entry(document, "context", name)
    cluster = _entry(document, "cluster", str(chosen.get("cluster", "")))
    user = _entry(document, "user", str(chosen["user"])) if chosen.get("user") else {}
    server = str(cluster.get("server") or "").rstrip("/")
    try:
        sound = urlsplit(server).scheme == "https" and urlsplit(server).hostname and urlsplit(server).port != 0
    except ValueError:
        sound = False
    if not sound:
        raise KubeconfigError(
            f"kubeconfig: the cluster of context {name!r} has no server of the form https://HOST:PORT"
        )
    if cluster.get("insecure-skip-tls-verify"):
        raise KubeconfigError(
            f"kubeconfig: the cluster of context {name!r} says insecure-skip-tls-verify, but the server's certificate "
            "is always verified here; give certificate-authority-data instead"
        )
    if user.get("auth-provider"):
        raise KubeconfigError(
            f"kubeconfig: the user of context {name!r} has an auth-provider, which Kubernetes took out in 1.26; "
            "use a token, a client certificate or exec"
        )
    return Context(server, cluster, user)


def data(entry: Entry, key: str) -> bytes | None:
    """Return the bytes of `KEY-data`, or of the file that `KEY` names; None if neither is there."""
    if encoded := entry.get(f"{key}-data"):
        try:
            return base64.b64decode(str(encoded), validate=True)
        except (binascii.Error, ValueError):
            raise KubeconfigError(f"kubeconfig: {key}-data is not base64") from None
    return file_content(str(entry[key]), key) if entry.get(key) else None


def file_content(path: str, key: str) -> bytes:
    """Read a file that a kubeconfig names. Its content alone does not say where relative paths begin."""
    if not Path(path).is_absolute():
        raise KubeconfigError(
            f"kubeconfig: {key} names the file {path}, which is relative; write an absolute path, or put the content "
            "in by `kubectl config view --flatten --raw`"
        )
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise KubeconfigError(f"kubeconfig: {key}: cannot read {path}: {error.strerror}") from None


def _parse(text: str) -> Entry:
    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 both are safe
    except yaml.YAMLError:
        # The parser's own message quotes the text, which holds credentials.
        raise KubeconfigError("kubeconfig: it is not YAML; give the content of a kubeconfig file") from None
    if not isinstance(content, dict):
        raise KubeconfigError("kubeconfig: it is not the content of a kubeconfig file")
    return content


def _entry(document: Entry, kind: str, name: str) -> Entry:
    items = document.get(f"{kind}s")
    listed = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    for item in listed:
        if item.get("name") == name and isinstance(item.get(kind), dict):
            return dict(item[kind])
    known = ", ".join(sorted(str(item.get("name")) for item in listed)) or "none"
    raise KubeconfigError(f"kubeconfig: it has no {kind} {name!r}; it has {known}")
