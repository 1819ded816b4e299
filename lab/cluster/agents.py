"""The cluster's agents on the lab's nodes: kubelet and kube-proxy as services of the node's own systemd."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from lab.archive import Member, pack
from lab.cache import key
from lab.cluster.node_units import PROGRAMS, UNITS
from lab.cluster.programs import ClusterPrograms
from lab.docker_client import Docker
from lab.errors import CommandError, PartError
from lab.paths import Paths

MARKS = "/etc/kubernetes/made-from.json"
LOG_LINES = 500


@dataclass(frozen=True)
class Agents:
    """The agents of all nodes."""

    paths: Paths
    docker: Docker
    programs: ClusterPrograms

    def install(self, node: str, files: dict[str, list[Member]]) -> list[str]:
        """Put the files and the program of each unit onto a node unless it has just these; return the changed units."""
        wanted = {unit: key(self._program_of(unit), *map(repr, members)) for unit, members in files.items()}
        found = self._marks(node)
        changed = [unit for unit in files if found.get(unit) != wanted[unit]]
        if not changed:
            return []
        self._ensure_sandbox_image(node)
        for name in (self._program_of(unit) for unit in changed):
            if name:
                self.docker("cp", str(self.programs.kubernetes_program(name)), f"{node}:{PROGRAMS}/{name}")
        marks = Member(MARKS, json.dumps(wanted).encode())
        members = [member for unit in changed for member in files[unit]]
        self.docker("cp", "-", f"{node}:/", stdin=pack([*members, marks]))
        return changed

    def start(self, node: str, changed: list[str]) -> bool:
        """Restart changed units, start what does not run; return whether there was any. Raises PartError."""
        if not changed and self.run(node):
            return False
        try:
            self.docker("exec", node, "systemctl", "daemon-reload")
            self.docker("exec", node, "systemctl", "--quiet", "enable", *UNITS)
            if changed:
                self.docker("exec", node, "systemctl", "restart", *changed)
            self.docker("exec", node, "systemctl", "start", *UNITS)
        except CommandError as error:
            raise PartError(f"the agents of {node} do not start: read {self.write_log(node)}") from error
        return True

    def run(self, node: str) -> bool:
        """Tell whether all agents of the node run now."""
        try:
            # Its exit status tells of any of the units, not of all.
            states = self.docker.names("exec", node, "systemctl", "is-active", *UNITS)
        except CommandError:
            return False
        return states == ["active"] * len(UNITS)

    def write_log(self, node: str) -> str:
        """Write what the agents of a node said lately to a file; return its name."""
        log = self.paths.logs / f"{node}-kubelet.log"
        units = [part for unit in (*UNITS, "containerd.service") for part in ("--unit", unit)]
        try:
            said = self.docker("exec", node, "journalctl", "--no-pager", "--lines", str(LOG_LINES), *units)
        except CommandError as error:
            said = str(error)
        log.write_text(f"{said}\n", encoding="utf-8")
        return str(log)

    def ensure_image(self, node: str, name: str, archive: Path) -> bool:
        """Give containerd of a node an image from a Docker archive, unless it has one of that name; say whether."""
        images = ("ctr", "--namespace", "k8s.io", "images")
        if self.docker("exec", node, *images, "list", "--quiet", f"name=={name}"):
            return False
        with archive.open("rb") as file:
            self.docker("exec", "--interactive", node, *images, "import", "-", stdin=file)
        return True

    def _program_of(self, unit: str) -> str:
        """Name the program that a unit runs; none for one that runs a script."""
        name = unit.removesuffix(".service")
        return name if self.programs.kubernetes_program(name).exists() else ""

    def _marks(self, node: str) -> dict[str, str]:
        try:
            marks: dict[str, str] = json.loads(self.docker("exec", node, "cat", MARKS))
        except (CommandError, ValueError):
            return {}
        return marks

    def _ensure_sandbox_image(self, node: str) -> None:
        """Give containerd an image of the name that it makes pods' sandboxes from: so its settings stay its owner's."""
        settings = self.docker("exec", node, "containerd", "config", "dump")
        named = re.search(r"^\s*sandbox(?:_image)? = [\"'](\S+)[\"']$", settings, re.MULTILINE)
        if named is None:
            raise PartError(f"containerd of {node} names no sandbox image: look at `containerd config dump` there")
        images = ("ctr", "--namespace", "k8s.io", "images")
        if self.docker("exec", node, *images, "list", "--quiet", f"name=={named[1]}"):
            return
        tree = pack([Member("/pause", self.programs.pause.read_bytes(), 0o755)])
        self.docker("import", "--change", 'ENTRYPOINT ["/pause"]', "-", named[1], stdin=tree)
        archive = self.paths.run / f"pause-{node}.tar"
        self.docker("save", "--output", str(archive), named[1])
        with archive.open("rb") as file:
            self.docker("exec", "--interactive", node, *images, "import", "-", stdin=file)
        archive.unlink()
