"""Which questions a node gets, from what it is to be told and what was discovered on it."""

from towpath.applier.result import Result
from towpath.doctor.questions import PROGRAMS, Pull, Questions, Tls
from towpath.doctor.subject import Subject
from towpath.doctor.ways import http_proxy, ways
from towpath.nodes.registries import Upstream
from towpath.nodes.wish import RUNTIMES, NodeWish, Runtime
from towpath.settings.validators import is_address

OWN = "own"
"""Id of the TLS question about the private registry."""

_FOLDERS = {"docker": "/var/lib/docker", "containerd": "/var/lib/containerd", "crio": "/var/lib/containers"}
_NO_PULLS = frozenset({"kubelet"})


def questions_for(subject: Subject, node: str, discovered: Result) -> Questions:
    """Put a node's questions together. Raises NodeError for settings that no runtime can carry.

    Before the first `up` no runtime is asked to pull: it was not told yet how.
    """
    wish = subject.wish(node)
    states = {step.name: step.outcome for step in discovered.of("runtime")}
    found = [name for name in RUNTIMES if name in states and wish.has(name)]
    host = subject.settings.registry_host
    up = subject.endpoint is not None
    return Questions(
        units=tuple(name for name in found if name in PROGRAMS),
        folders=_folders(subject, node, found),
        names=(host,) if up and not is_address(host) else (),
        tls=(*((Tls(OWN, host, subject.settings.registry_port),) if up else ()), *_tls(wish)),
        pulls=tuple(_pulls(subject, wish, [name for name in found if _pulls_now(name, states[name])])),
    )


def pulled_upstreams(wish: NodeWish, runtime: Runtime) -> list[Upstream]:
    """List the upstreams that a runtime is to reach: Docker has mirrors for Docker Hub alone."""
    return [each for each in wish.upstreams if runtime != "docker" or each.fallback or each.host == "docker.io"]


def _pulls_now(runtime: Runtime, state: str) -> bool:
    return runtime not in _NO_PULLS and (state == "active" or runtime not in PROGRAMS)


def _folders(subject: Subject, node: str, found: list[Runtime]) -> tuple[str, ...]:
    folders = [_FOLDERS[name] for name in found if name in _FOLDERS]
    if subject.settings.registry.kind == "container" and node == subject.settings.registry_node:
        folders.append(subject.settings.registry.storage_folder)
    return tuple(folders)


def _tls(wish: NodeWish) -> list[Tls]:
    proxy = http_proxy(wish.proxy)
    return [
        Tls(way.id, way.host, way.port, way.ca_pem, proxy if way.proxied else None)
        for way in ways(wish)
        if not way.plain and (proxy or not way.proxied)
    ]


def _pulls(subject: Subject, wish: NodeWish, runtimes: list[Runtime]) -> list[Pull]:
    if subject.endpoint is None:
        return []
    pulls = []
    for runtime in runtimes:
        login = subject.credentials() if runtime in {"docker", "podman"} else None
        pulls.append(Pull(runtime, subject.endpoint.registry, login))
        pulls += [Pull(runtime, each.host) for each in pulled_upstreams(wish, runtime)]
    return pulls
