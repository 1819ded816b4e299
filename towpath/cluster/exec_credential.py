"""Credentials from a program that a kubeconfig names (`users[].user.exec`).

Protocol: "Client Authentication (v1)" and "(v1beta1)" in the Kubernetes configuration reference: the request goes in by
`KUBERNETES_EXEC_INFO`, the answer, an `ExecCredential`, comes out on standard output.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.cluster.errors import CredentialPluginError
from towpath.cluster.kubeconfig import Context

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_SECONDS = 60
_SHOWN_LINES = 3
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9+/_.=-]{20,}")
_CLUSTER_KEYS = ("server", "tls-server-name", "certificate-authority-data", "proxy-url")


@dataclass(frozen=True)
class ExecCredential:
    """What the program answered: a token, or a client certificate with its key (PEM), or both."""

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)


def run_plugin(context: Context, environment: Mapping[str, str], seconds: float = _SECONDS) -> ExecCredential:
    """Run the program and return its answer. Raises CredentialPluginError, which names it and shows no token."""
    plugin: dict[str, Any] = context.user["exec"]
    command = str(plugin.get("command") or "")
    if plugin.get("apiVersion") not in _VERSIONS:
        raise _failure(command, f"its apiVersion is not one of {', '.join(_VERSIONS)}; correct the kubeconfig")
    given = {str(item["name"]): str(item["value"]) for item in plugin.get("env") or []}
    info = json.dumps(_request(context, plugin))
    try:
        answer = subprocess.run(
            [command, *map(str, plugin.get("args") or [])],
            env={**environment, **given, "KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failure(command, f"no answer within {seconds:g} s") from None
    except OSError as error:
        hint = plugin.get("installHint") or "install it, or correct the kubeconfig"
        raise _failure(command, f"it cannot be started ({error.strerror}); {hint}") from None
    if answer.returncode != 0:
        raise _failure(command, f"exit status {answer.returncode}{_tail(answer.stderr)}")
    return _read(command, str(plugin["apiVersion"]), answer.stdout)


def _request(context: Context, plugin: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = {key: context.cluster[key] for key in _CLUSTER_KEYS if key in context.cluster}
    return {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": spec}


def _read(command: str, version: str, text: str) -> ExecCredential:
    try:
        answer = json.loads(text)
        status = answer["status"]
        credential = ExecCredential(
            token=str(status.get("token") or ""),
            certificate=str(status.get("clientCertificateData") or "").encode(),
            key=str(status.get("clientKeyData") or "").encode(),
        )
        said = answer.get("apiVersion")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _failure(command, "what it prints is no ExecCredential with a status") from None
    if said != version:
        raise _failure(command, f"it answers in another version than {version}; correct the kubeconfig")
    if not credential.token and not (credential.certificate and credential.key):
        raise _failure(command, "its ExecCredential has neither a token nor a client certificate with its key")
    return credential


def _tail(stderr: str) -> str:
    """Return the last lines it wrote, without what looks like a token."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()][-_SHOWN_LINES:]
    return ": " + _LOOKS_SECRET.sub("[…]", " / ".join(lines)) if lines else ""


def _failure(command: str, finding: str) -> CredentialPluginError:
    return CredentialPluginError(f"kubeconfig: the credential plugin {command!r} (users[].user.exec): {finding}")
