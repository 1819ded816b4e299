"""Tags in a registry: reading them all by digest, and with everything that `images list` shows."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.child import measured
from bench.command_clients import CommandClients
from bench.filled_registry import fill
from bench.growth.dimension import Dimension, Measure
from bench.growth.report import Measured
from bench.pulumi_project import CHECKOUT
from tests.lab.registry_server import RegistryServer

_EACH = 50
"""Tags of a repository."""
_DIGESTS = """
import asyncio, sys
from pathlib import Path
from bench.filled_registry import open_session
from tests.lab.registry_server import RegistryServer
from towpath.images.walk import Detail, Scope, walk
server = RegistryServer(Path(sys.argv[1]), port=int(sys.argv[2]))
async def reading():
    async with open_session(server, 8) as session:
        held = await walk(session, Scope(Detail.DIGESTS))
    return sum(len(each.tags) for each in held.repositories.values())
assert asyncio.run(reading()) == int(sys.argv[3])
"""


@contextmanager
def opened() -> Iterator[Measure]:
    """Start a registry, which is filled further for each size."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, RegistryServer(Path(folder), bcrypt_cost=5) as server:
        yield lambda size: measure(server, size)


def measure(server: RegistryServer, size: int) -> Measured:
    """Fill the registry up to so many tags and read it twice, by a process each."""
    asyncio.run(fill(server, size // _EACH, _EACH))
    log = server.folder / "client.log"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "DOCKER_CONFIG": str(CommandClients(server).folder)}
    digests = [sys.executable, "-c", _DIGESTS, str(server.folder), str(server.port), str(size)]
    digest_seconds, digest_mib = measured(digests, server.folder, environment, log)
    ca = str(server.folder / "certificate.pem")
    listing = ["images", "list", "--format", "json", "--registry", server.host, "--ca", ca]
    listing_seconds, listing_mib = measured(
        [sys.executable, "-m", "towpath", *listing], server.folder, environment, log
    )
    return {
        "digests, seconds": digest_seconds,
        "images list, seconds": listing_seconds,
        "digests, MiB": digest_mib,
        "images list, MiB": listing_mib,
    }


TAGS = Dimension(
    "tags",
    "A registry's tags",
    "tags",
    (100, 500, 2_000, 10_000, 50_000),
    (100, 200, 400),
    opened,
    (1_000_000,),
)
