"""From settings to an environment: what this project's program and the component for other programs share."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.kubernetes_provider import kubernetes_cluster
from components.stack import Stack
from components.surroundings import Surroundings
from towpath.access.namespaces import ask_for_namespaces
from towpath.access.registry_in_cluster import put_back_interrupted
from towpath.machines.connections import connections
from towpath.machines.preflight import Preflight
from towpath.machines.rehearsal import rehearse
from towpath.settings import load_settings
from towpath.settings.files import reader


class Composition:
    """An environment as its settings say: no resource is registered before they are found to hold."""

    def __init__(self, configuration: Mapping[str, str], surroundings: Surroundings) -> None:
        """Register everything. `configuration` maps `towpath:GROUP` to JSON; raises TowpathError."""
        read = reader(surroundings.project)
        self._settings = load_settings(configuration, read)
        reachable = connections(self._settings.nodes, read)
        rehearse(self._settings)
        self._preflight = Preflight(self._settings, reachable, dry_run=pulumi.runtime.is_dry_run())
        if not pulumi.runtime.is_dry_run():
            put_back_interrupted(self._settings, reachable, read, pulumi.log.warn)
        self._stack = Stack(
            self._settings,
            reachable,
            self._preflight.unreachable,
            kubernetes_cluster(self._settings, reachable, read, surroundings),
            ask_for_namespaces(self._settings, reachable, read, surroundings.owner),
            surroundings,
        )

    def outputs(self) -> dict[str, Any]:
        """Return what others need, by name; a part that the settings leave out has none."""
        stack = self._stack
        found: dict[str, Any] = {}
        if registry := stack.registry:
            kept = {"kept_claims": stack.kept_claims} if stack.kept_claims else {}
            found["registry"] = {"url": registry.url, "host": registry.host, "ca_pem": registry.ca_pem, **kept}
        if stack.credentials:
            found["credentials"] = stack.credentials.logins
            if stack.credentials.next_rotations:
                found["next_rotations"] = stack.credentials.next_rotations
        members = self._settings.nodes.members
        found["nodes"] = {name: {"address": members[name].address} for name in stack.nodes}
        if stack.external:
            ends = stack.external.expiries.items()
            found["external_registries"] = {host: {"expires": expires} for host, expires in ends}
        if stack.pull_secrets and self._settings.namespaces:
            secret = self._settings.namespaces.secret
            found["pull_secrets"] = {"secret": secret, "namespaces": stack.pull_secrets.namespaces}
        if images := stack.images.outputs:
            found["images"] = images
        return found

    def check(self) -> None:
        """Raise TowpathError for machines that refuse, and for what could not be begun, once all else is."""
        self._preflight.check()
        self._stack.check()
