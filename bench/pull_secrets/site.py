"""An API server without kubelets, its namespaces, and what each is to hold."""

import asyncio
import base64
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.cluster.local_control_plane import ControlPlane
from tests.lab.stack_workspace import StackWorkspace, engine_environment
from towpath.cluster.access import ClusterAccess
from towpath.cluster.client import Call
from towpath.pull_secrets.docker_config import docker_config_json

HOST, USER = "registry.example.com", "robot"
SECRET = "regcred"  # noqa: S105 its name
LABEL = "pull"


def content(password: str) -> str:
    """Return what every secret is to hold."""
    return docker_config_json({HOST: {"username": USER, "password": password}})


@dataclass
class Site:
    """The API server and its namespaces."""

    control_plane: ControlPlane
    folder: Path
    names: list[str] = field(default_factory=list)

    @property
    def access(self) -> ClusterAccess:
        """The way to it, as its administrator."""
        return ClusterAccess(self.control_plane.kubeconfig.read_text(encoding="utf-8"))

    def make(self, count: int) -> None:
        """Make the namespaces."""
        self.names = [f"bench-{number:04}" for number in range(count)]
        labels = {LABEL: "yes"}
        documents = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
            for name in self.names
        ]
        self.control_plane.kubectl.apply(documents)

    def secrets(self) -> dict[str, dict[str, Any]]:
        """Return the pull secrets by namespace."""
        found = self.control_plane.kubectl.objects("secrets", "-A", "--field-selector", "metadata.name=regcred")
        return {each["metadata"]["namespace"]: each for each in found}

    def check(self, who: str, password: str, served: Collection[str]) -> None:
        """Raise RuntimeError unless just these namespaces have what they are to have."""
        wanted = base64.b64encode(content(password).encode()).decode()
        have = {name for name, each in self.secrets().items() if each["data"] == {".dockerconfigjson": wanted}}
        if have != set(served):
            raise RuntimeError(f"{who} served {len(have)} namespaces of {len(served)}")

    def wipe(self) -> None:
        """Delete all pull secrets."""

        async def work() -> None:
            async with self.access.client() as client:
                paths = [f"/api/v1/namespaces/{name}/secrets/regcred" for name in self.secrets()]
                await asyncio.gather(*(client.send(Call("DELETE", path, "wiping")) for path in paths))

        asyncio.run(work())

    def project(self, name: str) -> StackWorkspace:
        """Make a project of this very program, with a state of its own."""
        environment = engine_environment(self.folder / f"{name}-state", dict(os.environ))
        return StackWorkspace(self.folder / name, environment, stack=name).create()
