"""`ansible-playbook` of ansible-core: pipelining, ControlPersist, as many forks as nodes, no facts gathered."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.nodes.fleet import Fleet
from bench.nodes.peers.peer_files import write_files
from bench.nodes.peers.tools import Tools
from bench.nodes.wanted import Wanted
from lab.topology import node_address

_PLAYBOOK = Path(__file__).with_name("playbook.yml")
_CONFIG = """[defaults]
forks = {forks}
host_key_checking = True
interpreter_python = /usr/bin/python3
[connection]
pipelining = True
[ssh_connection]
ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile={known_hosts}
"""


class Ansible:
    """Runs the playbook beside this file."""

    name = "ansible"

    def __init__(self, tools: Tools, folder: Path, wanted: Wanted) -> None:
        """Write what does not depend on the nodes into an empty folder."""
        self._tools, self._folder = tools, folder
        write_files(folder, wanted)
        shutil.copy(_PLAYBOOK, folder / "playbook.yml")

    def prepare(self, fleet: Fleet) -> None:
        """Write inventory and settings."""
        self._fleet = fleet
        config = _CONFIG.format(forks=len(fleet.names), known_hosts=fleet.paths.known_hosts)
        (self._folder / "ansible.cfg").write_text(config, encoding="utf-8")
        hosts = {
            name: {
                "ansible_host": node_address(name),
                "ansible_user": "root",
                "ansible_ssh_private_key_file": str(fleet.paths.client_key),
                "address": node_address(name),
            }
            for name in fleet.names
        }
        (self._folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")

    def first(self) -> None:
        """Run the playbook."""
        self._run(changed=True)

    def unchanged(self) -> None:
        """Run it again."""
        self._run(changed=False)

    def undo(self) -> None:
        """Put the nodes back: a playbook has no undo."""
        self._fleet.put_back()

    def _run(self, *, changed: bool) -> None:
        # A folder for control sockets of each run's own: nobody runs Ansible again within a minute to change nothing.
        with tempfile.TemporaryDirectory(prefix="cp") as sockets:
            try:
                printed = self._tools.run(
                    ["ansible-playbook", "-i", "hosts.json", "-e", "@files.json", "playbook.yml"],
                    self._folder,
                    {"ANSIBLE_SSH_CONTROL_PATH_DIR": sockets},
                )
            finally:
                _close(Path(sockets))
        for name in self._fleet.names:
            recap = next(line for line in printed.splitlines() if line.startswith(f"{name} ") and "changed=" in line)
            if ("changed=0 " in recap) == changed:
                raise RuntimeError(f"not what was expected of ansible-playbook:\n{printed}")


def _close(sockets: Path) -> None:
    """End the connections that ControlPersist keeps, which would hold the run's folder for a minute."""
    for socket in sockets.iterdir():
        subprocess.run(
            ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "node"], check=False, capture_output=True
        )
