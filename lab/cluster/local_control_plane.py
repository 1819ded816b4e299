"""A real API server on loopback for tests: etcd, kube-apiserver and the few controllers that namespaces need.

It has no nodes and no scheduler: pods stay pending. It needs neither root nor containers, only the built programs, and
ends with the process that started it.
"""

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.cluster import command_lines, programs, supervisor
from lab.cluster.kubectl import Kubectl
from lab.cluster.programs import ClusterPrograms
from lab.cluster.site import Site
from lab.errors import CommandError, PartError
from lab.paths import Paths
from lab.progress import Progress

NAMESPACE_CONTROLLERS = (
    *("namespace-controller", "serviceaccount-controller", "garbage-collector-controller"),
    "root-ca-certificate-publisher-controller",
)
READY_SECONDS = 240


@dataclass
class ControlPlane:
    """One API server with its own store in a folder; `start` and `stop` may be repeated, data and port stay."""

    folder: Path
    """Everything it writes: keys and kubeconfig (pki/), data (etcd/), logs/. Keep it short of shared places."""
    port: int = 0
    """The API server's port on 127.0.0.1; 0 takes a free one."""
    controllers: tuple[str, ...] = NAMESPACE_CONTROLLERS
    """What kube-controller-manager runs; `("*",)` for all, empty for none (then no namespace is ever deleted)."""
    programs: ClusterPrograms | None = None
    """The built programs; None finds them in the cache, or builds them."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _site: Site | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def site(self) -> Site:
        """Its addresses and files; ports are chosen when this is first asked for."""
        if self._site is None:
            etcd, peer, free = _free_ports(3)
            built = self.programs or programs.ensure(Paths(), Progress())
            self._site = Site(
                programs=built,
                folder=self.folder,
                address="127.0.0.1",
                api_port=self.port or free,
                etcd_port=etcd,
                etcd_peer_port=peer,
                controllers=self.controllers,
                schedules=False,
            )
        return self._site

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig (mode 0600) of a user who may do everything."""
        return self.site.admin_kubeconfig

    def start(self) -> None:
        """Start it and wait until it serves. Raises PartError with the log to read."""
        if self._process is not None:
            return
        self.site.prepare()
        script = supervisor.script(command_lines.parts(self.site), self.site.logs)
        self._process = subprocess.Popen(
            ["sh", "-c", script, "sh", supervisor.ATTACHED],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            start_new_session=True,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready():
            if time.monotonic() > deadline:
                self.stop()
                raise PartError(f"the API server did not come up in {READY_SECONDS} s: read {self.site.logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End all its programs at once; nothing happens if it does not run."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    @property
    def kubectl(self) -> Kubectl:
        """The client of its administrator: `kubectl("get", "namespaces")` returns what is printed."""
        return Kubectl(self.site.programs.kubernetes_program("kubectl"), self.kubeconfig)

    def _ready(self) -> bool:
        if not self.kubectl.answers():
            return False
        return "serviceaccount-controller" not in self.controllers or self._has_service_account()

    def _has_service_account(self) -> bool:
        try:
            self.kubectl("get", "serviceaccount", "default", "--namespace", "default")
        except CommandError:
            return False
        return True


def _free_ports(count: int) -> list[int]:
    """Find ports of 127.0.0.1 that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
