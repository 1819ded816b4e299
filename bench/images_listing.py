"""Listing a registry with digests: 100 repositories of 50 tags, beside what else does it.

Peers: `requests` is a sequential script that calls `requests.get` and `requests.head`, `session` the same over one
`requests.Session`; `raw` sends the same requests over as many keep-alive connections as Towpath has and reads nothing
but the digest, so it is what the server can give; `crane` and `skopeo` are loops of one command a tag, of which only
some repositories are timed, once, and the whole is reckoned from it. All ask the same server at one bcrypt cost.
"""

import argparse
import asyncio
import base64
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from bench.filled_registry import fill, open_session
from bench.harness import Comparison, Times, machine, timed, turns
from tests.lab.registry_server import ACCOUNT, CURRENT, PASSWORD, RegistryServer, program
from towpath.images.walk import Detail, Scope, walk
from towpath.oci.media_types import ACCEPT

COMPARISON = Comparison(
    "images-listing",
    "Listing a registry with digests",
    {"requests": 0.2, "raw": 1.5, "crane": 0.2, "skopeo": 0.2},
    frozenset(),
    {
        "raw": "what the server gives: the same requests, next to no client",
        "requests": "a sequential script, a connection a request",
        "session": "a sequential script over one connection",
        "crane": "a process a tag, reckoned from a part",
        "skopeo": "a process a tag, reckoned from a part",
    },
)
REPOSITORIES, SHORT_REPOSITORIES = 100, 10
ROUNDS, SHORT_ROUNDS = 3, 1
CONCURRENCY = 8
SAMPLES = 5
"""Repositories that the loops of one command a tag are timed with."""

Names = list[tuple[str, str, str]]
"""Repository, tag, digest."""


def with_towpath(server: RegistryServer) -> Names:
    """List with Towpath."""

    async def reading() -> Names:
        async with open_session(server, CONCURRENCY) as session:
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
    context = ssl.create_default_context(cadata=server.ca_pem)
    secret = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
    head = f"Host: {server.host}\r\nAuthorization: Basic {secret}\r\nAccept: {ACCEPT}\r\n\r\n"
    found: Names = []

    async def worker(paths: list[tuple[str, str]]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
        while paths:
            name, tag = paths.pop()
            writer.write(f"HEAD /v2/{name}/manifests/{tag} HTTP/1.1\r\n{head}".encode())
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            found.append((name, tag, answer.partition("Docker-Content-Digest: ")[2].partition("\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    async def listed(path: str, key: str) -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
        writer.write(f"GET {path} HTTP/1.1\r\nConnection: close\r\n{head}".encode())
        body = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.close()
        await writer.wait_closed()
        names: list[str] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])[key]
        return names

    paths = [
        (name, tag)
        for name in await listed("/v2/_catalog?n=1000", "repositories")
        for tag in await listed(f"/v2/{name}/tags/list", "tags")
    ]
    await asyncio.gather(*(worker(paths) for _ in range(CONCURRENCY)))
    return found


def with_crane(server: RegistryServer) -> Names:
    """Run crane once a tag."""
    crane = str(program("crane"))
    env = {"SSL_CERT_FILE": str(server.folder / "certificate.pem"), "DOCKER_CONFIG": _login(server)}

    def out(*arguments: str) -> list[str]:
        return subprocess.run([crane, *arguments], env=env, check=True, capture_output=True, text=True).stdout.split()

    return [
        (name, tag, out("digest", f"{server.host}/{name}:{tag}")[0])
        for name in out("catalog", server.host)[:SAMPLES]
        for tag in out("ls", f"{server.host}/{name}")
    ]


def with_skopeo(server: RegistryServer) -> Names:
    """Run skopeo once a tag; the list of repositories, which it cannot read, is given to it."""
    folder = server.folder / "skopeo"
    folder.mkdir(exist_ok=True)
    shutil.copy(server.folder / "certificate.pem", folder / "ca.crt")
    options = ["--cert-dir", str(folder), "--authfile", f"{_login(server)}/config.json"]

    def out(*arguments: str) -> str:
        return subprocess.run(["skopeo", *arguments], check=True, capture_output=True, text=True).stdout

    found = []
    for name in sorted({name for name, _, _ in with_towpath(server)})[:SAMPLES]:
        for tag in json.loads(out("list-tags", *options, f"docker://{server.host}/{name}"))["Tags"]:
            place = f"docker://{server.host}/{name}:{tag}"
            found.append((name, tag, out("inspect", "--format", "{{.Digest}}", *options, place).strip()))
    return found


def _login(server: RegistryServer) -> str:
    folder = server.folder / "docker"
    folder.mkdir(mode=0o700, exist_ok=True)
    secret = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {server.host: {"auth": secret}}}))
    return str(folder)


def peak_mib(server: RegistryServer) -> float:
    """Return the most memory that `images list` with everything in it ever held."""
    command = ["list", "--format", "json", "--registry", server.host, "--ca", str(server.folder / "certificate.pem")]
    code = (
        "import resource, sys, towpath.cli.app as c\n"
        "try: c.main()\n"
        "finally: sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    env = os.environ | {"DOCKER_CONFIG": _login(server)}
    done = subprocess.run(
        [sys.executable, "-c", code, "images", *command], env=env, check=True, capture_output=True, text=True
    )
    return int(done.stderr.split()[-1]) / 1024


CONTENDERS: dict[str, Callable[[RegistryServer], Names]] = {
    "towpath": with_towpath,
    "raw": with_raw,
    "session": with_session,
    "requests": with_requests,
    "crane": with_crane,
    "skopeo": with_skopeo,
}
LOOPS = frozenset({"crane", "skopeo"})


def measure(server: RegistryServer, repositories: int, rounds: int) -> Times:
    """Time everybody, in turns. Raises RuntimeError where somebody finds fewer digests than there are."""
    expected = len({digest for *_, digest in with_towpath(server)})
    factor = max(repositories / SAMPLES, 1)
    times: Times = {}
    for number, order in enumerate(turns(list(CONTENDERS), rounds)):
        for name in order:
            sampled = name in LOOPS
            if (sampled and number) or (name == "skopeo" and not shutil.which("skopeo")):
                continue
            found = timed(times, name, lambda name=name: CONTENDERS[name](server))  # type: ignore[misc]
            whole = len({digest for *_, digest in found}) * (factor if sampled else 1)
            if whole != expected:
                raise RuntimeError(f"{name} found {whole} digests of {expected}")
            if sampled:
                times[name][-1] *= factor
    return times


def main() -> None:
    """Measure as the command line says, write images-listing."""
    short = bool(os.environ.get("SHORT"))
    parser = argparse.ArgumentParser(prog="python -m bench.images_listing", description="listing with digests")
    parser.add_argument("--repositories", type=int, default=SHORT_REPOSITORIES if short else REPOSITORIES)
    parser.add_argument("--tags", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    parser.add_argument("--bcrypt-cost", type=int, default=5)
    given = parser.parse_args()
    os.environ.pop("REQUESTS_CA_BUNDLE", None)  # requests would take it for its own word on which CA to trust
    where = machine() | {"registry": CURRENT, "connections": CONCURRENCY, "bcrypt_cost": given.bcrypt_cost}
    with (
        tempfile.TemporaryDirectory() as folder,
        RegistryServer(Path(folder), bcrypt_cost=given.bcrypt_cost) as server,
    ):
        asyncio.run(fill(server, given.repositories, given.tags))
        times = measure(server, given.repositories, given.rounds)
        where |= {"repositories": given.repositories, "tags_each": given.tags}
        where |= {"full_listing_peak_mib": round(peak_mib(server))}
    result = COMPARISON.result(times)
    tags = given.repositories * given.tags
    heading = f"{given.repositories} repositories of {given.tags} tags at bcrypt cost {given.bcrypt_cost}"
    memory = (
        f"`towpath images list` of all {tags} tags with everything in it held {where['full_listing_peak_mib']} MiB.\n"
    )
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in where.items())
    COMPARISON.write({**result, "conditions": where}, [f"{facts}.\n", COMPARISON.table(result, heading), memory])


if __name__ == "__main__":
    main()
