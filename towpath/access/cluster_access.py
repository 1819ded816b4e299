"""The stack's cluster as a `ClusterAccess`, from its settings."""

from collections.abc import Mapping
from pathlib import PurePath

from towpath.access.kubeconfig_route import whole_kubeconfig
from towpath.cluster.access import ClusterAccess
from towpath.settings.cluster import kubeconfig_text
from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection


def cluster_access(settings: Settings, connections: Mapping[str, Connection], read: ReadFile) -> ClusterAccess | None:
    """Return the way to the cluster, files that its kubeconfig names put into it; None: the stack has no cluster.

    Raises SettingsError and KubeconfigError.
    """
    cluster = settings.cluster
    if cluster is None:
        return None
    folder = str(PurePath(cluster.kubeconfig_file or "").parent)
    text = whole_kubeconfig(kubeconfig_text(cluster, read), folder, read)
    node = settings.cluster_node
    return ClusterAccess(text, cluster.context, connections[node] if node else None)
