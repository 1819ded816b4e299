"""Programs of the kubernetes plugin's tests: what they all begin with, and what a preview of them says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject

HEADER = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s

facts = json.loads(pathlib.Path("cluster.json").read_text())
wanted = json.loads(pathlib.Path("wanted.json").read_text())
namespace = facts["namespace"]
provider = k8s.Provider("cluster", kubeconfig=facts["kubeconfig"], namespace=namespace, **wanted.get("provider", {}))
opts = pulumi.ResourceOptions(provider=provider)
"""


def program(project: EngineProject, source: str, **wanted: Any) -> None:
    project.program(HEADER + source)
    want(project, **wanted)


def want(project: EngineProject, **wanted: Any) -> None:
    project.file("wanted.json", json.dumps(wanted))


def preview_steps(project: EngineProject) -> dict[str, str]:
    """The operation on each resource that a preview announces, by the resource's name."""
    digest = json.loads(project.preview("--json").stdout)
    return {step["urn"].rsplit("::", 1)[-1]: step["op"] for step in digest["steps"]}


CONFIG_MAP = """
settings = k8s.core.v1.ConfigMap("settings", metadata=wanted["metadata"], data=wanted["data"], opts=opts)
pulumi.export("name", settings.metadata["name"])
"""
