"""A stack as the commands see it that work on its images: settings, outputs and connections, asked of the CLI."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from towpath.access.deployed_registry import deployed_registry
from towpath.access.registry_access import RegistryAccess
from towpath.cli.connection import OptionsError
from towpath.doctor import pulumi
from towpath.machines.connections import connections
from towpath.settings import Settings, load_settings
from towpath.settings.files import reader
from towpath.ssh.connection import Connection


@dataclass(frozen=True)
class StackContext:
    """What is known of a stack. `name` is its own, without organisation and project."""

    name: str
    project: Path
    settings: Settings
    outputs: dict[str, Any]
    connections: dict[str, Connection]

    @property
    def access(self) -> RegistryAccess:
        """The registry, as the account for writing. Raises OptionsError before the first `up`."""
        found = deployed_registry(self.outputs, self.settings, self.connections)
        if found is None:
            raise OptionsError(f"stack {self.name} exports no registry; run `pulumi up` first")
        return found


def stack_context(stack: str) -> StackContext:
    """Ask for everything. Raises PulumiError, SettingsError."""
    project = pulumi.project_folder(Path.cwd())
    settings = load_settings(pulumi.raw_configuration(project, stack), reader(project))
    outputs: dict[str, Any] = json.loads(pulumi.outputs(project, stack))
    reachable = connections(settings.nodes, reader(project))
    return StackContext(stack.rpartition("/")[2], project, settings, outputs, reachable)
