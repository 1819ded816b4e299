"""Both registries and what is to be copied, as a file that the timed processes read."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from towpath.access.registry_access import RegistryAccess
from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted
from towpath.settings.mirror import MirrorImage

FILE = "ends.json"


@dataclass(frozen=True)
class Ends:
    """Hosts as `HOST:PORT`, one account for both, and the repositories; each has tag 1."""

    source: str
    source_ca_pem: str
    target: str
    target_ca_pem: str
    username: str
    password: str
    repositories: list[str]

    def write(self, folder: Path) -> None:
        """Write the file into a folder that is private."""
        (folder / FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))

    @property
    def ways(self) -> dict[str, UpstreamWay]:
        """The way to the source."""
        return {
            self.source: UpstreamWay(
                self.source, self.source_ca_pem, self.username, self.password, by_environment=False
            )
        }

    @property
    def access(self) -> RegistryAccess:
        """The way to the target."""
        return RegistryAccess(self.target, self.username, self.password, self.target_ca_pem)

    async def images(self, sources: Sources) -> list[Wanted]:
        """Ask the source what each image is now."""
        written = [{"from": f"{self.source}/{name}:1", "to": name} for name in self.repositories]
        return await resolve([MirrorImage.model_validate(each) for each in written], sources)
