"""The server's config file, rendered whole.

Format: "Configuring a registry" of the CNCF distribution project; the keys used here mean the same to 2.8 and 3.x.
Settings are never patched by environment variables: some of those panic the server or are ignored (distribution
issues 1736 and 3765).
"""

from typing import Any

import yaml

from towpath.settings.deployment import Deployment, Redis
from towpath.settings.deployment_storage import S3
from towpath.settings.registry import Cache, Registry

CONFIG_PATH = "/etc/registry/config.yml"
"""Where the config file is in the container; named on the command line, since 2.x and 3.x differ in their default."""
HTPASSWD_PATH = "/auth/htpasswd"
CERTIFICATE_PATH = "/certs/certificate.pem"
KEY_PATH = "/certs/key.pem"
STORAGE_PATH = "/var/lib/registry"
POD_PORT = 5000
"""Where the server listens in a pod: a user other than root may not listen below 1024 on every runtime."""
REDIS_CA_PATH = "/certs/redis-ca.pem"
SERVED_BY = "X-Towpath-Served-By"
"""The header by which a client tells the registry's pods from a container that still has the same address and port."""
PODS = "pods"


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


def render_deployment_config(registry: Registry, deployment: Deployment, http_secret: str) -> str:
    """Render config.yml of the private registry in the cluster. It may hold S3's and Redis's secrets too.

    Replicas do not see what the others have cached; so with several, only a cache that all of them share is used.
    """
    config = _shared(registry, http_secret)
    s3, redis = deployment.storage.s3, deployment.redis
    config["http"] |= {"addr": f":{POD_PORT}", "draintimeout": f"{deployment.drain.timeout_seconds}s"}
    config["http"]["headers"] |= {SERVED_BY: [PODS]}
    storage: dict[str, Any] = {"s3": _s3(s3)} if s3 else {"filesystem": {"rootdirectory": STORAGE_PATH}}
    storage["delete"] = {"enabled": registry.delete_enabled}
    storage["redirect"] = {"disable": not (s3 and s3.redirect)}
    if redis:
        storage["cache"] = {"blobdescriptor": "redis"}
        config["redis"] = _redis(redis)
    elif deployment.replicas == 1 and registry.blob_descriptor_cache != "none":
        storage["cache"] = {"blobdescriptor": registry.blob_descriptor_cache}
    auth = {"htpasswd": {"realm": registry.realm, "path": HTPASSWD_PATH}}
    return _dump(config | {"storage": storage, "auth": auth})


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


def _s3(s3: S3) -> dict[str, Any]:
    """Render the parameters of the `s3` storage driver (its own documentation page)."""
    parameters: dict[str, Any] = {
        "region": s3.region,
        "bucket": s3.bucket,
        "forcepathstyle": s3.path_style,
        "chunksize": s3.chunk_size_mib * 1024 * 1024,
        "encrypt": s3.encrypt,
    }
    if s3.endpoint is not None:
        parameters |= {"regionendpoint": s3.endpoint, "secure": s3.endpoint.startswith("https:")}
    if s3.access_key is not None and s3.secret_key is not None:
        parameters |= {"accesskey": s3.access_key.get_secret_value(), "secretkey": s3.secret_key.get_secret_value()}
    if s3.root_directory is not None:
        parameters["rootdirectory"] = s3.root_directory
    return parameters


def _redis(redis: Redis) -> dict[str, Any]:
    options: dict[str, Any] = {"addrs": [redis.address], "db": redis.database}
    if redis.username is not None:
        options["username"] = redis.username
    if redis.password is not None:
        options["password"] = redis.password.get_secret_value()
    if redis.tls_ca_pem is not None:
        options["tls"] = {"rootcas": [REDIS_CA_PATH]}
    return options


def _upstream_url(host: str) -> str:
    return "https://registry-1.docker.io" if host == "docker.io" else f"https://{host}"


def _dump(config: dict[str, Any]) -> str:
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
