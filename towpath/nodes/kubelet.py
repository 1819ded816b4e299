"""kubelet: a proxy of its own, only if it is asked for (credential plugins): images are pulled by its runtime.

Its connection to the API server takes the same proxy, so that NO_PROXY must name the API server.
"""

from towpath.applier.actors import Actor, Service
from towpath.applier.entries import File, FileEntry
from towpath.nodes import credential_provider
from towpath.nodes.systemd import drop_in_path, environment_drop_in
from towpath.nodes.wish import NodeWish

_SETTLE_SECONDS = 3
"""kubelet counts as active before it has read its configuration."""


def kubelet_files(wish: NodeWish) -> list[FileEntry]:
    """List kubelet's drop-in."""
    if wish.proxy is None or "kubelet" not in wish.proxied or not wish.has("kubelet"):
        return []
    text = environment_drop_in(wish.proxy.environment)
    return [File(drop_in_path("kubelet"), text, wish.proxy.mode, when="kubelet+systemd")]


def kubelet_service(wish: NodeWish) -> list[Actor]:
    """List kubelet's service; pods go on while it restarts."""
    provider = credential_provider.restart_paths(wish) if wish.has("kubelet") else []
    paths = (*(entry.path for entry in kubelet_files(wish)), *provider)
    check = credential_provider.CHECK if provider else None
    return [Service("kubelet", paths, check=check, settle_seconds=_SETTLE_SECONDS)] if paths else []
