"""What the machine itself allows: a hand-made script over one plain ssh a node, which checks and keeps nothing."""

import hashlib
import io
import re
import tarfile
import time

from bench.nodes.fleet import Fleet
from bench.nodes.wanted import Wanted
from lab.topology import node_address

_SET_UP = """
tar -xf - -C /
update-ca-certificates >/dev/null 2>&1; systemctl daemon-reload
systemctl restart containerd; systemctl restart docker; docker info >/dev/null
"""
_TIMED = 'began=$(date +%s%N); {}; echo "follow-ups $(( ($(date +%s%N) - began) / 1000000 )) ms"'


class Raw:
    """Unpacks an archive and restarts; the second time it compares digests."""

    name = "raw"

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.follow_ups_seconds: dict[int, list[float]] = {}
        """By number of nodes: how long the slowest node took for trust store and restarts alone, a number a round."""

    def prepare(self, fleet: Fleet) -> None:
        """Make an archive and a list of digests for each node."""
        self._fleet = fleet
        self._archives = {name: self._archive(node_address(name)) for name in fleet.names}
        self._digests = {name: self._list(node_address(name)) for name in fleet.names}

    def first(self) -> None:
        """Unpack, and restart everything."""
        unpack, *follow_ups = _SET_UP.strip().splitlines()
        printed = self._fleet.each(f"{unpack}\n{_TIMED.format('; '.join(follow_ups))}", self._archives)
        slowest = max(int(found[1]) for text in printed.values() if (found := re.search(r"follow-ups (\d+) ms", text)))
        self.follow_ups_seconds.setdefault(len(printed), []).append(slowest / 1000)

    def unchanged(self) -> None:
        """Compare digests of files."""
        self._fleet.each("sha256sum --check --quiet -", self._digests)

    def undo(self) -> None:
        """Put the nodes back."""
        self._fleet.put_back()

    def _archive(self, address: str) -> bytes:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for file in self._wanted.files:
                content = self._wanted.of(file.path, address).encode()
                member = tarfile.TarInfo(file.path.removeprefix("/"))
                member.size, member.mode, member.mtime = len(content), int(file.mode, 8), int(time.time())
                tar.addfile(member, io.BytesIO(content))
        return archive.getvalue()

    def _list(self, address: str) -> bytes:
        digests = {
            file.path: hashlib.sha256(self._wanted.of(file.path, address).encode()).hexdigest()
            for file in self._wanted.files
        }
        return "".join(f"{digest}  {path}\n" for path, digest in digests.items()).encode()
