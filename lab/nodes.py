"""The nodes: whole systems with systemd, sshd, Docker and containerd, as containers in the closed network."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups, container, keys, state
from lab.archive import Member
from lab.container import Container
from lab.docker_client import Docker
from lab.errors import CommandError, PartError
from lab.paths import Paths
from lab.topology import NODES, PROXY_ADDRESS, node_address, node_index, node_name

READY_SECONDS = 240
SERVICES = ("ssh", "containerd", "docker")
START_SERVICES = f"systemctl daemon-reload; systemctl reset-failed; systemctl start --no-block {' '.join(SERVICES)}"
CAPABILITIES = (
    *("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"),
    *("IPC_LOCK", "MKNOD", "SYSLOG", "LINUX_IMMUTABLE"),
)
HOMES = {"/root": 0, "/home/deploy": 1000, "/home/ops": 1001}
"""The accounts that the client key opens: home folder and user id."""


@dataclass(frozen=True)
class Nodes:
    """All nodes of one lab."""

    paths: Paths
    docker: Docker
    instance: str

    def existing(self) -> list[str]:
        """Return the names of the nodes that were made, in their order, running or not."""
        labelled = f"label={container.INSTANCE_LABEL}={self.instance}"
        names = self.docker.names(
            "ps", "--all", "--filter", labelled, "--filter", "name=^node-", "--format", "{{.Names}}"
        )
        return sorted(names, key=node_index)

    def wanted(self, count: int) -> list[str]:
        """Return nodes 1 to `count`, and whichever exist beyond."""
        return sorted({*self.existing(), *map(node_name, range(1, count + 1))}, key=node_index)

    def ensure(self, name: str, image: str) -> bool:
        """Bring one node up and wait until it serves; return whether anything was done. Raises PartError."""
        changed = container.ensure(self.docker, self._container(name, image), self.instance)
        self._link_sockets(name)
        if changed:
            self._set_password(name)
        if not self.serves(name):
            changed = True
            self._wait(name)
        return changed

    def socket_client(self, name: str) -> Docker:
        """Return a client of the dockerd inside the node."""
        return Docker(self.docker.program, self.paths.node_socket(name), self.docker.config)

    def serves(self, name: str) -> bool:
        """Whether sshd, containerd and dockerd of the node work now."""
        try:
            self.docker("exec", name, "systemctl", "is-active", "--quiet", *SERVICES)
        except CommandError:
            return False
        return self.socket_client(name).answers()

    def load(self, name: str, image: str, archive: Path) -> bool:
        """Load an image archive into the node's dockerd if it has none of that name; return whether it was loaded."""
        docker = self.socket_client(name)
        if docker.inspect("image", image) is not None:
            return False
        docker("load", "--quiet", "--input", str(archive))
        return True

    def _container(self, name: str, image: str) -> Container:
        resolver = self.paths.state / "resolv.conf"
        state.once(resolver, f"nameserver {PROXY_ADDRESS}\n".encode)
        resolver.chmod(0o644)
        authorized = keys.public_line(keys.client_key(self.paths)).encode() + b"\n"
        accounts = [
            member
            for home, uid in HOMES.items()
            for member in (
                Member.directory(f"{home}/.ssh", 0o700, uid, uid),
                Member(f"{home}/.ssh/authorized_keys", authorized, 0o600, uid, uid),
            )
        ]
        return Container(
            name=name,
            image=image,
            addresses={NODES: node_address(name)},
            options=_options(resolver),
            files=[
                *accounts,
                Member("/etc/ssh/ssh_host_ed25519_key", keys.host_key(self.paths, name), 0o600),
                Member("/etc/machine-id", f"{secrets.token_hex(16)}\n".encode(), 0o444),
            ],
            keeps_state=True,
        )

    def _link_sockets(self, name: str) -> None:
        """Point the node's sockets on this machine at those inside, by way of the node's first process."""
        document = self.docker.inspect("container", name)
        pid = 0 if document is None else document["State"]["Pid"]
        inside = {
            self.paths.node_socket(name): "docker.sock",
            self.paths.node_containerd_socket(name): "containerd/containerd.sock",
        }
        for link, socket in inside.items():
            fresh = link.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(f"/proc/{pid}/root/run/{socket}")
            fresh.replace(link)

    def _set_password(self, name: str) -> None:
        password = state.once(self.paths.state / "deploy-password", lambda: secrets.token_urlsafe(16).encode())
        self.docker("exec", "--interactive", name, "chpasswd", stdin=b"deploy:" + password + b"\n")

    def _wait(self, name: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        started = False
        while not self.serves(name):
            if not started:
                started = self._try(name, "sh", "-c", START_SERVICES)
            if time.monotonic() > deadline:
                log = self.paths.logs / f"{name}.log"
                log.write_text(self._journal(name), encoding="utf-8")
                raise PartError(f"{name} does not serve {', '.join(SERVICES)} after {READY_SECONDS} s: read {log}")
            time.sleep(0.2)

    def _try(self, name: str, *argv: str) -> bool:
        try:
            self.docker("exec", name, *argv)
        except CommandError:
            return False
        return True

    def _journal(self, name: str) -> str:
        try:
            return self.docker("exec", name, "journalctl", "--no-pager", "--lines", "300")
        except CommandError as error:
            return f"{error}\n{container.logs(self.docker, name)}\n"


def _options(resolver: Path) -> tuple[str, ...]:
    capabilities = [part for name in CAPABILITIES for part in ("--cap-add", name)]
    unconfined = [
        part for name in ("seccomp", "apparmor", "systempaths") for part in ("--security-opt", f"{name}=unconfined")
    ]
    return (
        *capabilities,
        *unconfined,
        *cgroups.container_options(Path("/proc/self/mounts").read_text(encoding="utf-8")),
        *("--device", "/dev/kmsg"),
        *("--tmpfs", "/run", "--tmpfs", "/tmp:exec,mode=1777"),  # noqa: S108 - a node's own
        *("--volume", "/var/lib/docker", "--volume", "/var/lib/containerd"),
        # In place of Docker's own resolver, which would ask this machine's for outside names: look-ups fail at once.
        *("--volume", f"{resolver}:/etc/resolv.conf"),
    )
