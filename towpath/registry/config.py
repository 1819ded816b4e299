"""The server's config file, rendered whole.

Format: "Configuring a registry" of the CNCF distribution project; the keys used here mean the same to 2.8 and 3.x.
Settings are never patched by environment variables: some of those panic the server or are ignored (distribution
issues 1736 and 3765).
"""

from typing import Any

import yaml

from towpath.settings.registry import Cache, Registry

CONFIG_PATH = "/etc/registry/config.yml"
"""Where the config file is in the container; named on the command line, since 2.x and 3.x differ in their default."""
HTPASSWD_PATH = "/auth/htpasswd"
CERTIFICATE_PATH = "/certs/certificate.pem"
KEY_PATH = "/certs/key.pem"
STORAGE_PATH = "/var/lib/registry"


def render_config(registry: Registry, http_secret: str) -> str:
    """Render config.yml of the private registry. It holds a secret, which signs upload states (mode 0600)."""
    storage: dict[str, Any] = {
        "filesystem": {"rootdirectory": STORAGE_PATH},
        "delete": {"enabled": registry.delete_enabled},
    }
    if registry.blob_descriptor_cache != "none":
        storage["cache"] = {"blobdescriptor": registry.blob_descriptor_cache}
    auth = {"htpasswd": {"realm": registry.realm, "path": HTPASSWD_PATH}}
    return _dump(_shared(registry, http_secret) | {"storage": storage, "auth": auth})


def render_cache_config(registry: Registry, host: str, cache: Cache, http_secret: str) -> str:
    """Render config.yml of the pull-through cache of the upstream `host`; it may hold the account's password.

    A cache refuses pushes and deletions by itself, and removes what is older than `ttl`.
    """
    proxy: dict[str, Any] = {"remoteurl": cache.upstream or _upstream_url(host), "ttl": f"{cache.keep_days * 24}h"}
    if cache.username is not None and cache.password is not None:
        proxy |= {"username": cache.username, "password": cache.password.get_secret_value()}
    storage = {"filesystem": {"rootdirectory": STORAGE_PATH}, "delete": {"enabled": True}}
    return _dump(_shared(registry, http_secret) | {"storage": storage, "proxy": proxy})


def _shared(registry: Registry, http_secret: str) -> dict[str, Any]:
    return {
        "version": 0.1,
        "log": {
            "level": registry.log.level,
            "fields": dict(registry.log.fields),
            "accesslog": {"disabled": not registry.log.access},
        },
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


def _upstream_url(host: str) -> str:
    return "https://registry-1.docker.io" if host == "docker.io" else f"https://{host}"


def _dump(config: dict[str, Any]) -> str:
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
