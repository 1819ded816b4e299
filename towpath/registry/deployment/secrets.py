"""What the pods read: config, htpasswd, certificate and key, each a Secret; and what tells that one has changed."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from towpath.registry.config import render_deployment_config
from towpath.registry.deployment.naming import Manifest, metadata
from towpath.settings.deployment import Deployment
from towpath.settings.registry import Registry

CONFIG, HTPASSWD, TLS = "config", "htpasswd", "tls"
SECRETS = (CONFIG, HTPASSWD, TLS)
CHECKSUM = "checksum.towpath.dev"
_DIGITS = 16


@dataclass(frozen=True)
class DeploymentParts:
    """What is made for a Deployment beside its settings."""

    http_secret: str = field(repr=False)
    htpasswd: str = field(repr=False)
    chain_pem: str
    private_key_pem: str = field(repr=False)
    ca_pem: str


def secret_name(deployment: Deployment, kind: str) -> str:
    """Return the name of one of `SECRETS`."""
    return f"{deployment.name}-{kind}"


def secret(deployment: Deployment, kind: str) -> Manifest:
    """Render one of `SECRETS` without its content."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(deployment, f"-{kind}"),
        "type": "kubernetes.io/tls" if kind == TLS else "Opaque",
    }


def contents(registry: Registry, deployment: Deployment, parts: DeploymentParts) -> dict[str, dict[str, str]]:
    """Return the text of every file, by Secret and key."""
    s3, redis = deployment.storage.s3, deployment.redis
    tls = {"tls.crt": parts.chain_pem, "tls.key": parts.private_key_pem, "ca.crt": parts.ca_pem}
    if s3 and s3.ca_pem:
        tls["s3-ca.pem"] = s3.ca_pem
    if redis and redis.tls_ca_pem:
        tls["redis-ca.pem"] = redis.tls_ca_pem
    return {
        CONFIG: {"config.yml": render_deployment_config(registry, deployment, parts.http_secret)},
        HTPASSWD: {"htpasswd": parts.htpasswd},
        TLS: tls,
    }


def checksum(files: Mapping[str, str], salt: str) -> str:
    """Return what changes exactly when a Secret's content does, and does not help to guess it."""
    text = "\0".join(f"{name}\0{files[name]}" for name in sorted(files))
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
