"""The way of resources to the cluster: the kubernetes plugin, configured from the stack's settings."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

import pulumi

from components.surroundings import OWN_PROGRAM, Surroundings
from towpath.access.kubeconfig_route import rerouted, whole_kubeconfig
from towpath.access.tunnel import open_tunnel, usual_port
from towpath.cluster.kubeconfig import read_context
from towpath.settings.cluster import kubeconfig_text
from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

if TYPE_CHECKING:
    import pulumi_kubernetes as kubernetes


class KubernetesCluster:
    """The stack's cluster, with a provider that is registered when something first needs it."""

    def __init__(
        self, kubeconfig: str, server: str, context: str | None = None, surroundings: Surroundings = OWN_PROGRAM
    ) -> None:
        """Take the content of a kubeconfig (secret) by which this machine reaches the cluster.

        `server` is the API server's own address, by which one cluster is told from another: what a stack has in one
        stays there as long as it is the same, whatever the way there.
        """
        self._kubeconfig = kubeconfig
        self._server = server
        self._context = context
        self._in = surroundings

    @cached_property
    def provider(self) -> "kubernetes.Provider":
        """For objects that are the stack's own: what others made under their name is an error."""
        return self._registered("cluster", take_over=False)

    @cached_property
    def taking_over(self) -> "kubernetes.Provider":
        """For objects that an earlier destroy left: those that are there become the stack's again."""
        return self._registered("cluster-taking-over", take_over=True)

    def _registered(self, name: str, *, take_over: bool) -> "kubernetes.Provider":
        import pulumi_kubernetes as kubernetes  # noqa: PLC0415 most of a second to import, and many stacks need none

        return kubernetes.Provider(
            self._in.named(name),
            kubeconfig=pulumi.Output.secret(self._kubeconfig),
            context=self._context,
            cluster_identifier=self._server,
            enable_server_side_apply=True,
            # Replaced ones would be away for a moment.
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            upsert_existing_objects=True if take_over else None,
            opts=self._in.options(),
        )


def kubernetes_cluster(
    settings: Settings, connections: Mapping[str, Connection], read: ReadFile, surroundings: Surroundings = OWN_PROGRAM
) -> KubernetesCluster | None:
    """Read the kubeconfig, and open the way to the API server where a node leads there; None without a cluster.

    Raises SettingsError and KubeconfigError, and TunnelError where the node does not lead there.
    """
    cluster, node = settings.cluster, settings.cluster_node
    if cluster is None:
        return None
    folder = str(PurePath(cluster.kubeconfig_file or "").parent)
    text = whole_kubeconfig(kubeconfig_text(cluster, read), folder, read)
    context = read_context(text, cluster.context)
    if node is not None:
        wished = usual_port(pulumi.get_project(), pulumi.get_stack(), context.server)
        # The language host is this process's parent, and is there until the last resource is deleted.
        port = open_tunnel(connections[node], context.host, context.port, wished, needed_by=os.getppid())
        text = rerouted(text, cluster.context, port)
    return KubernetesCluster(text, context.server, cluster.context, surroundings)
