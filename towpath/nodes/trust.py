"""The OS trust store, and names that no DNS knows."""

import re

from towpath.applier.actors import TRUST_STORE, Actor, Command
from towpath.applier.entries import Block, File, FileEntry
from towpath.nodes.errors import NodeError
from towpath.nodes.wish import NodeWish

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----\n?", re.DOTALL)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def trust_files(wish: NodeWish) -> list[FileEntry]:
    """List one file a certificate: tools that link by hash skip files that hold several."""
    cas = [(each.name, each.pem) for each in wish.cas]
    if wish.trust_os:
        cas += [(_file_name(each.endpoint), each.ca_pem) for each in wish.registries if each.ca_pem]
    return [
        File(f"@trust@/towpath-{name}{suffix}.crt", certificate)
        for name, pem in cas
        for suffix, certificate in _certificates(name, pem)
    ]


def trust_command(wish: NodeWish) -> list[Actor]:
    """List the command that rebuilds the bundle after them."""
    paths = tuple(entry.path for entry in trust_files(wish))
    return [Command("trust-store", TRUST_STORE, paths)] if paths else []


def hosts_block(wish: NodeWish) -> list[FileEntry]:
    """List our lines of /etc/hosts (hosts(5)): registries whose names no DNS knows."""
    lines = tuple(
        f"{each.address} {each.host}" for each in wish.registries if each.address and each.address != each.host
    )
    return [Block("/etc/hosts", lines)] if lines else []


def _certificates(name: str, pem: str) -> list[tuple[str, str]]:
    if not _FILE_NAME.fullmatch(name):
        raise NodeError(f"{name!r} cannot be a CA's name; use letters, digits, '.', '_' and '-'")
    found = [match.rstrip("\n") + "\n" for match in _CERTIFICATE.findall(pem.replace("\r\n", "\n"))]
    if not found:
        raise NodeError(f"the CA {name!r} holds no certificate in PEM form")
    return [("" if len(found) == 1 else f"-{number}", text) for number, text in enumerate(found, 1)]


def _file_name(endpoint: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", endpoint).strip("_")
