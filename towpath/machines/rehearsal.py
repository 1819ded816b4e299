"""Render every document once before anything is registered: what no machine can carry is said with its setting."""

from towpath.applier.document import Document
from towpath.applier.errors import DocumentError
from towpath.errors import SettingsError
from towpath.machines.wishes import node_proxy, node_wish
from towpath.nodes.errors import NodeError
from towpath.nodes.node import node_document
from towpath.registry.cache import CacheParts, cache_entries
from towpath.registry.container import Probe, RegistryFiles, registry_container, registry_files
from towpath.registry.deployment.exposure import ingress
from towpath.registry.deployment.node_folder import folder_entries
from towpath.registry.deployment.secrets import DeploymentParts, contents
from towpath.registry.deployment.workload import workload
from towpath.settings.deployment import Deployment
from towpath.settings.settings import Settings

PLACEHOLDER_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
"""Stands for a certificate that is not made yet."""


def rehearse(settings: Settings) -> None:
    """Render the documents of all nodes, the registry and its caches with placeholders for what is not known yet.

    Raises SettingsError.
    """
    findings = []
    for name in settings.nodes.members:
        try:
            node_document(node_wish(settings, name, PLACEHOLDER_PEM)).render()
        except (NodeError, DocumentError) as error:
            findings.append(f"towpath:nodes.members.{name}: {error}")
    try:
        if settings.deployment:
            _deployment(settings, settings.deployment)
        elif settings.has_registry:
            _registry_document(settings)
        if settings.registry.caches:
            _cache_documents(settings)
    except (NodeError, DocumentError) as error:
        findings.append(f"towpath:registry: {error}")
    if findings:
        raise SettingsError(findings)


def _registry_document(settings: Settings) -> None:
    registry, pem = settings.registry, PLACEHOLDER_PEM
    files = registry_files(registry, RegistryFiles("", "", pem, pem, pem))
    Document(
        "rehearsal", (*files, registry_container(registry, Probe(settings.registry_host, "user", "word")))
    ).render()


def _deployment(settings: Settings, deployment: Deployment) -> None:
    registry, pem = settings.registry, PLACEHOLDER_PEM
    contents(registry, deployment, DeploymentParts("secret", "", pem, pem, pem))
    workload(registry, deployment, {})
    ingress(deployment, settings.registry_host)
    if volume := deployment.storage.volume:
        Document("rehearsal", folder_entries(volume.folder, registry.user)).render()


def _cache_documents(settings: Settings) -> None:
    registry, pem = settings.registry, PLACEHOLDER_PEM
    node = settings.nodes.members[settings.registry_node]
    proxy = node_proxy(settings, node, settings.nodes.setup_of(node))
    for host, cache in registry.caches.items():
        parts = CacheParts(host, settings.cache_host, pem, pem, pem, "secret", proxy)
        Document("rehearsal", cache_entries(registry, cache, parts)).render()
