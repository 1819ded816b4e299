"""Credentials from a command that a kubeconfig names (`users[].user.exec`).

Protocol: *Client Authentication (v1)* in the Kubernetes configuration reference: the request goes in by
`KUBERNETES_EXEC_INFO`, the answer, an `ExecCredential`, comes out on standard output.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.plugins.kubernetes.errors import CredentialPluginError
from engine.plugins.kubernetes.kubeconfig import Access

_SECONDS = 120
_SHOWN_LINES = 5
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9+/_.=-]{32,}")


@dataclass(frozen=True)
class ExecCredential:
    """What the command answered; a token, or a client certificate with its key (PEM)."""

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)


def run_credential_plugin(access: Access, environment: Mapping[str, str]) -> ExecCredential:
    """Run the command and return what it answers.

    Raises:
        CredentialPluginError: it is not there, fails, takes longer than two minutes, or answers something else.

    """
    plugin: dict[str, Any] = access.user["exec"]
    command = [str(plugin.get("command", "")), *map(str, plugin.get("args") or [])]
    given = {str(item["name"]): str(item["value"]) for item in plugin.get("env") or []}
    info = json.dumps(_request(access, plugin))
    try:
        answer = subprocess.run(
            command,
            env={**environment, **given, "KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        hint = f": {plugin['installHint']}" if plugin.get("installHint") else "; install it, or correct the kubeconfig"
        raise _failure(command[0], f"it is not there{hint}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"no answer within {_SECONDS} s" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        raise _failure(command[0], str(reason)) from None
    if answer.returncode != 0:
        raise _failure(command[0], f"exit status {answer.returncode}{_tail(answer.stderr)}")
    return _read(command[0], answer.stdout)


def _request(access: Access, plugin: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        hidden = {"certificate-authority", "extensions"}
        spec["cluster"] = {key: value for key, value in access.cluster.items() if key not in hidden}
    return {"apiVersion": plugin.get("apiVersion", ""), "kind": "ExecCredential", "spec": spec}


def _read(command: str, text: str) -> ExecCredential:
    try:
        status = json.loads(text)["status"]
        credential = ExecCredential(
            token=status.get("token", ""),
            certificate=status.get("clientCertificateData", "").encode(),
            key=status.get("clientKeyData", "").encode(),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _failure(command, "its output is not an ExecCredential with a status") from None
    if not credential.token and not credential.certificate:
        raise _failure(command, "its ExecCredential has neither token nor clientCertificateData")
    return credential


def _tail(stderr: str) -> str:
    """Return the last lines that the command wrote, without what looks like a token."""
    lines = [line for line in stderr.splitlines() if line.strip()][-_SHOWN_LINES:]
    return ": " + _LOOKS_SECRET.sub("[…]", " / ".join(lines)) if lines else ""


def _failure(command: str, reason: str) -> CredentialPluginError:
    return CredentialPluginError(f"kubeconfig: users[].user.exec: the credential plugin {command!r} failed: {reason}")
