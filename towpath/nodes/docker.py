"""Docker: drop-in or daemon.json for the proxy, daemon.json's keys, certs.d.

Sources: Docker's "Daemon proxy configuration", "dockerd" reference ("Configuration reload behavior": SIGHUP takes
insecure-registries, registry-mirrors and live-restore, not the proxy), "Verify repository client with certificates".
"""

from towpath.applier.actors import Actor, Service
from towpath.applier.entries import Block, File, FileEntry, Flags, Json, JsonKeys
from towpath.nodes.systemd import drop_in_path, environment_drop_in, environment_lines
from towpath.nodes.wish import NodeWish

DAEMON_JSON = "/etc/docker/daemon.json"
CERTS = "/etc/docker/certs.d"
_CONF_D = "/etc/conf.d/docker"
_FLAGS = {
    "insecure-registries": "--insecure-registry",
    "registry-mirrors": "--registry-mirror",
    "live-restore": "--live-restore",
}
_UNITED = frozenset({"insecure-registries", "registry-mirrors"})
_VALIDATE = """dockerd --help 2>/dev/null | grep -q -- --validate || exit 0
dockerd --validate --config-file "$1"
"""


def docker_files(wish: NodeWish) -> list[FileEntry]:
    """List what Docker reads."""
    if not wish.has("docker"):
        return []
    return [*_proxy_files(wish), *_daemon_json(wish), *_certificates(wish)]


def docker_service(wish: NodeWish) -> list[Actor]:
    """List the service with what restarts it and what it can take while it runs."""
    if not wish.has("docker"):
        return []
    paths = [entry.path for entry in docker_files(wish)]
    keys = [f"{DAEMON_JSON}#{key}" for key in daemon_keys(wish)]
    restart = [path for path in paths if path == drop_in_path("docker") or path == _CONF_D]
    restart += [key for key in keys if key.endswith("#proxies")]
    reload = [key for key in keys if not key.endswith("#proxies")]
    if not restart and not reload:
        return []
    return [Service("docker", tuple(restart), tuple(reload), check="docker info >/dev/null")]


def daemon_keys(wish: NodeWish) -> dict[str, Json]:
    """Return our members of daemon.json. `registry-mirrors` is for Docker Hub alone: Docker knows no others."""
    keys: dict[str, Json] = {}
    insecure = [*wish.insecure_registries, *(each.endpoint for each in wish.registries if each.insecure)]
    mirrors: list[Json] = []
    for upstream in wish.upstreams:
        for mirror in upstream.mirrors:
            if upstream.host == "docker.io" and not mirror.path:
                mirrors.append(mirror.url.rstrip("/"))
                insecure += [mirror.endpoint] if mirror.plain else []
    if insecure:
        keys["insecure-registries"] = list[Json](dict.fromkeys(insecure))
    if mirrors:
        keys["registry-mirrors"] = mirrors
    if wish.live_restore is not None:
        keys["live-restore"] = wish.live_restore
    if wish.proxy and "docker" in wish.proxied and wish.docker_proxy == "daemon.json":
        pairs = {
            "http-proxy": wish.proxy.http,
            "https-proxy": wish.proxy.https,
            "no-proxy": ",".join(wish.proxy.no_proxy),
        }
        keys["proxies"] = {name: value for name, value in pairs.items() if value}
    return keys


def _daemon_json(wish: NodeWish) -> list[FileEntry]:
    keys = daemon_keys(wish)
    if not keys:
        return []
    secret = wish.proxy is not None and "proxies" in keys and bool(wish.proxy.secrets)
    return [
        JsonKeys(
            DAEMON_JSON,
            keys,
            _UNITED,
            mode="0600" if secret else None,
            when="docker",
            flags=Flags("docker", "dockerd", _FLAGS),
            validate=_VALIDATE,
        )
    ]


def _proxy_files(wish: NodeWish) -> list[FileEntry]:
    if wish.proxy is None or "docker" not in wish.proxied or wish.docker_proxy != "drop-in":
        return []
    variables = wish.proxy.environment
    return [
        File(drop_in_path("docker"), environment_drop_in(variables), wish.proxy.mode, when="docker+systemd"),
        Block(
            _CONF_D,
            environment_lines(variables, "export "),
            mode="0600" if wish.proxy.secrets else None,
            when="docker+openrc",
        ),
    ]


def _certificates(wish: NodeWish) -> list[FileEntry]:
    """CAs by host and port. Docker reads them at each pull, so nothing restarts."""
    cas = {each.endpoint: each.ca_pem for each in wish.registries if each.ca_pem and wish.trust_docker}
    for upstream in wish.upstreams:
        if upstream.ca_pem:
            cas[upstream.host] = upstream.ca_pem
        if upstream.host == "docker.io":
            cas |= {mirror.endpoint: mirror.ca_pem for mirror in upstream.mirrors if mirror.ca_pem}
    return [File(f"{CERTS}/{endpoint}/ca.crt", pem, when="docker") for endpoint, pem in cas.items()]
