"""How full the registry's disk is, asked on the machine that has it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from rich.filesize import decimal

from towpath.images.errors import NotEnoughSpaceError
from towpath.images.space import RESERVE_BYTES
from towpath.machines.record import from_record, to_record
from towpath.ssh.connection import Connection
from towpath.ssh.errors import SshError

_ROOT = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}
_DU_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class StorageFolder:
    """The folder of a machine in which a registry keeps its images."""

    machine: Connection = field(repr=False)
    folder: str

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        return {"machine": to_record(self.machine), "folder": self.folder}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make it again."""
        return cls(from_record(record["machine"]), record["folder"])

    async def check_room(self, needed_bytes: int) -> None:
        """Raise NotEnoughSpaceError unless so many bytes fit; a machine that cannot say is not in the way."""
        from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

        try:
            ran = await run(self.machine, f"df -PB1 -- {shlex.quote(self.folder)}", timeout_seconds=30)
        except SshError:
            return
        free = parse_free_bytes(ran.stdout)
        if free is not None and needed_bytes and needed_bytes + RESERVE_BYTES > free:
            raise NotEnoughSpaceError(
                f"{self.machine.name}: {self.folder}: {decimal(needed_bytes)} would be copied in, {decimal(free)} are "
                f"free and {decimal(RESERVE_BYTES)} stay free; nothing was copied: free some space, or delete images "
                "and collect garbage"
            )

    async def used_bytes(self) -> int:
        """Return what its files take, by `du`. Raises SshError."""
        from towpath.ssh.session import run  # noqa: PLC0415 as above

        sudo = self.machine.sudo
        command = f"{_ROOT[sudo.kind]}du -sb -- {shlex.quote(self.folder)}"
        ran = await run(self.machine, command, sudo.line, timeout_seconds=_DU_SECONDS)
        return int(ran.stdout.split()[0])


def parse_free_bytes(printed: str) -> int | None:
    """Read the fourth column of the last line of `df -P` (POSIX); None for anything else."""
    fields = printed.strip().rpartition("\n")[2].split()
    return int(fields[3]) if len(fields) > 3 and fields[3].isdecimal() else None  # noqa: PLR2004
