"""What is run: a whole stack, and programs with next to nothing in them."""

import json
import shutil
from pathlib import Path

from bench.nodes.fleet import Fleet
from bench.pulumi_project import CHECKOUT, PulumiProject, copy_sources
from lab.cluster.local_control_plane import ControlPlane

PLUGINS = ("random", "tls", "command", "dynamic", "kubernetes")
"""What a whole stack makes the engine start, a process each; `dynamic` is the SDK's own."""
EMPTY, ALL = "empty", "all plugins"
_PROGRAM = "bench/engine/program/__main__.py"
_PORT = 6018


def whole_stack(folder: Path, fleet: Fleet, control_plane: ControlPlane) -> PulumiProject:
    """Return this very program with nodes, a registry on one of them, accounts, and pull secrets in a cluster."""
    copy_sources(folder)
    shutil.copy(CHECKOUT / "__main__.py", folder / "whole.py")
    project = PulumiProject(folder, "whole.py")
    paths = fleet.paths
    project.configure(
        {
            "nodes": {
                "ssh": {"private_key_file": str(paths.client_key), "known_hosts_file": str(paths.known_hosts)},
                "setup": {"runtimes": ["docker", "containerd"]},
                "members": {name: {"address": fleet.address(name)} for name in fleet.names},
            },
            "registry": {
                "node": fleet.names[0],
                "port": _PORT,
                "container": "registry-bench",
                "storage_folder": "/data/registry-bench",
                "config_folder": "/etc/towpath/registry-bench",
            },
            "accounts": [{"name": "ci", "role": "push"}, {"name": "pods", "role": "pull"}],
            "cluster": {"kubeconfig_file": str(control_plane.kubeconfig)},
            "namespaces": {"rules": [{"names": ["team-a", "team-b"], "create": True, "service_accounts": "default"}]},
        }
    )
    return project


def small_program(folder: Path, control_plane: ControlPlane, *plugins: str) -> PulumiProject:
    """Return a program that makes the engine start these plugins."""
    folder.mkdir()
    shutil.copytree(CHECKOUT / "bench", folder / "bench", ignore=shutil.ignore_patterns("__pycache__", "results"))
    told = {"plugins": plugins, "kubeconfig": control_plane.kubeconfig.read_text(encoding="utf-8")}
    (folder / "plugins.json").write_text(json.dumps(told), encoding="utf-8")
    return PulumiProject(folder, _PROGRAM)
