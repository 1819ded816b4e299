"""An upstream and a target registry, and the resource of copied images as its provider drives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.dynamic.image_mirror import ImageMirrorProvider
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.access.registry_access import RegistryAccess
from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted
from towpath.settings.mirror import MirrorImage


@dataclass
class MirrorPair:
    """Both ends. `through` is where the upstream is dialled instead of itself."""

    source: RegistryServer
    target: RegistryServer
    folder: Path
    password: str = PASSWORD
    through: str | None = None
    storage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def upstream(self) -> str:
        """The upstream as references have it."""
        return self.through or self.source.host

    @property
    def ways(self) -> dict[str, UpstreamWay]:
        """To the upstream, straight."""
        way = UpstreamWay(self.upstream, self.source.ca_pem, ACCOUNT, PASSWORD, by_environment=False)
        return {self.upstream: way}

    async def resolved(self, *images: Mapping[str, Any]) -> list[Wanted]:
        """What the images of such settings are now; `from` may begin with `up/` for the upstream."""
        written = [{**image, "from": image["from"].replace("up/", f"{self.upstream}/")} for image in images]
        async with Sources(self.ways, self.folder) as sources:
            return await resolve([MirrorImage.model_validate(image) for image in written], sources)

    def inputs(self, images: list[Wanted]) -> dict[str, Any]:
        """The resource's inputs as the program gives them."""
        access = RegistryAccess(self.target.host, ACCOUNT, self.password, self.target.ca_pem)
        return {
            "registry": self.target.host,
            "images": {image.target: image.to_record() for image in images},
            "drift": {},
            "access": access.to_record(),
            "ways": {host: way.to_record() for host, way in self.ways.items()},
            "storage": dict(self.storage),
        }


@dataclass
class Driver:
    """Runs the provider as the engine does: check, diff, then create or update; keeps inputs and outputs."""

    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    provider: ImageMirrorProvider = field(default_factory=ImageMirrorProvider)

    def preview(self, news: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Return the checked inputs, and whether there is something to do."""
        checked = self.provider.check(self.inputs or {}, news)
        assert not checked.failures, checked.failures
        if self.outputs is None:
            return checked.inputs, True
        return checked.inputs, bool(self.provider.diff("id", self.outputs, checked.inputs).changes)

    def up(self, news: dict[str, Any]) -> dict[str, str]:
        """Bring it about; what fails leaves the state as it was."""
        checked, changed = self.preview(news)
        if self.outputs is None:
            outputs = self.provider.create(checked).outs
        else:
            outputs = self.provider.update("id", self.outputs, checked).outs if changed else self.outputs
        self.inputs, self.outputs = checked, outputs
        assert outputs is not None
        placed: dict[str, str] = outputs["placed"]
        return placed

    def refresh(self) -> dict[str, str]:
        """Look at the registry; return the drift."""
        assert self.outputs is not None
        read = self.provider.read("id", self.outputs)
        self.inputs, self.outputs = read.inputs, read.outs
        assert read.outs is not None
        drift: dict[str, str] = read.outs["drift"]
        return drift
