"""The private registry."""

import itertools
import re
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from towpath.settings.certificate import Certificate
from towpath.settings.deployment import Deployment
from towpath.settings.types import (
    BaseUrl,
    CertificatesPem,
    ContainerName,
    Folder,
    Host,
    ImageReference,
    Line,
    NumericUser,
    Port,
    RegistryEndpoint,
    ResourceName,
    Section,
)


class RegistryLog(Section):
    """What the server writes, and how much of it is kept."""

    level: Literal["error", "warn", "info", "debug"] = Field("info", description="of the server's log")
    fields: dict[str, Line] = Field(
        default_factory=lambda: {"service": "registry"}, description="added to every line of the log"
    )
    access: bool = Field(True, description="log requests")
    max_size_mib: int = Field(10, ge=1, le=10240, description="size at which a log file is rotated")
    max_files: int = Field(5, ge=1, le=1000, description="rotated log files that are kept")


class RegistryHealth(Section):
    """The server's own check of its storage."""

    interval_seconds: int = Field(10, ge=1, description="between two checks")
    threshold: int = Field(3, ge=1, description="failures in a row before it answers 503")


class Cache(Section):
    """A pull-through cache of one upstream: a registry of its own beside the private one, without deletion.

    It asks for no password, since no runtime can give one to a mirror; it serves what the upstream gives its account.
    """

    port: Port = Field(description="on the registry's node")
    upstream: BaseUrl | None = Field(
        None, description="URL; default: https:// and the host, Docker Hub by its own name"
    )
    upstream_ca_pem: CertificatesPem | None = Field(
        None, description="what signed the upstream's certificate, if not a public CA"
    )
    username: Line | None = Field(None, description="account at the upstream")
    password: SecretStr | None = Field(None, description="secret, of that account")
    keep_days: int = Field(7, ge=1, description="after which an image is asked for again")
    storage_folder: Folder | None = Field(None, description="on the node; default: registry.storage_folder-cache-HOST")

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("has only one of username and password; set both or neither")
        return self


def cache_slug(host: str) -> str:
    """Write an upstream's host so that it can be part of a folder's and a container's name."""
    return re.sub(r"[^a-z0-9.-]", "_", host.lower())


class Registry(Section):
    """The private registry. Defaults are the by-hand procedure's unless unsafe."""

    kind: Literal["container", "deployment", "none"] = Field(
        "container", description="container: on one of the nodes; deployment: in the cluster; none: there is none"
    )
    deployment: Deployment | None = Field(None, description="kind deployment: what the container has not")
    node: ResourceName | None = Field(
        None,
        description="the node it runs on, or whose address leads to the Deployment; may be left out where there is "
        "only one",
    )
    host: Host | None = Field(None, description="the name or address that clients use; default: the node's address")
    port: Port = Field(6000, description="on the node; a Deployment has deployment.exposure.port")
    container_port: Port = Field(443, description="in the container")
    container: ContainerName = Field("registry", description="the container's name")
    image: ImageReference = Field("registry:3", description="a tag, or better name@sha256:…")
    adopt: bool = Field(
        False, description="take over a container of this name that Towpath did not make; a destroy brings it back"
    )
    access: Literal["direct", "ssh"] = Field(
        "direct",
        description="how this program reaches the registry: straight, or through the SSH connection of the registry's "
        "node",
    )
    realm: Line = Field("Registry Realm", description="what a client shows when it asks for a password")
    storage_folder: Folder = Field("/data/registry", description="on the node, where images are kept")
    config_folder: Folder = Field("/etc/towpath/registry", description="on the node, for config.yml, auth and certs")
    user: NumericUser = Field("10001:10001", description="uid:gid the server runs as; 0:0 for images that need root")
    delete_enabled: bool = Field(True, description="let manifests be deleted")
    blob_descriptor_cache: Literal["inmemory", "none"] = Field("inmemory", description="cache of blob sizes")
    log: RegistryLog = Field(default_factory=RegistryLog, description="logging")
    health: RegistryHealth = Field(default_factory=RegistryHealth, description="health checks")
    hosts_entry: bool = Field(
        True, description="where host is a name: write it to every node's /etc/hosts, with the address of its node"
    )
    caches: dict[RegistryEndpoint, Cache] = Field(
        default_factory=dict, description="pull-through caches by upstream host, e.g. docker.io; nodes use them"
    )
    certificate: Certificate = Field(default_factory=Certificate, description="TLS")

    @model_validator(mode="after")
    def _folders_apart(self) -> Self:
        caches = [folder for host in self.caches for folder in self.cache_folders(host)]
        for first, second in itertools.combinations([self.storage_folder, self.config_folder, *caches], 2):
            if f"{first}/".startswith(f"{second}/") or f"{second}/".startswith(f"{first}/"):
                raise ValueError(
                    f"the folders {first} and {second} lie in one another; keep storage and config of the registry and "
                    "of each cache apart: a cache shows what it has to everybody, and a teardown leaves images alone"
                )
        return self

    def cache_folders(self, host: str) -> tuple[str, str]:
        """Return config and storage folder of the cache of an upstream host."""
        slug = cache_slug(host)
        storage = self.caches[host].storage_folder or f"{self.storage_folder}-cache-{slug}"
        return f"{self.config_folder}-cache-{slug}", storage

    @model_validator(mode="after")
    def _ports_apart(self) -> Self:
        ports = [self.port, *(cache.port for cache in self.caches.values())]
        if twice := sorted({port for port in ports if ports.count(port) > 1}):
            raise ValueError(f"port {twice[0]} is taken twice by the registry and its caches; give each its own")
        return self
