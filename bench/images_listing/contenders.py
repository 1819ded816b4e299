"""Who lists: Towpath, scripts of requests one after the other, loops of a command a tag, and a raw client."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import requests

from bench.command_clients import CommandClients
from bench.filled_registry import open_session
from bench.raw_registry import CONNECTIONS, Ask, RawRegistry, digest, names
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.images.walk import Detail, Scope, walk
from towpath.oci.media_types import ACCEPT

SAMPLES = 5
"""Repositories that the loops of one command a tag are timed with."""

Names = list[tuple[str, str, str]]
"""Repository, tag, digest."""


def with_towpath(server: RegistryServer) -> Names:
    """List with Towpath."""

    async def reading() -> Names:
        async with open_session(server, CONNECTIONS) as session:
            held = await walk(session, Scope(Detail.DIGESTS))
        return [(r.name, tag, digest) for r in held.repositories.values() for tag, digest in r.tags.items()]

    return asyncio.run(reading())


def with_requests(server: RegistryServer) -> Names:
    """List one request after the other, each on a connection of its own."""
    how: dict[str, Any] = {"auth": (ACCOUNT, PASSWORD), "verify": str(server.folder / "certificate.pem")}
    return _in_sequence(
        server,
        lambda url: requests.get(url, timeout=30, **how),
        lambda url: requests.head(url, headers={"Accept": ACCEPT}, timeout=30, **how),
    )


def with_session(server: RegistryServer) -> Names:
    """List one request after the other over one connection."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (ACCOUNT, PASSWORD)
        session.verify = str(server.folder / "certificate.pem")
        return _in_sequence(server, session.get, lambda url: session.head(url, headers={"Accept": ACCEPT}))


def _in_sequence(
    server: RegistryServer, get: Callable[[str], requests.Response], head: Callable[[str], requests.Response]
) -> Names:
    base = f"https://{server.host}/v2"
    return [
        (name, tag, head(f"{base}/{name}/manifests/{tag}").headers["Docker-Content-Digest"])
        for name in get(f"{base}/_catalog?n=1000").json()["repositories"]
        for tag in get(f"{base}/{name}/tags/list").json()["tags"]
    ]


def with_raw(server: RegistryServer) -> Names:
    """Send the same requests with next to no client at all."""
    return asyncio.run(_raw(server))


async def _raw(server: RegistryServer) -> Names:
    registry = RawRegistry(server)
    repositories: list[str] = []
    places: list[tuple[str, str]] = []
    found: Names = []

    async def catalog(ask: Ask, path: str) -> None:
        repositories.extend(await names(ask, path, "repositories"))

    async def tags(ask: Ask, name: str) -> None:
        places.extend((name, tag) for tag in await names(ask, f"{name}/tags/list", "tags"))

    async def one(ask: Ask, place: tuple[str, str]) -> None:
        found.append((*place, await digest(ask, *place)))

    await registry.each(["_catalog?n=1000"], catalog)
    await registry.each(repositories, tags)
    await registry.each(places, one)
    return found


def with_crane(server: RegistryServer) -> Names:
    """Run crane once a tag."""
    crane = CommandClients(server).crane
    return [
        (name, tag, crane("digest", f"{server.host}/{name}:{tag}")[0])
        for name in crane("catalog", server.host)[:SAMPLES]
        for tag in crane("ls", f"{server.host}/{name}")
    ]


def with_skopeo(server: RegistryServer) -> Names:
    """Run skopeo once a tag; the list of repositories, which it cannot read, is given to it."""
    skopeo = CommandClients(server).skopeo
    found = []
    for name in sorted({name for name, _, _ in with_towpath(server)})[:SAMPLES]:
        for tag in json.loads(skopeo("list-tags", f"docker://{server.host}/{name}"))["Tags"]:
            place = f"docker://{server.host}/{name}:{tag}"
            found.append((name, tag, skopeo("inspect", "--format", "{{.Digest}}", place).strip()))
    return found


def with_regctl(server: RegistryServer) -> Names:
    """Run regctl once a tag."""
    regctl = CommandClients(server).regctl
    return [
        (name, tag, regctl("manifest", "head", f"{server.host}/{name}:{tag}")[0])
        for name in regctl("repo", "ls", "--limit", "1000", server.host)[:SAMPLES]
        for tag in regctl("tag", "ls", f"{server.host}/{name}")
    ]


CONTENDERS: Mapping[str, Callable[[RegistryServer], Names]] = {
    "towpath": with_towpath,
    "raw": with_raw,
    "requests": with_requests,
    "session": with_session,
    "crane": with_crane,
    "skopeo": with_skopeo,
    "regctl": with_regctl,
}
LOOPS = frozenset({"crane", "skopeo", "regctl"})
