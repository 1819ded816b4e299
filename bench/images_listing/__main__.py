"""Listing a registry with digests: 100 repositories of 50 tags, beside what else does it.

Peers: `requests` is a sequential script that calls `requests.get` and `requests.head`, `session` the same over one
`requests.Session`; `raw` sends the same requests over as many keep-alive connections as Towpath has and reads nothing
but the digest, so it is what the server can give; `crane`, `skopeo` and `regctl` are loops of one command a tag, of
which only some repositories are timed, once, and the whole is reckoned from that. All ask the same server.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bench.child import measured
from bench.command_clients import CommandClients, has_skopeo, versions
from bench.filled_registry import fill
from bench.harness import Comparison, Least, Times, is_short, machine, said, timed, turns
from bench.images_listing.contenders import CONTENDERS, LOOPS, SAMPLES, with_towpath
from bench.pulumi_project import CHECKOUT
from bench.raw_registry import CONNECTIONS
from tests.lab.registry_server import CURRENT, RegistryServer

COMPARISON = Comparison(
    "images-listing",
    "Listing a registry with digests",
    {"requests": 0.2, "raw": 1.5, "crane": 0.2, "skopeo": 0.2, "regctl": 0.2},
    frozenset(),
    {
        "raw": "what the server gives: the same requests, next to no client",
        "requests": "a sequential script, a connection a request",
        "session": "a sequential script over one connection",
        "crane": "a process a tag, reckoned from a part",
        "skopeo": "a process a tag, reckoned from a part",
        "regctl": "a process a tag, reckoned from a part",
    },
    {"raw": "requests"},
    Least("raw", engine=False),
)
REPOSITORIES, SHORT_REPOSITORIES = 100, 10
ROUNDS, SHORT_ROUNDS = 3, 1


def peak_mib(server: RegistryServer) -> float:
    """Return the most memory that `images list` with everything in it ever held."""
    listing = ["list", "--format", "json", "--registry", server.host, "--ca", str(server.folder / "certificate.pem")]
    environment = os.environ | {"DOCKER_CONFIG": str(CommandClients(server).folder)}
    command = [sys.executable, "-m", "towpath", "images", *listing]
    return measured(command, CHECKOUT, environment, server.folder / "list.log")[1]


def measure(server: RegistryServer, repositories: int, rounds: int) -> Times:
    """Time everybody, in turns. Raises RuntimeError where somebody finds fewer digests than there are."""
    expected = len({digest for *_, digest in with_towpath(server)})
    factor = max(repositories / SAMPLES, 1)
    times: Times = {}
    for number, order in enumerate(turns(list(CONTENDERS), rounds)):
        for name in order:
            sampled = name in LOOPS
            if (sampled and number) or (name == "skopeo" and not has_skopeo()):
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
    short = is_short()
    parser = argparse.ArgumentParser(prog="python -m bench.images_listing", description="listing with digests")
    parser.add_argument("--repositories", type=int, default=SHORT_REPOSITORIES if short else REPOSITORIES)
    parser.add_argument("--tags", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=SHORT_ROUNDS if short else ROUNDS)
    parser.add_argument("--bcrypt-cost", type=int, default=5)
    given = parser.parse_args()
    os.environ.pop("REQUESTS_CA_BUNDLE", None)  # requests would take it for its own word on which CA to trust
    where = machine() | {"registry": CURRENT, "connections": CONNECTIONS, "bcrypt_cost": given.bcrypt_cost}
    with (
        tempfile.TemporaryDirectory() as folder,
        RegistryServer(Path(folder), bcrypt_cost=given.bcrypt_cost) as server,
    ):
        asyncio.run(fill(server, given.repositories, given.tags))
        times = measure(server, given.repositories, given.rounds)
        where |= versions(server.folder)
        where |= {"repositories": given.repositories, "tags_each": given.tags}
        where |= {"full_listing_peak_mib": round(peak_mib(server))}
    tags = given.repositories * given.tags
    result = COMPARISON.result(times, {"raw": 1 + given.repositories + tags})
    heading = f"{given.repositories} repositories of {given.tags} tags at bcrypt cost {given.bcrypt_cost}"
    memory = (
        f"`towpath images list` of all {tags} tags with everything in it held {where['full_listing_peak_mib']} MiB.\n"
    )
    COMPARISON.write({**result, "conditions": where}, [said(where), COMPARISON.table(result, heading), memory])


if __name__ == "__main__":
    main()
