"""A container that serves on one port: brought to run, and waited for."""

from dataclasses import dataclass
from pathlib import Path

from lab import container, ports
from lab.container import Container
from lab.docker_client import Docker
from lab.errors import PartError
from lab.topology import Network

READY_SECONDS = 90


@dataclass(frozen=True)
class Service:
    """The container, and where it answers."""

    container: Container
    network: Network
    port: int

    @property
    def address(self) -> str:
        """The address it answers at."""
        return self.container.addresses[self.network]


def ensure(docker: Docker, service: Service, instance: str, logs: Path) -> bool:
    """Bring the service up; return whether anything was done. Raises PartError naming the log to read."""
    name = service.container.name
    changed = container.ensure(docker, service.container, instance)
    if not changed and not ports.accepts(service.address, service.port):
        docker("restart", "--time", "2", name)
        changed = True
    if changed and not ports.wait(service.address, service.port, READY_SECONDS):
        log = logs / f"{name}.log"
        log.write_text(container.logs(docker, name), encoding="utf-8")
        raise PartError(f"{name} does not answer at {service.address}:{service.port}: read {log}")
    return changed
