"""kubectl as the cluster's administrator: nothing of the user's own settings is read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.command import run
from lab.errors import CommandError

NO_PROXIES = {"NO_PROXY": "*", "no_proxy": "*"}
"""The API server is never behind the proxy that this machine may use for the outside."""


@dataclass(frozen=True)
class Kubectl:
    """One cluster, by its kubeconfig."""

    program: Path
    kubeconfig: Path

    def __call__(self, *args: str, stdin: bytes | None = None) -> str:
        """Run `kubectl ARGS` and return what it prints. Raises CommandError."""
        argv: list[str | Path] = [self.program, "--kubeconfig", self.kubeconfig, *args]
        return run(argv, stdin=stdin, env=NO_PROXIES).decode()

    def objects(self, *args: str) -> list[dict[str, Any]]:
        """List the objects that `kubectl get ARGS` finds. Raises CommandError."""
        items: list[dict[str, Any]] = json.loads(self("get", *args, "--output", "json"))["items"]
        return items

    def apply(self, objects: list[dict[str, Any]]) -> bool:
        """Apply objects; return whether one of them was made or changed. Raises CommandError."""
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode()
        said = self("apply", "--filename", "-", stdin=document).splitlines()
        return not all(line.endswith("unchanged") for line in said)

    def answers(self) -> bool:
        """Tell whether the API server is ready now."""
        try:
            self("get", "--raw", "/readyz", "--request-timeout", "5s")
        except CommandError:
            return False
        return True
