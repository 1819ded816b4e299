"""containerd: config_path, one hosts.toml a registry, drop-in for the proxy.

Sources: containerd's docs/hosts.md and docs/cri/registry.md (`config_path` and `mirrors` exclude each other; a restart
is needed for config_path, none for hosts.toml), docs/PLUGINS.md for the plugins' names by config version.
"""

import json

from towpath.applier.actors import Actor, Service
from towpath.applier.entries import Block, File, FileEntry, TomlForbidden, TomlKey, TomlKeys
from towpath.nodes.registries import PrivateRegistry, Upstream
from towpath.nodes.systemd import drop_in_path, environment_drop_in, environment_lines
from towpath.nodes.wish import NodeWish

CONFIG = "/etc/containerd/config.toml"
CERTS = "@certs.d@"
_DEFAULT_CERTS = "/etc/containerd/certs.d"
_CONF_D = "/etc/conf.d/containerd"
_TABLES = {
    "1": "plugins.cri.registry",
    "2": 'plugins."io.containerd.grpc.v1.cri".registry',
    "3": 'plugins."io.containerd.cri.v1.images".registry',
}
_UPSTREAM_SERVERS = {"docker.io": "https://registry-1.docker.io"}


def containerd_files(wish: NodeWish) -> list[FileEntry]:
    """List what containerd reads."""
    if not wish.has("containerd"):
        return []
    registries = [file for each in _registries(wish) for file in _registry_files(each)]
    upstreams = [file for each in wish.upstreams for file in _upstream_files(each)]
    config = [_config()] if registries or upstreams else []
    return [*_proxy_files(wish), *config, *registries, *upstreams]


def containerd_service(wish: NodeWish) -> list[Actor]:
    """List the service with what restarts it: drop-in and config_path. hosts.toml is read at each pull."""
    restart = tuple(
        entry.path for entry in containerd_files(wish) if entry.path in {drop_in_path("containerd"), _CONF_D, CONFIG}
    )
    return [Service("containerd", restart, check="ctr version >/dev/null")] if restart else []


def hosts_toml(server: str, hosts: list[tuple[str, list[str]]], root: list[str]) -> str:
    """Render a hosts.toml: the server with its own lines, then each host with its own, in the order they are tried.

    containerd 1.6 and 1.7 refuse a file without any host table and go on without it, its CA too
    (remotes/docker/config/hosts.go), so that a server without other hosts stands as a host as well.
    """
    lines = [f"server = {_string(server)}", *root]
    for url, settings in hosts or [(server, root)]:
        lines += ["", f"[host.{_string(url)}]", *(f"  {line}" for line in settings)]
    return "\n".join(lines) + "\n"


def _registries(wish: NodeWish) -> list[PrivateRegistry]:
    return [each for each in wish.registries if each.insecure or (each.ca_pem and wish.trust_containerd)]


def _config() -> TomlKeys:
    keys = tuple(
        TomlKey(table, "config_path", _string(_DEFAULT_CERTS), version, True) for version, table in _TABLES.items()
    )
    forbidden = tuple(
        TomlForbidden(f"{table}.{excluded}", message, version)
        for version, table in _TABLES.items()
        for excluded, message in (
            ("mirrors", "has registry.mirrors, which cannot stand beside config_path; move them to the settings"),
            (
                "configs.*.tls",
                "has registry.configs.….tls, which cannot stand beside config_path; move it to the settings",
            ),
        )
    )
    return TomlKeys(CONFIG, keys, forbidden, first_line="version = 2", when="containerd", validate=_VALIDATE)


_VALIDATE = 'containerd --config "$1" config dump >/dev/null\n'


def _registry_files(registry: PrivateRegistry) -> list[FileEntry]:
    folder = f"{CERTS}/{registry.endpoint}"
    root = ['capabilities = ["pull", "resolve", "push"]']
    files: list[FileEntry] = []
    if registry.ca_pem:
        files.append(File(f"{folder}/ca.crt", registry.ca_pem, when="containerd"))
        root.append('ca = "ca.crt"')
    if registry.insecure:
        root.append("skip_verify = true")
    text = hosts_toml(f"https://{registry.endpoint}", [], root)
    return [*files, File(f"{folder}/hosts.toml", text, when="containerd")]


def _upstream_files(upstream: Upstream) -> list[FileEntry]:
    folder = f"{CERTS}/{upstream.host}"
    files: list[FileEntry] = []
    hosts = []
    for number, mirror in enumerate(upstream.mirrors, 1):
        settings = ['capabilities = ["pull", "resolve"]']
        if mirror.ca_pem:
            files.append(File(f"{folder}/mirror-{number}.crt", mirror.ca_pem, when="containerd"))
            settings.append(f'ca = "mirror-{number}.crt"')
        if mirror.skip_verify:
            settings.append("skip_verify = true")
        if mirror.path:
            settings.append("override_path = true")
        hosts.append((mirror.api_url, settings))
    if upstream.fallback:
        server, root = _UPSTREAM_SERVERS.get(upstream.host, f"https://{upstream.host}"), []
        if upstream.ca_pem:
            files.append(File(f"{folder}/ca.crt", upstream.ca_pem, when="containerd"))
            root = ['ca = "ca.crt"']
        text = hosts_toml(server, hosts, root)
    else:
        # The server is asked last, whatever it is: so it is the last mirror, with that one's settings.
        url, settings = hosts[-1]
        text = hosts_toml(url, hosts, settings)
    return [*files, File(f"{folder}/hosts.toml", text, when="containerd")]


def _proxy_files(wish: NodeWish) -> list[FileEntry]:
    if wish.proxy is None or "containerd" not in wish.proxied:
        return []
    variables = wish.proxy.environment
    return [
        File(drop_in_path("containerd"), environment_drop_in(variables), wish.proxy.mode, when="containerd+systemd"),
        Block(
            _CONF_D,
            environment_lines(variables, "export "),
            mode="0600" if wish.proxy.secrets else None,
            when="containerd+openrc",
        ),
    ]


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
