"""Settings of a stack whose registry is in the cluster, for tests of what is rendered from them."""

import json
from typing import Any

from towpath.settings import Settings, load_settings

NODES = {"members": {"a": {"address": "10.0.0.1"}, "b": {"address": "10.0.0.2"}}}
S3 = {"bucket": "images", "endpoint": "https://s3.test", "access_key": "the-key", "secret_key": "the-secret"}


def stack(
    deployment: dict[str, Any] | None = None, *, nodes: Any = NODES, cluster: Any = None, **registry: Any
) -> Settings:
    """Load a stack of two nodes; `registry` are keys of its registry beside the Deployment's own."""
    groups = {
        "nodes": nodes,
        "registry": {"kind": "deployment", "node": "a", "deployment": deployment or {}, **registry},
        "accounts": [{"name": "ci"}],
        "cluster": {"kubeconfig_file": "kubeconfig"} if cluster is None else cluster,
    }
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items() if group})
