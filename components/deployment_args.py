"""What a registry in the cluster is made of, from the stack's settings and parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.certificates import Certificates
from components.credentials import Credentials
from components.deployed_outputs import deployed_outputs
from components.kubernetes_provider import KubernetesCluster
from components.machine import Machine
from components.registry_access import registry_access
from components.registry_deployment import RegistryDeploymentArgs, VolumeMachine
from towpath.machines.document_id import volume_document_id
from towpath.settings.deployment import Deployment
from towpath.settings.settings import Settings


@dataclass(frozen=True)
class StackParts:
    """The parts of a stack that a registry in its cluster needs."""

    machines: Mapping[str, Machine]
    cluster: KubernetesCluster
    certificates: Certificates
    credentials: Credentials
    salt: pulumi.Output[str]
    owner: str
    """What documents on machines are known by."""


def deployment_args(settings: Settings, deployment: Deployment, parts: StackParts) -> RegistryDeploymentArgs:
    """Put it together. Raises TowpathError where the outputs of the last `up` cannot be read."""
    return RegistryDeploymentArgs(
        settings=settings.registry,
        deployment=deployment,
        cluster=parts.cluster,
        address=settings.registry_host,
        certificates=parts.certificates,
        credentials=parts.credentials,
        access=registry_access(settings, parts.certificates, parts.credentials, parts.machines),
        salt=parts.salt,
        volume=_volume(settings, deployment, parts),
        kept_claims=_kept_claims(),
    )


def _kept_claims() -> Sequence[str]:
    """Return those of the last `up`; the program of somebody else may give out anything by that name."""
    registry = deployed_outputs().get("registry")
    return (registry.get("kept_claims") or ()) if isinstance(registry, Mapping) else ()


def _volume(settings: Settings, deployment: Deployment, parts: StackParts) -> VolumeMachine | None:
    volume = deployment.storage.volume
    if volume is None:
        return None
    name = volume_document_id(volume.node, parts.owner)
    return VolumeMachine(parts.machines[volume.node], name, settings.nodes.members[volume.node].gone)
