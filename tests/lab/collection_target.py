"""The registry container of a test's stack as the place of a collection, and what must not change about it."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tests.lab.lab_access import CHECKOUT, LabAccess
from tests.lab.stack_workspace import StackWorkspace
from tests.lab.test_registry_client_collection import pulls_completely
from tests.lab.test_registry_client_real import push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.collect import Collected, collect
from towpath.images.collection.container_site import ContainerSite, container_site
from towpath.images.collection.place import RegistryContainerPlace
from towpath.registry_client import manifest
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.retry import Retry
from towpath.ssh.connection import Connection

CANARY = "towpath/canary"
SERVICE_SECONDS = 180


def layer_of(repository: str) -> bytes:
    """Return a layer that no other repository has."""
    return repository.encode() * 20000


@dataclass(frozen=True)
class CollectionTarget:
    """A registry container on node-1."""

    lab: LabAccess
    access: RegistryAccess
    connection: Connection
    place: RegistryContainerPlace

    @classmethod
    def of(cls, lab: LabAccess, stack: StackWorkspace) -> "CollectionTarget":
        """Return that of a stack that is up, reached as its outputs say."""
        outputs = stack.outputs()
        login, registry = outputs["credentials"]["ci"], outputs["registry"]
        access = RegistryAccess(registry["host"], login["username"], login["password"], registry["ca_pem"])
        key = next(line for line in lab.known_hosts.read_text().splitlines() if "node-1" in line).split(" ", 1)[1]
        settings = stack.settings["registry"]
        place = RegistryContainerPlace(
            settings["container"],
            f"{settings['config_folder']}/config/config.yml",
            settings["storage_folder"],
            "/etc/registry/config.yml",
        )
        return cls(lab, access, Connection(lab.nodes["node-1"], key, private_key=lab.key.read_text()), place)

    def site(self) -> AbstractAsyncContextManager[ContainerSite]:
        """Hold the node for a collection."""
        return container_site(self.connection, self.place, 120)

    async def collected(self, said: list[str] | None = None) -> Collected:
        """Collect from the first step to the last."""
        async with self.site() as site:
            return await collect(self.access, site, CANARY, (said if said is not None else []).append)

    async def fill(self, repository: str) -> None:
        """Push two images, and delete the first."""
        async with self.access.session() as session:
            image = await push_image(session, repository, repository, layer_of(repository), "1")
            await push_image(session, repository, "arm64", b"kept" * 20000, "2")
            await manifest.delete(session, repository, image.digest)

    async def serves(self, repository: str) -> None:
        """Push the deleted image again and pull both."""
        async with self.access.session() as session:
            await push_image(session, repository, repository, layer_of(repository), "1")
            for label in ("1", "2"):
                await pulls_completely(session, repository, label)

    async def takes_writes(self) -> bool:
        """Whether a push is taken at the first try."""
        try:
            async with self.access.session(retry=Retry(attempts=1)) as session:
                await push_image(session, "writes", "amd64", b"write", "1")
        except RegistryError:
            return False
        return True

    async def comes_back(self) -> None:
        """Wait until a push is taken."""
        deadline = time.monotonic() + SERVICE_SECONDS
        while not await self.takes_writes():
            assert time.monotonic() < deadline, "the registry does not take writes again"
            await asyncio.sleep(0.3)

    @property
    def boot_unit(self) -> str:
        """What puts the registry back when the machine starts."""
        return f"towpath-collection-boot-{self.place.container}.service"

    def state(self) -> str:
        """Return what a collection must leave as it was: the container, its config, nothing left over."""
        name, config = self.place.container, self.place.config_path
        return self.lab.run(
            "node-1",
            f"docker inspect -f '{{{{.Id}}}} {{{{.State.Running}}}}' {name}; sha256sum {config}; "
            f"stat -c '%a %u %g %i %Y' {config}; ls -A {config.rpartition('/')[0]}; "
            f"ls -d /var/lib/towpath-collection/{name} 2>/dev/null; "
            f"find /etc/systemd/system -name '{self.boot_unit}'; docker ps -aqf name={name}-collector",
        ).stdout

    def freeze_and_be_killed(self) -> None:
        """Freeze from a process of its own, and kill that with SIGKILL: the connection ends without a word."""
        program = (
            "import asyncio, pickle, sys\n"
            "target = pickle.load(sys.stdin.buffer)\n"
            "async def main():\n"
            "    async with target.site() as site:\n"
            "        await site.freeze()\n"
            "        print('frozen', flush=True)\n"
            "        await asyncio.sleep(600)\n"
            "asyncio.run(main())\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(pickle.dumps(self))
            process.stdin.close()
            assert process.stdout.readline() == b"frozen\n"
            process.send_signal(signal.SIGKILL)
