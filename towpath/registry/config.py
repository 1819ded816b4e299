"""The server's config file, rendered whole.

Format: "Configuring a registry" of the CNCF distribution project; the keys used here mean the same to 2.8 and 3.x.
Settings are never patched by environment variables: some of those panic the server or are ignored (distribution
issues 1736 and 3765).
"""

from typing import Any

import yaml

from towpath.settings.registry import Registry

CONFIG_PATH = "/etc/registry/config.yml"
"""Where the config file is in the container; named on the command line, since 2.x and 3.x differ in their default."""
HTPASSWD_PATH = "/auth/htpasswd"
CERTIFICATE_PATH = "/certs/certificate.pem"
KEY_PATH = "/certs/key.pem"
STORAGE_PATH = "/var/lib/registry"


def render_config(registry: Registry, http_secret: str) -> str:
    """Render config.yml. `http_secret` signs upload states, so the file holds a secret (mode 0600)."""
    storage: dict[str, Any] = {
        "filesystem": {"rootdirectory": STORAGE_PATH},
        "delete": {"enabled": registry.delete_enabled},
    }
    if registry.blob_descriptor_cache != "none":
        storage["cache"] = {"blobdescriptor": registry.blob_descriptor_cache}
    config = {
        "version": 0.1,
        "log": {
            "level": registry.log.level,
            "fields": dict(registry.log.fields),
            "accesslog": {"disabled": not registry.log.access},
        },
        "storage": storage,
        "auth": {"htpasswd": {"realm": registry.realm, "path": HTPASSWD_PATH}},
        "http": {
            "addr": f"0.0.0.0:{registry.container_port}",
            "secret": http_secret,
            "tls": {"certificate": CERTIFICATE_PATH, "key": KEY_PATH, "minimumtls": "tls1.2"},
            "headers": {"X-Content-Type-Options": ["nosniff"]},
        },
        "health": {
            "storagedriver": {
                "enabled": True,
                "interval": f"{registry.health.interval_seconds}s",
                "threshold": registry.health.threshold,
            }
        },
    }
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
