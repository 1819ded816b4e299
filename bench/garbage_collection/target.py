"""What a registry must offer to be collected in turns, wherever it runs."""

from typing import Protocol

from towpath.access.registry_access import RegistryAccess


class Target(Protocol):
    """A registry with a way for its users, and one to its storage past the server."""

    @property
    def access(self) -> RegistryAccess:
        """The way of its users."""

    def stored(self) -> set[str]:
        """Return the blobs that its storage has, each by the hexadecimal part of its digest."""

    def put_back(self) -> None:
        """Empty its caches, so that everybody begins with the same, and let it serve in full."""
