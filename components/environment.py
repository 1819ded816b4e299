"""`Environment`: a whole environment as one component, for programs other than this project's own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pulumi

from components.composition import Composition
from components.known import known
from components.surroundings import Surroundings
from towpath.settings.loading import NAMESPACE


class EnvironmentArgs(TypedDict, total=False):
    """The groups of docs/settings.md, with the same keys in them. Their values must be known while previewing."""

    nodes: pulumi.Input[Mapping[str, Any]]
    """The machines: how they are reached, and what each is told."""
    proxy: pulumi.Input[Mapping[str, Any]]
    """The proxy of all nodes."""
    registry: pulumi.Input[Mapping[str, Any]]
    """The private registry: a container on a node, or a Deployment in the cluster."""
    accounts: pulumi.Input[Sequence[Mapping[str, Any]]]
    """Who may log in to the registry."""
    images: pulumi.Input[Mapping[str, Any]]
    """The registry's images: what is copied in, deleted, swept away."""
    trust: pulumi.Input[Mapping[str, Any]]
    """Who trusts the registry's CA."""
    cluster: pulumi.Input[Mapping[str, Any]]
    """The Kubernetes cluster; left out: nothing is done in one."""
    namespaces: pulumi.Input[Mapping[str, Any]]
    """Pull secrets in the cluster; left out: none."""
    external_registries: pulumi.Input[Mapping[str, Any]]
    """Logins at registries of providers, by host."""


class Environment(pulumi.ComponentResource):
    """Nodes that pull behind a restricted network, their private registry, its accounts, images and pull secrets.

    Files that its settings name are relative to the program's folder.
    """

    registry: pulumi.Output[dict[str, Any]]
    """`url`, `host` as in image references, `ca_pem`; empty without a registry."""
    credentials: pulumi.Output[dict[str, dict[str, str]]]
    """Account: `username` and `password`; secret."""
    next_rotations: pulumi.Output[dict[str, str]]
    """Account: day from which an `up` rotates it, for those that rotate by time."""
    nodes: pulumi.Output[dict[str, dict[str, str]]]
    """Node: its `address`."""
    external_registries: pulumi.Output[dict[str, dict[str, str]]]
    """Host: when its token `expires`, RFC 3339, empty where nobody knows."""
    pull_secrets: pulumi.Output[dict[str, Any]]
    """`secret`, the name that pods use, and `namespaces`, those that have it."""
    images: pulumi.Output[dict[str, Any]]
    """`mirrored`: digests of copied images; `collected`: what the last collection freed."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the environment. Raises TowpathError, with a line for each setting to mend."""
        super().__init__("towpath:index:Environment", name, {}, opts)
        composition = Composition(_configuration(args), Surroundings(Path.cwd(), self, name))
        found = composition.outputs()
        outputs = {key: pulumi.Output.from_input(found.get(key, {})) for key in _OUTPUTS}
        for key, value in outputs.items():
            setattr(self, key, value)
        self.register_outputs(outputs)
        composition.check()


_OUTPUTS = tuple(Environment.__annotations__)


def _configuration(args: EnvironmentArgs) -> dict[str, str]:
    """Return the settings as a stack's configuration has them."""
    return {
        f"{NAMESPACE}:{group}": json.dumps(known(value, group)) for group, value in args.items() if value is not None
    }
