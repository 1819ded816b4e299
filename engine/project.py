"""The facts that the engine's tools need from Pulumi.yaml."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from engine.errors import ProjectError


@dataclass(frozen=True)
class Project:
    """Name, accepted CLI versions and backend of a project; empty where Pulumi.yaml does not say."""

    name: str
    required_version: str
    backend_url: str


def read_project(folder: Path) -> Project:
    """Read `Pulumi.yaml` in `folder`; raises ProjectError."""
    path = folder / "Pulumi.yaml"
    try:
        content = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except OSError as error:
        raise ProjectError(f"{path}: {error.strerror}; run this in a project's folder") from error
    except yaml.YAMLError as error:
        raise ProjectError(f"{path}: is not YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        raise ProjectError(f"{path}: name: missing or not a string; a Pulumi project has one")
    backend = content.get("backend")
    return Project(
        name=content["name"],
        required_version=str(content.get("requiredPulumiVersion") or ""),
        backend_url=str(backend.get("url") or "") if isinstance(backend, dict) else "",
    )
