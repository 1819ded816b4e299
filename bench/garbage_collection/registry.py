"""The registry that is collected: a container on a node of the lab, made by `pulumi up` like any stack's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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

    def stored(self) -> set[str]:
        """Return the blobs that its storage has, each by the hexadecimal part of its digest."""
        return set(self.on_node(f"ls {self.place.storage_folder}/docker/registry/v2/blobs/sha256/*/").split())

    def put_back(self) -> None:
        """Empty its cache, which is in its memory."""
        self.on_node("docker restart $name")

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
