"""k3s and RKE2: the environment file of each service, and registries.yaml. Their containerd has no unit of its own.

Sources: K3s "Configuring an HTTP proxy" and "Private Registry Configuration", RKE2 "Configuring an HTTP Proxy" and
"Containerd Registry Configuration". Neither can be kept from asking the upstream itself after its mirrors by this file.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from towpath.applier.actors import Actor, Service
from towpath.applier.entries import Block, File, FileEntry
from towpath.nodes import credential_provider
from towpath.nodes.systemd import environment_lines
from towpath.nodes.wish import NodeWish, Runtime

_START_SECONDS = 240


@dataclass(frozen=True)
class _Distribution:
    folder: str
    environment_files: dict[Runtime, str]
    """By service; others own them too (tokens stand in there)."""


_DISTRIBUTIONS = (
    _Distribution(
        "/etc/rancher/k3s",
        {"k3s": "/etc/systemd/system/k3s.service.env", "k3s-agent": "/etc/systemd/system/k3s-agent.service.env"},
    ),
    _Distribution(
        "/etc/rancher/rke2", {"rke2-server": "/etc/default/rke2-server", "rke2-agent": "/etc/default/rke2-agent"}
    ),
)


def rancher_files(wish: NodeWish) -> list[FileEntry]:
    """List what k3s and RKE2 read. A registries.yaml that is not ours is refused: YAML is not merged."""
    return [entry for distribution in _DISTRIBUTIONS for entry in _files(wish, distribution)]


def rancher_services(wish: NodeWish) -> list[Actor]:
    """List the services; they read both files when they start, and leave running pods alone."""
    services: list[Actor] = []
    for distribution in _DISTRIBUTIONS:
        paths = {entry.path for entry in _files(wish, distribution)}
        for service, environment_file in distribution.environment_files.items():
            restart = [path for path in (environment_file, _registries_path(distribution)) if path in paths]
            restart += _provider_paths(wish, service)
            if restart and wish.has(service):
                services.append(Service(service, tuple(restart), timeout_seconds=_START_SECONDS))
    return services


def _provider_paths(wish: NodeWish, service: Runtime) -> list[str]:
    ours = [path for path, names in credential_provider.rancher_configs(wish).items() if service in names]
    return [*ours, credential_provider.CONFIG] if ours else []


def registries_yaml(wish: NodeWish, folder: str) -> str:
    """Render registries.yaml; CAs lie below `folder`. Empty if there is nothing to say."""
    mirrors: dict[str, Any] = {}
    configs: dict[str, Any] = {}
    for registry in wish.registries:
        mirrors[registry.endpoint] = {"endpoint": [f"https://{registry.endpoint}"]}
        _add_tls(configs, registry.endpoint, registry.ca_pem, registry.insecure, folder)
    for upstream in wish.upstreams:
        mirrors[upstream.host] = {"endpoint": [mirror.api_url for mirror in upstream.mirrors]}
        _add_tls(configs, upstream.host, upstream.ca_pem, False, folder)
        for mirror in upstream.mirrors:
            _add_tls(configs, mirror.endpoint, mirror.ca_pem, mirror.skip_verify, folder)
    if not mirrors:
        return ""
    return yaml.safe_dump({"mirrors": mirrors, **({"configs": configs} if configs else {})}, sort_keys=False)


def _files(wish: NodeWish, distribution: _Distribution) -> list[FileEntry]:
    wanted: list[Runtime] = [service for service in distribution.environment_files if wish.has(service)]
    if not wanted:
        return []
    when = ",".join(wanted)
    files: list[FileEntry] = []
    if wish.proxy:
        variables = {f"CONTAINERD_{name}": value for name, value in wish.proxy.environment.items()}
        mode = "0600" if wish.proxy.secrets else None
        files += [
            Block(distribution.environment_files[each], environment_lines(variables), mode, when=each)
            for each in wanted
            if each in wish.proxied
        ]
    if text := registries_yaml(wish, distribution.folder):
        files.append(File(_registries_path(distribution), text, "0600", when=when, replace=False))
        cas = {each.endpoint: each.ca_pem for each in wish.registries}
        cas |= {upstream.host: upstream.ca_pem for upstream in wish.upstreams}
        cas |= {mirror.endpoint: mirror.ca_pem for upstream in wish.upstreams for mirror in upstream.mirrors}
        files += [File(_ca_path(distribution.folder, name), pem, when=when) for name, pem in cas.items() if pem]
    return files


def _registries_path(distribution: _Distribution) -> str:
    return f"{distribution.folder}/registries.yaml"


def _ca_path(folder: str, endpoint: str) -> str:
    return f"{folder}/towpath/{endpoint}.crt"


def _add_tls(configs: dict[str, Any], endpoint: str, ca_pem: str | None, insecure: bool, folder: str) -> None:
    tls: dict[str, Any] = {"ca_file": _ca_path(folder, endpoint)} if ca_pem else {}
    if insecure:
        tls["insecure_skip_verify"] = True
    if tls:
        configs[endpoint] = {"tls": tls}
