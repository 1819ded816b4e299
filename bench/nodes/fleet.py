"""The nodes of the lab that a benchmark spoils: added for it, put back after each run, removed at the end."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.nodes.wanted import WantedFile
from lab.paths import Paths
from lab.topology import node_address

_PLACES = ("/etc/docker", "/etc/containerd", "/etc/systemd/system", "/usr/local/share/ca-certificates")
_KEPT = "/root/before-bench.tar"
_RUN_SECONDS = 300
_PREPARE = f"tar -cf {_KEPT} {' '.join(_PLACES)}"
# A unit may be started three times a minute; a benchmark does that more often, and is to measure no refusal.
_FORGET_STARTS = "systemctl reset-failed docker containerd"
_PUT_BACK = f"""
for place in {" ".join(_PLACES)}; do find "$place" -mindepth 1 -delete; done
tar -xf {_KEPT} -C /
update-ca-certificates >/dev/null 2>&1
systemctl daemon-reload
{_FORGET_STARTS}
systemctl restart containerd docker
docker info >/dev/null
"""
_LOOK = r"""
set -u
for place in PLACES; do find "$place" -type f ! -name key.json -printf '%m %U:%G %p\n'; done | LC_ALL=C sort
for place in PLACES; do find "$place" -type f ! -name key.json -exec sha256sum {} +; done | LC_ALL=C sort
for program in dockerd containerd; do
  tr '\0' '\n' <"/proc/$(pidof -s "$program")/environ" | grep _PROXY= | LC_ALL=C sort
done
sha256sum </etc/ssl/certs/ca-certificates.crt
""".replace("PLACES", " ".join(_PLACES))
# Several times: dpkg goes by names, and at first some packages come before what they pre-depend on.
_INSTALL = """
d=$(mktemp -d)
tar -xf - -C $d
for turn in 1 2 3; do dpkg --install $d/*.deb >/dev/null 2>&1 && break; done
dpkg --install $d/*.deb >/dev/null
rm -r $d
python3 --version
"""
_PROCESSES = "pidof -s dockerd containerd; systemctl show --property ExecMainStartTimestampMonotonic docker containerd"


@dataclass(frozen=True)
class Fleet:
    """Some nodes of the lab."""

    names: tuple[str, ...]
    paths: Paths

    def each(self, script: str, stdin: Mapping[str, bytes] | None = None) -> dict[str, str]:
        """Run a script on all nodes at the same time; return what each printed. Raises RuntimeError."""
        with ThreadPoolExecutor(len(self.names)) as pool:
            given = stdin or {}
            return dict(
                zip(self.names, pool.map(lambda name: self.run(name, script, given.get(name)), self.names), strict=True)
            )

    def run(self, name: str, script: str, stdin: bytes | None = None) -> str:
        """Run a script on one node over plain ssh. Raises RuntimeError with what it said."""
        done = subprocess.run(
            [*self.ssh(name), f"sh -ec {shlex.quote(script)}"],
            input=stdin or b"",
            capture_output=True,
            timeout=_RUN_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')}{done.stdout.decode(errors='replace')}")
        return done.stdout.decode()

    def ssh(self, name: str) -> list[str]:
        """Return the ssh command line that reaches a node, its host key checked."""
        options = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={self.paths.known_hosts}")
        flags = [part for option in options for part in ("-o", option)]
        return ["ssh", "-F", "none", "-i", str(self.paths.client_key), *flags, f"root@{node_address(name)}"]

    @staticmethod
    def address(name: str) -> str:
        """Return a node's address."""
        return node_address(name)

    def first(self, count: int) -> "Fleet":
        """Return the first so many nodes."""
        return Fleet(self.names[:count], self.paths)

    def keep(self) -> None:
        """Remember how the nodes are now."""
        self.each(_PREPARE)

    def put_back(self) -> None:
        """Make the nodes as they were: for tools that have no undo."""
        self.each(_PUT_BACK)

    def forget_starts(self) -> None:
        """Let units be restarted as if they had not been."""
        self.each(_FORGET_STARTS)

    def look(self) -> dict[str, str]:
        """Return files with mode, owner and digest, the running daemons' proxy, the digest of the trust bundle."""
        return self.each(_LOOK)

    def processes(self) -> dict[str, str]:
        """Return which daemons run and since when."""
        return self.each(_PROCESSES)

    def read(self, name: str, files: Sequence[WantedFile]) -> dict[str, str]:
        """Return the content of files on a node."""
        return {file.path: self.run(name, f"cat {shlex.quote(file.path)}") for file in files}

    def give_python(self, cache: Path) -> None:
        """Install Python, which Ansible alone needs on a machine, from the packages that this machine has access to."""
        archives = cache / "python-for-nodes"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        status = archives / "status"
        status.write_text(self.run(self.names[0], "cat /var/lib/dpkg/status"), encoding="utf-8")
        options = (
            f"Dir::State::status={status}",
            f"Dir::Cache::archives={archives}",
            "Debug::NoLocking=1",
            "APT::Sandbox::User=root",
        )
        flags = [part for option in options for part in ("-o", option)]
        install = ["install", "--download-only", "--no-install-recommends", "python3"]
        subprocess.run(["apt-get", "--yes", "-qq", *flags, *install], check=True, stdout=sys.stderr)
        tar = subprocess.run(
            ["tar", "-C", str(archives), "-cf", "-", *sorted(deb.name for deb in archives.glob("*.deb"))],
            check=True,
            capture_output=True,
        ).stdout
        self.each(_INSTALL, dict.fromkeys(self.names, tar))


@contextmanager
def added_nodes(count: int, paths: Paths) -> Iterator[Fleet]:
    """Add so many nodes to the lab, and remove just these at the end."""
    names: list[str] = []
    try:
        names.extend(_lab("add-node") for _ in range(count))
        yield Fleet(tuple(names), paths)
    finally:
        for name in names:
            _lab("remove-node", name)


def _lab(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def same(found: Mapping[str, str], wanted: Mapping[str, str], who: str) -> None:
    """Raise RuntimeError unless the nodes are as wanted."""
    for name, text in found.items():
        if text != wanted[name]:
            missing = sorted(set(wanted[name].splitlines()) - set(text.splitlines()))
            further = sorted(set(text.splitlines()) - set(wanted[name].splitlines()))
            raise RuntimeError(f"{who}: {name} is not as wanted:\n{json.dumps({'-': missing, '+': further}, indent=1)}")
