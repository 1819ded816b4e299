"""Nodes that one SSH server plays, on as many loopback addresses: what engine, state and handshakes cost."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.child import measured
from bench.growth.dimension import Dimension, Measure
from bench.growth.played_nodes import PlayedNodes, address
from bench.growth.report import Measured
from bench.nodes.towpath_runs import PROGRAM
from bench.pulumi_project import PulumiProject, copy_sources
from tests.lab.registry_server import write_certificate

STEP_BY_STEP_AT_MOST = 100
"""Above it, the engine's own way takes longer than anybody would wait here."""
_ONE_WRITE = {"PULUMI_SKIP_CHECKPOINTS": "true"}


@contextmanager
def opened() -> Iterator[Measure]:
    """Start the server."""
    with tempfile.TemporaryDirectory(prefix="bench") as holder:
        folder = Path(holder)
        copy_sources(folder / "towpath")
        project = PulumiProject(folder / "towpath", PROGRAM)
        with PlayedNodes(folder) as played:
            write_certificate(folder)
            shutil.copy(folder / "certificate.pem", project.folder / "ca.pem")
            yield lambda size: measure(project, played, folder, size)


def measure(project: PulumiProject, played: PlayedNodes, folder: Path, size: int) -> Measured:
    """Bring up, bring up again, destroy. Raises RuntimeError unless each node was asked once each way.

    Twice: as the engine does it by itself, which writes the whole state at each step, and with one write at the end.
    """
    project.configure(configuration(played, size))
    found: dict[str, float] = {}
    for said, saving in (("", {}), (", one write", _ONE_WRITE)):
        if saving or size <= STEP_BY_STEP_AT_MOST:
            played.forget()
            found |= _life(project, {**project.environment, **saving}, folder / "run.log", said)
            if played.applied != size:
                raise RuntimeError(f"{played.applied} of {size} nodes were set up")
            found["connections a node's life, count"] = played.connections / size
    return found


def _life(project: PulumiProject, environment: dict[str, str], log: Path, said: str) -> Measured:
    """Time one life of the stack; what takes and holds the same either way is noted in its last life only."""
    found: dict[str, float] = {}

    def run(*arguments: str) -> tuple[float, float]:
        return measured(project.command(*arguments, "--yes", "--skip-preview"), project.folder, environment, log)

    found[f"up{said}, seconds"], found[f"up{said}, MiB"] = run("up")
    found["state, MB"] = project.state_bytes() / 1e6
    found["again, seconds"], _ = run("up", "--expect-no-changes")
    found[f"destroy{said}, seconds"], _ = run("destroy")
    return found


def configuration(played: PlayedNodes, size: int) -> dict[str, Any]:
    """Return a stack's settings for so many nodes, all changed at once."""
    names = played.name_hosts(size)
    return {
        "proxy": {"http": "http://proxy.example.test:3128", "node_cidrs": ["127.0.0.0/8"]},
        "nodes": {
            "ssh": {
                "port": played.port,
                "private_key_file": str(played.client_key),
                "known_hosts_file": str(played.known_hosts),
            },
            "setup": {"runtimes": ["docker", "containerd"]},
            "rollout": {"max_unavailable": "100%"},
            "members": {name: {"address": address(number)} for number, name in enumerate(names)},
        },
        "registry": {"node": names[0], "host": "registry.example.test", "hosts_entry": False},
        "accounts": [{"name": "ci", "role": "push"}],
    }


NODES = Dimension(
    "nodes",
    "Nodes, played by one SSH server on the same machine",
    "nodes",
    (10, 30, 100, 300, 1_000),
    (2, 4, 8),
    opened,
    (10_000,),
)
