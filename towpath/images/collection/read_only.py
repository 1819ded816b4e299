"""The configuration of a registry that refuses writes.

Never by an environment variable: some releases panic over it, others ignore it (distribution issues 1736 and 3765).
"""

from typing import Any

import yaml

from towpath.images.collection.errors import CollectionError


def read_only_config(text: str) -> str:
    """Return the server's config file with `storage.maintenance.readonly` on and all else as it is; it holds secrets.

    Raises CollectionError where the text is no configuration of a registry.
    """
    try:
        config: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        config = None
    if not isinstance(config, dict) or not isinstance(config.get("storage"), dict):
        raise CollectionError("the registry's config file has no storage section; run `pulumi up`, which puts it back")
    storage = config["storage"]
    maintenance = {**(storage.get("maintenance") or {}), "readonly": {"enabled": True}}
    changed = {**config, "storage": {**storage, "maintenance": maintenance}}
    return yaml.safe_dump(changed, sort_keys=False, allow_unicode=True)
