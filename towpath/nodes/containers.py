"""podman and CRI-O: registries.conf.d, certs.d, and the proxy of each.

Sources: containers-registries.conf(5), containers-registries.conf.d(5), containers-certs.d(5), containers.conf(5)
"engine" table ("env"), crio(8) (SIGHUP reads the registries again).
"""

import json

from towpath.applier.actors import Actor, Service
from towpath.applier.entries import File, FileEntry
from towpath.nodes.registries import Mirror, Upstream
from towpath.nodes.systemd import drop_in_path, environment_drop_in
from towpath.nodes.wish import NodeWish

REGISTRIES = "/etc/containers/registries.conf.d/50-towpath.conf"
ENGINE = "/etc/containers/containers.conf.d/50-towpath.conf"
CERTS = "/etc/containers/certs.d"


def containers_files(wish: NodeWish) -> list[FileEntry]:
    """List what podman and CRI-O read."""
    names = [name for name in ("crio", "podman") if wish.has("crio" if name == "crio" else "podman")]
    if not names:
        return []
    when = ",".join(names)
    text = registries_conf(wish)
    registries: list[FileEntry] = [File(REGISTRIES, text, when=when)] if text else []
    return [*_proxy_files(wish), *registries, *_certificates(wish, when)]


def crio_service(wish: NodeWish) -> list[Actor]:
    """List CRI-O's service: its drop-in restarts it, the registries reload it."""
    paths = {entry.path for entry in containers_files(wish)} if wish.has("crio") else set()
    restart = tuple(path for path in (drop_in_path("crio"),) if path in paths)
    reload = tuple(path for path in (REGISTRIES,) if path in paths)
    return [Service("crio", restart, reload)] if restart or reload else []


def registries_conf(wish: NodeWish) -> str:
    """Render the drop-in for registries.conf version 2; empty if there is nothing to say."""
    tables = [_upstream(upstream) for upstream in wish.upstreams]
    tables += [
        f"[[registry]]\nlocation = {_string(each.endpoint)}\ninsecure = true\n"
        for each in wish.registries
        if each.insecure
    ]
    return "\n".join(tables)


def _upstream(upstream: Upstream) -> str:
    mirrors = list(upstream.mirrors)
    lines = ["[[registry]]", f"prefix = {_string(upstream.host)}"]
    if upstream.fallback:
        lines.append(f"location = {_string(upstream.host)}")
    else:
        # The location is asked last, whatever it is: so it is the last mirror.
        lines += _place(mirrors.pop())
    for mirror in mirrors:
        lines += ["", "[[registry.mirror]]", *_place(mirror)]
    return "\n".join(lines) + "\n"


def _place(mirror: Mirror) -> list[str]:
    path = mirror.path.removeprefix("v2/")
    location = f"{mirror.endpoint}/{path}" if path and path != "v2" else mirror.endpoint
    return [f"location = {_string(location)}", *(["insecure = true"] if mirror.plain else [])]


def _proxy_files(wish: NodeWish) -> list[FileEntry]:
    if wish.proxy is None:
        return []
    files: list[FileEntry] = []
    if wish.has("crio") and "crio" in wish.proxied:
        text = environment_drop_in(wish.proxy.environment)
        files.append(File(drop_in_path("crio"), text, wish.proxy.mode, when="crio+systemd"))
    if wish.has("podman") and "podman" in wish.proxied:
        variables = [f"{name}={value}" for name, value in wish.proxy.both_cases.items()]
        text = f"[engine]\nenv = {json.dumps(variables)}\n"
        files.append(File(ENGINE, text, wish.proxy.mode, when="podman"))
    return files


def _certificates(wish: NodeWish, when: str) -> list[FileEntry]:
    cas = {each.endpoint: each.ca_pem for each in wish.registries if each.ca_pem}
    for upstream in wish.upstreams:
        if upstream.ca_pem:
            cas[upstream.host] = upstream.ca_pem
        cas |= {mirror.endpoint: mirror.ca_pem for mirror in upstream.mirrors if mirror.ca_pem}
    return [File(f"{CERTS}/{endpoint}/ca.crt", pem, when=when) for endpoint, pem in cas.items()]


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
