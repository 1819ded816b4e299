"""A stack of one node for tests of what goes wrong while it is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace


@dataclass(frozen=True)
class Target:
    """A stack of one node, up; each change of it restarts both runtimes."""

    stack: StackWorkspace
    node: NodeAccess
    settings: dict[str, Any]
    """Its sound settings of `nodes`."""

    def change(self, word: str) -> None:
        """Let the next `up` have something to do."""
        self.stack.change("proxy", no_proxy=[f"{word}.example"])

    def set_nodes(self, changes: dict[str, Any]) -> None:
        """Set settings of `nodes` beside the sound ones."""
        ssh = self.settings["ssh"] | changes.get("ssh", {})
        self.stack.configure(nodes=self.settings | changes | {"ssh": ssh})

    def environments(self) -> list[list[str]]:
        """The environments that the daemons run with."""
        return [self.node.daemon_environment(program) for program in ("dockerd", "containerd")]

    def runs_with(self, word: str) -> list[bool]:
        """Whether each daemon runs with that change."""
        return [any(f"{word}.example" in entry for entry in environment) for environment in self.environments()]


@contextmanager
def target_on(lab: LabAccess, node: NodeAccess, folder: Path, port: int) -> Iterator[Target]:
    """Bring the stack up, and down at the end."""
    stack = stack_on(lab, [node], folder, port)
    stack.change("nodes", setup={"live_restore": True}, preflight=False)
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
    stack.up().ok()
    yield Target(stack, node, dict(stack.settings["nodes"]))
    stack.destroy().ok()
