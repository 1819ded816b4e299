"""A machine beside this one, as far as the lab can tell: own network, processes, mounts, /run, home and checkouts.

So a lab can be killed, taken over and removed in a test while the session's lab goes on. It starts with the caches of
this machine's lab: nothing is built again.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.cgroups import folders
from tests.lab.lab_access import CHECKOUT, LabAccess, Result, finished

INIT = r"""
set -e
for hierarchy in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do
  own=$hierarchy/$1
  mkdir -p $own
  for setting in cpuset.cpus cpuset.mems; do
    [ ! -e $own/$setting ] || cat $hierarchy/$setting > $own/$setting
  done
  echo $$ > $own/cgroup.procs
done
exec unshare --cgroup bash -c '
set -e
mounts=$(grep " /sys/fs/cgroup/" /proc/mounts)
mount -t tmpfs tmpfs /sys/fs/cgroup
while read -r _ folder type options _; do
  mkdir -p $folder
  mount -t $type -o ${options#*relatime,} $type $folder
done <<< "$mounts"
mount -t tmpfs -o mode=0755 tmpfs /run
ip link set lo up
while :; do sleep 1 & wait; done
'
"""
JOIN = 'for own in /sys/fs/cgroup/*/cgroup.procs; do echo $$ > $own; done; exec "$@"'
CACHED = ("docker-engine", "programs", "images", "upstream")
START_SECONDS = 180
STOP_SECONDS = 180


@dataclass(frozen=True)
class LabMachine:
    """The machine; `root` on this one holds its home and its checkouts."""

    root: Path
    unshare: subprocess.Popen[bytes]

    @classmethod
    def start(cls, root: Path, lab: LabAccess) -> LabMachine:
        """Start it with two checkouts, `a` and `b`, and the images that this machine's lab has."""
        for name in ("a", "b"):
            shutil.copytree(CHECKOUT / "lab", root / name / "lab")
        for name in CACHED:
            source = CHECKOUT_CACHE / name
            shutil.copytree(source, root / CACHE / name, symlinks=True, copy_function=_link_or_copy)
        argv = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "bash",
            "-c",
            INIT,
            "init",
            root.name,
        ]
        machine = cls(root, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        machine._wait_for_network()
        machine._load_images(lab)
        return machine

    def stop(self) -> None:
        """End every process of the machine; its mounts and links go with them."""
        self.unshare.kill()
        self.unshare.wait()
        deadline = time.monotonic() + STOP_SECONDS
        while (left := folders(self.root.name)) and time.monotonic() < deadline:
            for folder in (inner for root in left for inner in _deepest_first(root)):
                with suppress(OSError):  # busy until the last process is gone
                    folder.rmdir()
        assert not left

    def run(self, *argv: str, checkout: str = "a", stdin: str | None = None) -> Result:
        """Run a program on the machine, in one of its checkouts."""
        folder = self.root / checkout
        enter = ["nsenter", "--target", str(self._init), "--mount", "--net", "--pid", "--cgroup", f"--wd={folder}"]
        env = {**os.environ, "HOME": str(self.root / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
        return finished([*enter, "bash", "-c", JOIN, "join", *argv], stdin, env)

    def shell(self, script: str) -> str:
        """Run a shell script; what it prints."""
        return self.run("bash", "-c", script).check().stdout

    def lab(self, *args: str, checkout: str = "a") -> Result:
        """Run `python -m lab ARGS` in one of the checkouts."""
        return self.run(sys.executable, "-m", "lab", *args, checkout=checkout)

    def containers(self) -> dict[str, str]:
        """The ids of the lab's containers by name."""
        listed = self._docker("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}").check().stdout
        return dict(line.split() for line in listed.splitlines())

    def docker(self, *args: str) -> str:
        """Run the Docker client against the machine's lab."""
        return self._docker(*args).check().stdout

    def kill(self, pid_file: str) -> None:
        """Kill the process that a pid file of the lab names, so that it cannot clean up."""
        self.shell(f"kill -{signal.SIGKILL.value} $(cat /run/towpath-lab/{pid_file})")

    @property
    def _init(self) -> int:
        pid = self.unshare.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def _docker(self, *args: str) -> Result:
        return self.run("docker", "--host", "unix:///run/towpath-lab/docker.sock", *args)

    def _wait_for_network(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.1)
            children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text()
            if children and "UP" in finished(["nsenter", "-t", children.split()[0], "-n", "ip", "link"]).stdout:
                return
        raise AssertionError("the machine did not start")

    def _load_images(self, lab: LabAccess) -> None:
        """Copy the images of this machine's lab, so that the first `lab up` builds none."""
        self.run(sys.executable, "-c", START_DAEMON).check()
        outer = ["docker", "--host", "unix:///run/towpath-lab/docker.sock"]
        inner = ["docker", "--host", f"unix:///proc/{self._init}/root/run/towpath-lab/docker.sock"]
        listed = finished([*outer, "images", "--format", "{{.Repository}}:{{.Tag}}"], env=lab.env).check().stdout
        names = [name for name in listed.split() if name.startswith(("towpath-lab/", "registry:3", "hello:"))]
        with subprocess.Popen([*outer, "save", *names], stdout=subprocess.PIPE, env=lab.env) as saving:
            subprocess.run(
                [*inner, "load", "--quiet"], stdin=saving.stdout, env=lab.env, check=True, capture_output=True
            )
        self.lab("down").check()


CACHE = Path("home", ".cache", "towpath", "lab")
CHECKOUT_CACHE = Path.home() / ".cache" / "towpath" / "lab"
START_DAEMON = """
from lab import docker_engine, host, owner, state
from lab.daemon import Daemon
from lab.paths import Paths
from lab.progress import Progress
paths, progress = Paths(), Progress()
host.complete_path()
owner.claim(paths, progress)
state.ensure(paths)
Daemon(paths, docker_engine.ensure(paths, progress)).ensure(progress)
"""


def _deepest_first(root: Path) -> list[Path]:
    return sorted((path for path in (root, *root.rglob("*")) if path.is_dir()), reverse=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
