"""The lab's own dockerd and containerd: own sockets, own data, own settings, no default bridge, no firewall rules."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab import leftovers
from lab.docker_client import Docker
from lab.docker_engine import DockerEngine
from lab.errors import PartError
from lab.paths import RECIPES, Paths
from lab.progress import Progress

START_SECONDS = 90
STOP_SECONDS = 15


@dataclass(frozen=True)
class Daemon:
    """The pair of daemons that runs every container of the lab."""

    paths: Paths
    engine: DockerEngine

    @property
    def docker(self) -> Docker:
        """A client of this daemon."""
        return Docker(self.engine.client, self.paths.daemon_socket, self.paths.run / "docker-config")

    def ensure(self, progress: Progress) -> bool:
        """Start the daemons unless they answer; return whether they were started. Raises PartError with the log."""
        if self.docker.answers():
            return False
        leftovers.end_processes(self.paths)
        with progress.step("starting the lab's dockerd"):
            self._write_settings()
            self._start()
        return True

    def stop(self) -> None:
        """Stop both daemons and whatever is left of them; nothing happens if they do not run."""
        for name in ("dockerd.pid", "containerd.pid"):
            pid = leftovers.own_process(self.paths, self.paths.run / name)
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
                leftovers.wait_for_end(pid, STOP_SECONDS)
        leftovers.end_processes(self.paths)

    def _start(self) -> None:
        log, script = self.paths.logs / "dockerd.log", RECIPES / "daemon.sh"
        with log.open("ab") as file:
            process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "slave", "sh", script, self.paths.run, self._containerd_log],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, "PATH": f"{self.engine.path}:{os.environ['PATH']}", "DOCKER_CONFIG": "/nonexistent"},
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.docker.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise PartError(f"the lab's dockerd did not come up: read {log} and {self._containerd_log}")
            time.sleep(0.1)

    @property
    def _containerd_log(self) -> Path:
        return self.paths.logs / "containerd.log"

    def _write_settings(self) -> None:
        run, data = self.paths.run, self.paths.cache / "docker"
        for folder in (run / "docker-config", run / "scratch", data, self.paths.logs):
            folder.mkdir(parents=True, exist_ok=True)
        leftovers.prepare_covered(self.paths)
        settings = {
            "hosts": [f"unix://{self.paths.daemon_socket}"],
            "group": "root",
            "containerd": str(run / "containerd.sock"),
            "data-root": str(data / "engine"),
            "exec-root": str(run / "exec"),
            "pidfile": str(run / "dockerd.pid"),
            "bridge": "none",
            "iptables": False,
            "ip-forward": False,
            "ip-masq": False,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": f"/{leftovers.CGROUP_NAME}",
            "storage-driver": "overlay2",
            "log-driver": "json-file",
            "log-opts": {"max-size": "10m", "max-file": "2"},
            "shutdown-timeout": 5,
        }
        (run / "daemon.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
        (run / "containerd.toml").write_text(
            f"""version = 2
root = "{data}/containerd"
state = "{run}/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{run}/containerd.sock"
""",
            encoding="utf-8",
        )
