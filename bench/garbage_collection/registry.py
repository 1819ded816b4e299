"""The registry that is collected: a container on a node of the lab, made by `pulumi up` like any stack's."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.lab.lab_access import LabAccess, shell_environment
from tests.lab.stack_workspace import new_stack
from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.place import RegistryContainerPlace
from towpath.registry.config import CONFIG_PATH
from towpath.ssh.connection import Connection

PORT = 6019
_NODE = "node-1"


@dataclass(frozen=True)
class BenchRegistry:
    """It, and the ways to it."""

    lab: LabAccess
    access: RegistryAccess = field(repr=False)
    place: RegistryContainerPlace

    @property
    def connection(self) -> Connection:
        """The node."""
        address = self.lab.nodes[_NODE]
        keys = (line.split() for line in self.lab.known_hosts.read_text(encoding="utf-8").splitlines())
        host_key = next(f"{kind} {key}" for names, kind, key in keys if address in names.split(","))
        return Connection(address, host_key, private_key=self.lab.key.read_text(encoding="utf-8"))

    def client(self, timeout: httpx.Timeout) -> httpx.Client:
        """Return a client that is logged in."""
        trust = ssl.create_default_context(cadata=self.access.ca_pem)
        return httpx.Client(
            base_url=f"https://{self.access.registry}",
            auth=(self.access.username, self.access.password),
            verify=trust,
            trust_env=False,
            timeout=timeout,
        )

    def on_node(self, script: str) -> str:
        """Run a shell script on the node. Raises RuntimeError if it fails."""
        done = self.lab.run(_NODE, f"set -eu; name={self.place.container}; {script}")
        if done.status:
            raise RuntimeError(f"on {_NODE}: {done.output}")
        return done.stdout


@contextmanager
def running(folder: Path) -> Iterator[BenchRegistry]:
    """Bring it up, and destroy it at the end."""
    lab = LabAccess(shell_environment())
    workspace = new_stack(lab, folder / "stack", PORT)
    try:
        workspace.up().ok()
        outputs = workspace.outputs()
        registry, login = outputs["registry"], outputs["credentials"]["ci"]
        access = RegistryAccess(registry["host"], login["username"], login["password"], registry["ca_pem"])
        of = workspace.settings["registry"]
        config = f"{of['config_folder']}/config/config.yml"
        place = RegistryContainerPlace(of["container"], config, of["storage_folder"], CONFIG_PATH)
        yield BenchRegistry(lab, access, place)
    finally:
        workspace.destroy().ok()
