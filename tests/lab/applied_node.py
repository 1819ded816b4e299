"""A node of the lab that documents are applied to over SSH, as the product does it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import bcrypt
import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.lab_access import Result as Finished
from towpath.applier.bootstrap import Sudo, apply_command, check_command, delete_command, discover_command, stdin
from towpath.applier.document import Document
from towpath.applier.result import Result, parse_result
from towpath.applier.summary import actual_summary, summary
from towpath.ssh.connection import Connection
from towpath.ssh.errors import CommandFailedError
from towpath.ssh.known_hosts import host_key_for
from towpath.ssh.session import run

TREE = (
    "cd / && find etc usr/local var/lib/towpath srv opt -xdev 2>/dev/null | LC_ALL=C sort | "
    'while read -r f; do stat -c \'%n %F %a %U:%G\' "$f"; [ -L "$f" ] && readlink "$f"; '
    '[ -f "$f" ] && [ ! -L "$f" ] && sha256sum <"$f"; done; true'
)
"""Everything that a document may touch: kind, mode, owner, content."""


@dataclass(frozen=True)
class AppliedNode:
    """One node, reached as `connection` says."""

    lab: LabAccess
    name: str
    connection: Connection

    def apply(self, document: Document) -> Result:
        return self._run(apply_command(self.sudo), stdin(document, self.sudo))

    def refused(self, document: Document) -> CommandFailedError:
        """Apply what must fail."""
        with pytest.raises(CommandFailedError) as caught:
            self.apply(document)
        return caught.value

    def delete(self, document_id: str = "node") -> Result:
        return self._run(delete_command(document_id, self.sudo), self.sudo.line)

    def check(self, document: Document) -> Result:
        return self._run(check_command(self.sudo, document.id), self.sudo.line)

    def discover(self) -> Result:
        return self._run(discover_command(self.sudo), stdin(None, self.sudo))

    def is_as_wished(self, document: Document) -> bool:
        return actual_summary(self.check(document), "salt") == summary(document, "salt")

    def shell(self, script: str) -> Finished:
        """Run a script as root."""
        return self.lab.run(self.name, script)

    def tree(self) -> list[str]:
        return self.shell(TREE).check().stdout.splitlines()

    def as_user(self, user: str, sudo: Sudo) -> "AppliedNode":
        return replace(self, connection=replace(self.connection, user=user, sudo=sudo))

    @property
    def sudo(self) -> Sudo:
        return self.connection.sudo

    def _run(self, command: str, given: str) -> Result:
        return parse_result(asyncio.run(run(self.connection, command, given)).stdout)


@contextmanager
def further_node(lab: LabAccess) -> Iterator[AppliedNode]:
    """Give a node of one's own, for what restarts runtimes."""
    name = lab.add_node()
    try:
        address = lab.nodes[name]
        host_key = host_key_for(lab.known_hosts.read_text(), address)
        assert host_key
        yield AppliedNode(lab, name, Connection(address, host_key, private_key=lab.key.read_text()))
    finally:
        lab.remove_node(name)


def htpasswd_line(user: str, password: str) -> str:
    return f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(5)).decode()}\n"


def copy_image(lab: LabAccess, image: str, node: str, folder: Path) -> None:
    """Give a node's dockerd an image that node-1 has."""
    if lab.docker("image", "inspect", image, node=node).status == 0:
        return
    archive = str(folder / "image.tar")
    lab.docker("save", "--output", archive, image).check()
    lab.docker("load", "--quiet", "--input", archive, node=node).check()
