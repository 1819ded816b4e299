"""The files that peers write: byte for byte what Towpath makes of the same settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from towpath.applier.document import Document
from towpath.applier.entries import Block

_FOLDERS = {"@trust@": "/usr/local/share/ca-certificates", "@certs.d@": "/etc/containerd/certs.d"}
ADDRESS = "{{ address }}"
"""Stands in templates where a node's own address is."""


@dataclass(frozen=True)
class WantedFile:
    """One file, and what follows when it changes: trust, containerd, docker, or nothing."""

    path: str
    mode: str
    follows: str

    @property
    def group(self) -> str:
        """The group of tasks it belongs to."""
        return self.follows or ("docker_files" if self.path.startswith("/etc/docker/") else "containerd_files")


def wanted_files(document: Document) -> tuple[WantedFile, ...]:
    """List the files of a document, as they are called on a Debian node with systemd."""
    return tuple(
        WantedFile(_place(entry.path), getattr(entry, "mode", None) or "0644", _follows(entry.path))
        for entry in document.files
        if not isinstance(entry, Block) and not (entry.when or "").endswith("openrc")
    )


def _place(path: str) -> str:
    for prefix, folder in _FOLDERS.items():
        path = path.replace(prefix, folder)
    return path


def _follows(path: str) -> str:
    if path.startswith("@trust@"):
        return "trust"
    for unit, restarting in (("docker", "/etc/docker/daemon.json"), ("containerd", "/etc/containerd/config.toml")):
        if path == restarting or path.startswith(f"/etc/systemd/system/{unit}.service.d/"):
            return unit
    return ""


@dataclass(frozen=True)
class Wanted:
    """All files with their contents, `ADDRESS` in place of a node's own."""

    files: tuple[WantedFile, ...]
    contents: Mapping[str, str]

    def of(self, path: str, address: str) -> str:
        """Return a file's content on the node with this address."""
        return self.contents[path].replace(ADDRESS, address)
