"""Nodes that one SSH server plays, on as many loopback addresses: what engine, state and handshakes cost."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.child import measured
from bench.growth.dimension import Dimension, Measure, Measured
from bench.growth.played_nodes import PlayedNodes, address
from bench.nodes.towpath_runs import PROGRAM
from bench.pulumi_project import PulumiProject, copy_sources
from tests.lab.registry_server import write_certificate


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
    """Bring up, bring up again, destroy. Raises RuntimeError unless each node was asked once each way."""
    project.configure(configuration(played, size))
    log, found = folder / "run.log", dict[str, float]()

    def run(name: str, *arguments: str) -> None:
        command = project.command(*arguments, "--yes", "--skip-preview")
        found[f"{name}, seconds"], mib = measured(command, project.folder, project.environment, log)
        found[f"{name}, MiB"] = mib

    played.forget()
    run("up", "up")
    if played.applied != size:
        raise RuntimeError(f"{played.applied} of {size} nodes were set up")
    found["state, MB"] = project.state_bytes() / 1e6
    found["connections each, count"] = played.connections / size
    run("again", "up", "--expect-no-changes")
    if played.applied != size:
        raise RuntimeError("nodes were set up again without a change")
    run("destroy", "destroy")
    return {name: value for name, value in found.items() if name not in ("again, MiB", "destroy, MiB")}


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
)
