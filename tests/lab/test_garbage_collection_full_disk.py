"""A collection on a disk without room: it either does not begin, or its way back needs none."""

from collections.abc import Iterator

import pytest

from tests.lab.lab_access import LabAccess
from towpath.images.collection.container_site import container_site
from towpath.images.collection.place import RegistryContainerPlace
from towpath.ssh.connection import Connection
from towpath.ssh.dialogue import RefusedError

DISK = "/run/g-full"
CONFIG = f"{DISK}/config/config.yml"
PLACE = RegistryContainerPlace("g-full", CONFIG, f"{DISK}/storage", "/etc/registry/config.yml")
MAKE = f"""
mkdir -p {DISK} && mount -t tmpfs -o size=64k tmpfs {DISK} && mkdir {DISK}/config {DISK}/storage
cat > {CONFIG}
docker run -d --name g-full --restart always -v {DISK}/config:/etc/registry:ro -v {DISK}/storage:/var/lib/registry \
    registry:3 serve /etc/registry/config.yml
"""
YAML = "version: 0.1\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: ':5000'}\n"
FILL = f"cat /dev/zero > {DISK}/filler"
STATE = (
    f"sha256sum {CONFIG}; stat -c '%i %a %Y' {CONFIG}; ls -A {DISK}/config; ls -d /var/lib/towpath-collection/g-full"
)
STARTED = "docker inspect -f '{{.State.StartedAt}} {{.State.Running}}' g-full"


@pytest.fixture
def connection(lab: LabAccess) -> Iterator[Connection]:
    lab.run("node-1", MAKE, stdin=YAML).check()
    key = next(line for line in lab.known_hosts.read_text().splitlines() if "node-1" in line).split(" ", 1)[1]
    yield Connection(lab.nodes["node-1"], key, private_key=lab.key.read_text())
    lab.run("node-1", f"docker rm -f g-full; umount {DISK}; rmdir {DISK}").check()


async def test_without_room_it_does_not_begin_and_once_begun_it_needs_none(
    lab: LabAccess, connection: Connection
) -> None:
    before, started = lab.run("node-1", STATE).stdout, lab.run("node-1", STARTED).stdout
    async with container_site(connection, PLACE, 60) as site:
        lab.run("node-1", FILL)
        with pytest.raises(RefusedError, match="nothing was touched"):
            await site.freeze()
        assert (lab.run("node-1", STATE).stdout, lab.run("node-1", STARTED).stdout) == (before, started)
        lab.run("node-1", f"rm {DISK}/filler").check()
        await site.freeze()
        assert lab.run("node-1", STATE).stdout != before
        lab.run("node-1", FILL)
        await site.thaw()
    assert lab.run("node-1", STATE).stdout == before
    restarted = lab.run("node-1", STARTED).stdout
    assert restarted != started
    assert restarted.endswith("true\n")
