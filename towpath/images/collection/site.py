"""What the steps of a collection need of the place where a registry runs: a container, a Deployment, a process."""

from typing import Protocol


class Site(Protocol):
    """A registry's place. Whatever a method raises, `thaw` can be called after it, and more than once."""

    async def dry_run(self) -> str:
        """Return what the collector says that it would free; changes nothing."""

    async def freeze(self) -> None:
        """Make the registry refuse writes."""

    async def weigh(self) -> int | None:
        """Return the bytes of its storage, as the file system counts them; None where nothing there can count."""

    async def collect(self) -> str:
        """Mark and sweep; return what the collector says."""

    async def thaw(self) -> None:
        """Make the registry take writes again, with empty caches and the configuration that it had, byte for byte."""
