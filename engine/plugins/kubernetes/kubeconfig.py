"""Kubeconfigs: by content, by path, from `KUBECONFIG`, `~/.kube/config` or a pod's service account.

Format and merging: *kubeconfig (v1)* in the Kubernetes configuration reference, and "Organizing Cluster Access Using
kubeconfig Files". The `kubernetes` package reads them too, but importing it takes longer than all else here.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from engine.plugins.kubernetes.errors import KubeconfigError
from engine.plugins.kubernetes.settings import Settings

Document: TypeAlias = dict[str, Any]

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LISTS = ("clusters", "contexts", "users")
_FILES = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}


@dataclass(frozen=True)
class Access:
    """Where a cluster is and how to get in.

    Attributes:
        server: its address, ``https://10.0.0.1:6443``.
        namespace: the context's; ``default`` if it names none.
        cluster: the `cluster` entry; files it names are absolute paths.
        user: the `user` entry, likewise.

    """

    server: str
    namespace: str
    cluster: Document = field(default_factory=dict, repr=False)
    user: Document = field(default_factory=dict, repr=False)

    def data(self, entry: Document, name: str) -> bytes | None:
        """Return the bytes of ``<name>-data``, or of the file that ``<name>`` names; ``None`` if neither is there.

        Raises:
            KubeconfigError: they cannot be read.

        """
        try:
            if encoded := entry.get(f"{name}-data"):
                return base64.b64decode(encoded, validate=True)
            return Path(entry[name]).read_bytes() if entry.get(name) else None
        except (binascii.Error, ValueError):
            message = f"kubeconfig: {name}-data: is not base64"
            raise KubeconfigError(message) from None
        except OSError as error:
            message = f"kubeconfig: {name}: cannot read {entry[name]}: {error.strerror}"
            raise KubeconfigError(message) from error


def find_access(settings: Settings, environment: Mapping[str, str]) -> Access:
    """Return the access that the provider's settings and the environment give.

    Raises:
        KubeconfigError: there is none, or it cannot be used.

    """
    document = _load(settings.kubeconfig, environment)
    if not document["clusters"] and not settings.kubeconfig and (pod := _service_account(environment)):
        return pod
    return select(document, context=settings.context, cluster=settings.cluster, namespace=settings.namespace)


def select(document: Document, *, context: str = "", cluster: str = "", namespace: str = "") -> Access:
    """Return what a context of a kubeconfig gives; arguments that are not empty override it.

    Raises:
        KubeconfigError: the context, its cluster or its user is not in the kubeconfig.

    """
    context_name = context or document.get("current-context") or ""
    if not context_name:
        message = "kubeconfig: current-context: missing; set the provider's context, or `kubectl config use-context`"
        raise KubeconfigError(message)
    chosen = _entry(document, "contexts", context_name)
    cluster_entry = _entry(document, "clusters", cluster or chosen.get("cluster", ""))
    if not cluster_entry.get("server"):
        message = f"kubeconfig: cluster {cluster or chosen.get('cluster')!r} has no server"
        raise KubeconfigError(message)
    user_entry = _entry(document, "users", chosen["user"]) if chosen.get("user") else {}
    return Access(
        server=str(cluster_entry["server"]).rstrip("/"),
        namespace=namespace or chosen.get("namespace") or "default",
        cluster=cluster_entry,
        user=user_entry,
    )


def parse(text: str, folder: Path | None = None) -> Document:
    """Read a kubeconfig, YAML or JSON; relative files are those beside it, in ``folder``.

    Raises:
        KubeconfigError: it has not the form of one.

    """
    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError:
        # The parser's own message quotes the text, which holds credentials.
        message = "kubeconfig: is neither a file that exists nor YAML"
        raise KubeconfigError(message) from None
    if not isinstance(content, dict):
        message = "kubeconfig: is neither a file that exists nor a kubeconfig's content"
        raise KubeconfigError(message)
    document: Document = {"current-context": content.get("current-context") or ""}
    for name in _LISTS:
        kind = name.removesuffix("s")
        entries = [item for item in content.get(name) or [] if isinstance(item, dict) and item.get("name")]
        document[name] = {item["name"]: _with_absolute_files(item.get(kind) or {}, kind, folder) for item in entries}
    return document


def merge(documents: list[Document]) -> Document:
    """Merge kubeconfigs: the first to name something wins."""
    merged: Document = {"current-context": "", **{name: {} for name in _LISTS}}
    for document in documents:
        merged["current-context"] = merged["current-context"] or document["current-context"]
        for name in _LISTS:
            merged[name] = {**document[name], **merged[name]}
    return merged


def _load(setting: str, environment: Mapping[str, str]) -> Document:
    if setting:
        path = _as_path(setting)
        return _read(path) if path else parse(setting)
    listed = [Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    paths = listed or [Path("~/.kube/config").expanduser()]
    return merge([_read(path) for path in paths if path.is_file()])


def _as_path(setting: str) -> Path | None:
    try:
        path = Path(setting).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        # Too long or with line ends: content.
        return None


def _read(path: Path) -> Document:
    try:
        return parse(path.read_text(), path.resolve().parent)
    except OSError as error:
        message = f"kubeconfig: cannot read {path}: {error.strerror}"
        raise KubeconfigError(message) from error
    except KubeconfigError as error:
        message = f"{path}: {error}"
        raise KubeconfigError(message) from None


def _entry(document: Document, kind: str, name: str) -> Document:
    entry = document[kind].get(name)
    if entry is None:
        known = ", ".join(sorted(document[kind])) or "none"
        message = f"kubeconfig: {kind} has no {name!r}; it has {known}"
        raise KubeconfigError(message)
    return dict(entry)


def _with_absolute_files(entry: Document, kind: str, folder: Path | None) -> Document:
    if folder is None:
        return entry
    entry = {**entry, **{name: str(folder / entry[name]) for name in _FILES.get(kind, ()) if entry.get(name)}}
    command = (entry.get("exec") or {}).get("command", "")
    if os.sep in command:
        entry["exec"] = {**entry["exec"], "command": str(folder / command)}
    return entry


def _service_account(environment: Mapping[str, str]) -> Access | None:
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (_SERVICE_ACCOUNT / "token").is_file():
        return None
    return Access(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=(_SERVICE_ACCOUNT / "namespace").read_text().strip(),
        cluster={"certificate-authority": str(_SERVICE_ACCOUNT / "ca.crt")},
        user={"tokenFile": str(_SERVICE_ACCOUNT / "token")},
    )
