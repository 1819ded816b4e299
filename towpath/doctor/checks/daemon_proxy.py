"""The proxy that a running daemon really has, against the one it is to have.

A daemon reads its environment when it starts: a drop-in that is right says nothing about a daemon that is older.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from towpath.doctor.answer import DockerProxies, Unit
from towpath.doctor.finding import Finding, fail, ok, skipped, warn
from towpath.doctor.redaction import place_of
from towpath.nodes.proxy import Proxy
from towpath.nodes.systemd import drop_in_path
from towpath.nodes.wish import NodeWish, Runtime

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_EMBEDDED = frozenset({"k3s", "k3s-agent", "rke2-server", "rke2-agent"})
"""Those hand CONTAINERD_* on to the containerd inside them."""
_SHOWN = 5


@dataclass(frozen=True)
class Daemon:
    """What is known of one running daemon."""

    runtime: Runtime
    unit: Unit
    systemd: bool
    docker: DockerProxies | None = None
    wrong_paths: Collection[str] = ()
    """Paths of the node's set-up that are not as wanted."""


def proxy_check(runtime: str) -> str:
    """Name the check."""
    return f"proxy of {runtime}"


def daemon_proxy_finding(daemon: Daemon, wish: NodeWish, repair: str) -> Finding:
    """Judge one daemon."""
    check = proxy_check(daemon.runtime)
    wanted = wish.proxy if wish.proxy and daemon.runtime in wish.proxied else None
    if daemon.runtime == "docker" and wanted and wish.docker_proxy == "daemon.json":
        return _by_daemon_json(check, daemon, wanted, repair)
    running = _variables(daemon.unit.running, daemon.runtime)
    if wanted is None:
        return _unwanted(check, daemon.runtime, running)
    wrong = _differences(running, wanted.environment)
    if not wrong:
        return ok(check, f"as wanted, {place_of(wanted.https or wanted.http or '')}")
    return _explained(check, daemon, wanted, "; ".join(wrong), repair)


def _unwanted(check: str, runtime: str, running: Mapping[str, str]) -> Finding:
    strange = [f"{name} {place_of(value)}" for name, value in running.items() if name != "NO_PROXY"]
    if not strange:
        return ok(check, "none, as wanted")
    way_out = f"see `systemctl cat {runtime}`: take it out there, or put it into towpath:proxy"
    return warn(check, f"one that the settings do not know: {', '.join(strange)}", way_out)


def _explained(check: str, daemon: Daemon, wanted: Proxy, wrong: str, repair: str) -> Finding:
    """Say why the environment is not as wanted: the file, a daemon that is older than it, or another file."""
    name = daemon.runtime
    if _files_of(name) & {path.partition("#")[0] for path in daemon.wrong_paths}:
        return fail(check, f"its file is not as wanted either: {wrong}", repair)
    if daemon.unit.needs_reload:
        way_out = f"systemctl daemon-reload && systemctl restart {name}"
        return fail(check, f"the drop-in is there, but neither systemd nor the daemon has read it: {wrong}", way_out)
    planned = _variables(daemon.unit.planned, name)
    by_drop_in = daemon.systemd and name not in _EMBEDDED
    if by_drop_in and _differences(planned, wanted.environment):
        way_out = f"see `systemctl cat {name}`, and take the proxy out of the other file"
        return fail(check, f"another file of the unit overrides ours: {wrong}", way_out)
    way_out = f"systemctl restart {name}" if daemon.systemd else f"rc-service {name} restart"
    return fail(check, f"the drop-in is there, but the daemon was not restarted since: {wrong}", way_out)


def _by_daemon_json(check: str, daemon: Daemon, wanted: Proxy, repair: str) -> Finding:
    if daemon.docker is None:
        return skipped(check, "the docker client cannot be asked")
    have = {"HTTP_PROXY": daemon.docker.http, "HTTPS_PROXY": daemon.docker.https, "NO_PROXY": daemon.docker.no_proxy}
    # Docker masks the logins, so that only places can be compared.
    wrong = _differences(_places(have), _places(wanted.environment))
    if not wrong:
        return ok(check, f"as wanted, {place_of(wanted.https or wanted.http or '')}, by daemon.json")
    if any(path.startswith("/etc/docker/daemon.json") for path in daemon.wrong_paths):
        return fail(check, f"daemon.json is not as wanted either: {'; '.join(wrong)}", repair)
    return fail(
        check, f"Docker was not restarted since daemon.json changed: {'; '.join(wrong)}", "systemctl restart docker"
    )


def _variables(environment: Mapping[str, str], runtime: str) -> dict[str, str]:
    """Return what a Go program takes: capitals before small letters."""
    prefix = "CONTAINERD_" if runtime in _EMBEDDED else ""
    found = {name: environment.get(prefix + name) or environment.get((prefix + name).lower()) for name in _NAMES}
    return {name: value for name, value in found.items() if value}


def _differences(have: Mapping[str, str], want: Mapping[str, str]) -> list[str]:
    return [
        _difference(name, have.get(name), want.get(name))
        for name in _NAMES
        if (have.get(name) or "") != want.get(name, "")
    ]


def _difference(name: str, have: str | None, want: str | None) -> str:
    """Put a difference into words without a password."""
    if not have:
        return f"{name} is not set"
    if name == "NO_PROXY":
        return _list_difference(have, want or "")
    if not want:
        return f"{name} is {place_of(have)}, and should not be set"
    if place_of(have) == place_of(want):
        return f"{name} has another login"
    return f"{name} is {place_of(have)}, not {place_of(want)}"


def _list_difference(have: str, want: str) -> str:
    lacks = [item for item in want.split(",") if item and item not in have.split(",")]
    extra = [item for item in have.split(",") if item and item not in want.split(",")]
    parts = [f"lacks {', '.join(lacks[:_SHOWN])}"] if lacks else []
    parts += [f"has {', '.join(extra[:_SHOWN])}"] if extra else []
    return f"NO_PROXY {' and '.join(parts) or 'has another order'}"


def _places(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value if name == "NO_PROXY" or not urlsplit(value).netloc else place_of(value)
        for name, value in environment.items()
        if value
    }


def _files_of(runtime: Runtime) -> set[str]:
    return {
        drop_in_path(runtime),
        f"/etc/conf.d/{runtime}",
        f"/etc/systemd/system/{runtime}.service.env",
        f"/etc/default/{runtime}",
    }
