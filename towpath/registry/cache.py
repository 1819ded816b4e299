"""A pull-through cache as a container beside the private registry, with its own storage."""

import hashlib
from dataclasses import dataclass, field

from towpath.applier.actors import Actor, Container, HttpsCheck, Port
from towpath.applier.entries import Directory, File, FileEntry
from towpath.nodes.proxy import Proxy
from towpath.registry.config import CONFIG_PATH, render_cache_config
from towpath.registry.container import restart_paths, run_options
from towpath.settings.registry import Cache, Registry, cache_slug

_DIGEST_DIGITS = 12


@dataclass(frozen=True)
class CacheParts:
    """What a cache is made of beside its settings."""

    host: str
    """The upstream as in image references, e.g. `docker.io`."""
    address: str
    """A name in the certificate."""
    chain_pem: str
    private_key_pem: str = field(repr=False)
    ca_pem: str
    http_secret: str = field(repr=False)
    proxy: Proxy | None
    """The way to the upstream."""


def cache_entries(registry: Registry, cache: Cache, parts: CacheParts) -> tuple[FileEntry | Actor, ...]:
    """List the files and the container of one cache."""
    base, storage = registry.cache_folders(parts.host)
    return (*_files(registry, cache, parts, base, storage), _container(registry, cache, parts, base, storage))


def _files(registry: Registry, cache: Cache, parts: CacheParts, base: str, storage: str) -> list[FileEntry]:
    user = registry.user
    config = render_cache_config(registry, parts.host, cache, parts.http_secret)
    files: list[FileEntry] = [
        Directory(base, mode="0755"),
        Directory(f"{base}/config", mode="0500", owner=user),
        Directory(f"{base}/certs", mode="0500", owner=user),
        Directory(storage, mode="0750", owner=user),
        File(f"{base}/config/config.yml", config, mode="0400", owner=user),
        File(f"{base}/certs/certificate.pem", parts.chain_pem, mode="0444", owner=user),
        File(f"{base}/certs/key.pem", parts.private_key_pem, mode="0400", owner=user),
        File(f"{base}/ca.pem", parts.ca_pem, mode="0444"),
        File(_environment_path(base, parts), _environment(parts), mode="0400"),
    ]
    if cache.upstream_ca_pem:
        files.append(File(f"{base}/certs/upstream/ca.pem", cache.upstream_ca_pem, mode="0444"))
    return files


def _container(registry: Registry, cache: Cache, parts: CacheParts, base: str, storage: str) -> Actor:
    upstream_ca = (f"{base}/certs/upstream/ca.pem",) if cache.upstream_ca_pem else ()
    return Container(
        name=f"{registry.container}-cache-{cache_slug(parts.host)}",
        image=registry.image,
        options=(*run_options(registry, base, storage), "--env-file", _environment_path(base, parts)),
        command=("serve", CONFIG_PATH),
        ports=(Port(host=cache.port, container=registry.container_port),),
        restart_on=(*restart_paths(base), *upstream_ca),
        check=HttpsCheck(server=parts.address, port=cache.port, ca=f"{base}/ca.pem", path="/v2/"),
    )


def _environment(parts: CacheParts) -> str:
    """Render the environment: a file, since the proxy may have a password.

    SSL_CERT_DIR adds the upstream's own CA to the public ones (Go crypto/x509).
    """
    variables = {**(parts.proxy.environment if parts.proxy else {}), "SSL_CERT_DIR": "/etc/ssl/certs:/certs/upstream"}
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def _environment_path(base: str, parts: CacheParts) -> str:
    """Docker reads the file when it makes a container, so another content is another path, and another container."""
    digest = hashlib.sha256(f"{parts.http_secret}\0{_environment(parts)}".encode()).hexdigest()
    return f"{base}/environment-{digest[:_DIGEST_DIGITS]}"
