"""Who deletes: Towpath, a script of requests, loops of a command a tag, and a raw client."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from bench.command_clients import CommandClients
from bench.pulumi_project import CHECKOUT
from bench.raw_registry import Ask, RawRegistry, digest
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.access.registry_access import RegistryAccess
from towpath.oci.media_types import ACCEPT

_SECONDS = 600


@dataclass(frozen=True)
class Wish:
    """Tags `1.N.0` go whose N is below `kept_from`; the repositories are for those who cannot list them."""

    kept_from: int
    repositories: tuple[str, ...]

    def goes(self, tag: str) -> bool:
        """Return whether a tag is to go."""
        return int(tag.split(".")[1]) < self.kept_from


def with_towpath(server: RegistryServer, wish: Wish) -> None:
    """Plan and delete as a stack's program and its resource do, from a fresh process, without the engine."""
    access = RegistryAccess(server.host, ACCOUNT, PASSWORD, server.ca_pem)
    told = {"access": access.to_record(), "kept": f">=1.{wish.kept_from}.0"}
    (server.folder / "access.json").write_text(json.dumps(told), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    argv = [sys.executable, "-m", "bench.images_deletion.deleter"]
    done = subprocess.run(argv, cwd=server.folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def with_requests(server: RegistryServer, wish: Wish) -> None:
    """Ask for each tag's digest and delete it, one request after the other, a connection each."""
    trust = str(server.folder / "certificate.pem")

    def ask(method: str, path: str) -> requests.Response:
        answer = requests.request(
            method,
            f"https://{server.host}/v2/{path}",
            auth=(ACCOUNT, PASSWORD),
            verify=trust,
            headers={"Accept": ACCEPT},
            timeout=_SECONDS,
        )
        answer.raise_for_status()
        return answer

    for name in ask("GET", "_catalog?n=1000").json()["repositories"]:
        for tag in filter(wish.goes, ask("GET", f"{name}/tags/list").json()["tags"]):
            digest = ask("HEAD", f"{name}/manifests/{tag}").headers["Docker-Content-Digest"]
            ask("DELETE", f"{name}/manifests/{digest}")


def with_crane(server: RegistryServer, wish: Wish) -> None:
    """Run crane twice a tag: by tag alone it would leave the manifest."""
    crane = CommandClients(server).crane
    for name in crane("catalog", server.host):
        for tag in filter(wish.goes, crane("ls", f"{server.host}/{name}")):
            [digest] = crane("digest", f"{server.host}/{name}:{tag}")
            crane("delete", f"{server.host}/{name}@{digest}")


def with_skopeo(server: RegistryServer, wish: Wish) -> None:
    """Run skopeo once a tag; the list of repositories, which it cannot read, is given to it."""
    skopeo = CommandClients(server).skopeo
    for name in wish.repositories:
        for tag in filter(wish.goes, json.loads(skopeo("list-tags", f"docker://{server.host}/{name}"))["Tags"]):
            skopeo("delete", f"docker://{server.host}/{name}:{tag}")


def with_regctl(server: RegistryServer, wish: Wish) -> None:
    """Run regctl once a tag."""
    regctl = CommandClients(server).regctl
    for name in regctl("repo", "ls", "--limit", "1000", server.host):
        for tag in filter(wish.goes, regctl("tag", "ls", f"{server.host}/{name}")):
            regctl("manifest", "delete", "--force-tag-dereference", f"{server.host}/{name}:{tag}")


def with_raw(server: RegistryServer, wish: Wish) -> None:
    """Send the two requests a tag over a few connections that stay open, with next to no client at all."""
    asyncio.run(_raw(server, wish))


async def _raw(server: RegistryServer, wish: Wish) -> None:
    async def one(ask: Ask, place: tuple[str, str]) -> None:
        await ask("DELETE", f"{place[0]}/manifests/{await digest(ask, *place)}")

    places = [(name, f"1.{number}.0") for name in wish.repositories for number in range(wish.kept_from)]
    await RawRegistry(server).each(places, one)


CONTENDERS: Mapping[str, Callable[[RegistryServer, Wish], None]] = {
    "towpath": with_towpath,
    "raw": with_raw,
    "requests": with_requests,
    "crane": with_crane,
    "skopeo": with_skopeo,
    "regctl": with_regctl,
}
