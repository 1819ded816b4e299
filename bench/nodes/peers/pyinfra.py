"""`pyinfra -y`, all nodes in parallel."""

import shutil
from pathlib import Path

from bench.nodes.fleet import Fleet
from bench.nodes.peers.peer_files import write_files
from bench.nodes.peers.tools import Tools
from bench.nodes.wanted import Wanted
from lab.topology import node_address

_DEPLOY = Path(__file__).with_name("deploy.py")


class Pyinfra:
    """Runs the deploy beside this file."""

    name = "pyinfra"

    def __init__(self, tools: Tools, folder: Path, wanted: Wanted) -> None:
        """Write what does not depend on the nodes into an empty folder."""
        self._tools, self._folder = tools, folder
        write_files(folder, wanted)
        shutil.copy(_DEPLOY, folder / "deploy.py")

    def prepare(self, fleet: Fleet) -> None:
        """Write the inventory."""
        self._fleet = fleet
        hosts = [
            (
                node_address(name),
                {
                    "ssh_user": "root",
                    "ssh_key": str(fleet.paths.client_key),
                    "ssh_known_hosts_file": str(fleet.paths.known_hosts),
                    "ssh_strict_host_key_checking": "yes",
                    "address": node_address(name),
                },
            )
            for name in fleet.names
        ]
        (self._folder / "inventory.py").write_text(f"hosts = {hosts!r}\n", encoding="utf-8")

    def first(self) -> None:
        """Run the deploy."""
        self._run()

    def unchanged(self) -> None:
        """Run it again."""
        self._run()

    def undo(self) -> None:
        """Put the nodes back: a deploy has no undo."""
        self._fleet.put_back()

    def _run(self) -> None:
        parallel = str(len(self._fleet.names))
        self._tools.run(["pyinfra", "-y", "--parallel", parallel, "inventory.py", "deploy.py"], self._folder, {})
