"""One container of the lab: what it is made of, and bringing it to run."""

from dataclasses import dataclass, field
from typing import Any

from lab.archive import Member, pack
from lab.cache import key
from lab.docker_client import Docker
from lab.topology import Network

INSTANCE_LABEL = "towpath.instance"
SPEC_LABEL = "towpath.spec"


@dataclass(frozen=True)
class Container:
    """What a container is made of."""

    name: str
    image: str
    addresses: dict[Network, str]
    options: tuple[str, ...] = ()
    """Further options of `docker create` (docker-create(1))."""
    files: list[Member] = field(default_factory=list)
    command: tuple[str, ...] = ()
    keeps_state: bool = False
    """Never replaced when it merely differs from what this checkout would make now."""

    @property
    def fingerprint(self) -> str:
        """A hash of everything that it is made of."""
        return key(repr((self.image, self.addresses, self.options, self.command)), *map(repr, self.files))


def state_of(docker: Docker, name: str) -> str:
    """Docker's word for the container's state, such as running or exited; `missing` where there is none."""
    document = docker.inspect("container", name)
    return "missing" if document is None else str(document["State"]["Status"])


def ensure(docker: Docker, wanted: Container, instance: str) -> bool:
    """Make the container if it is missing or outdated, start it if it stands; return whether anything was done."""
    document = docker.inspect("container", wanted.name)
    if document is not None and _outdated(document, wanted, instance):
        remove(docker, [wanted.name])
        document = None
    if document is None:
        _create(docker, wanted, instance)
    elif document["State"]["Status"] == "running":
        return False
    docker("start", wanted.name)
    return True


def remove(docker: Docker, names: list[str]) -> None:
    """Remove containers with their volumes, running or not."""
    if names:
        docker("rm", "--force", "--volumes", *names)


def logs(docker: Docker, name: str, lines: int = 50) -> str:
    """Return the last lines that the container printed."""
    return docker("logs", "--tail", str(lines), name)


def _outdated(document: dict[str, Any], wanted: Container, instance: str) -> bool:
    labels = document["Config"]["Labels"]
    if labels.get(INSTANCE_LABEL) != instance:
        return True
    return not wanted.keeps_state and labels.get(SPEC_LABEL) != wanted.fingerprint


def _create(docker: Docker, wanted: Container, instance: str) -> None:
    (first, address), *others = wanted.addresses.items()
    docker(
        "create",
        *("--name", wanted.name, "--hostname", wanted.name),
        *("--network", first.name, "--ip", address),
        *("--label", f"{INSTANCE_LABEL}={instance}", "--label", f"{SPEC_LABEL}={wanted.fingerprint}"),
        *wanted.options,
        wanted.image,
        *wanted.command,
    )
    for network, other in others:
        docker("network", "connect", "--ip", other, network.name, wanted.name)
    if wanted.files:
        docker("cp", "-", f"{wanted.name}:/", stdin=pack(wanted.files))
