"""What the resource of the copied images does, on plain values as a Pulumi state has them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from towpath.access.registry_access import RegistryAccess
from towpath.errors import TowpathError
from towpath.images.errors import MirrorError
from towpath.images.mirror.copying import Copying, Outcome
from towpath.images.mirror.presence import drift
from towpath.images.mirror.room import StorageFolder
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted
from towpath.registry_client.errors import UnreachableError, UntrustedCertificateError
from towpath.registry_client.retry import Retry
from towpath.ssh import errors as ssh

WISH = ("registry", "images", "drift")
"""The inputs that say what is to be here; `drift` is empty but for what a refresh found."""
ACCESS = ("access",)
"""The input that leads to the registry, which a refresh needs too: taken down as it changes, without any work."""
FOR_COPYING = ("ways", "storage")
"""The inputs that only a copying needs, which gets new ones: a token that is another each time is no change."""

_ASK_ONCE = Retry(attempts=1)
_TOLD_FROM_BYTES = 50_000_000
_TOLD_STEPS = 5
_SHOWN_FAILURES = 20

Tell = Callable[[str], None]
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """Where paths begin, who is told, and which targets a refresh found to be otherwise than placed."""

    folder: Path
    tell: Tell
    suspect: frozenset[str]


class Milestones:
    """Tells how far a long copying is: five times, and not at all where there is little to copy."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told = 0

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Take the new state."""
        step = done_bytes * _TOLD_STEPS // total_bytes if total_bytes >= _TOLD_FROM_BYTES else 0
        if step > self._told:
            self._told = step
            self._tell(f"copied {decimal(done_bytes)} of {decimal(total_bytes)}")


def images_of(properties: Properties) -> list[Wanted]:
    """Return the images of inputs or outputs."""
    return [Wanted.from_record(target, record) for target, record in sorted(properties["images"].items())]


def is_changed(old: Properties, new: Properties, keys: tuple[str, ...]) -> bool:
    """Whether any of these inputs differs; a key that is missing, or null, is as good as empty."""
    return any(_without_empty(old.get(key)) != _without_empty(new.get(key)) for key in keys)


def copy_in(new: Properties, old: Properties | None, folder: Path, tell: Tell) -> dict[str, str]:
    """Copy what is new, changed or found missing by a refresh; return the digests by target.

    Nothing is asked of anybody where there is nothing to do. Raises MirrorError that names each image that could not
    be copied, after all others were; RegistryError, SshError, NotEnoughSpaceError.
    """
    before = old if old and old.get("registry") == new["registry"] else {}
    placed = {target: str(digest) for target, digest in before.get("placed", {}).items() if target in new["images"]}
    unchanged = {
        target
        for target, record in new["images"].items()
        if target in placed and record == before["images"].get(target) and target not in before.get("drift", {})
    }
    images = images_of(new)
    pending = [image for image in images if image.target not in unchanged]
    if not pending:
        return placed
    others = [image for image in images if image.target in unchanged]
    outcome = asyncio.run(_copied(new, pending, others, Run(folder, tell, frozenset(before.get("drift", {})))))
    tell(f"{outcome.copied_images} of {len(pending)} images copied, {decimal(outcome.copied_bytes)} sent")
    if outcome.failures:
        raise MirrorError(_summary(outcome, len(images)))
    return placed | outcome.placed


async def foresee(properties: Properties, folder: Path) -> str:
    """Say in a line how much an `up` would copy, without writing anything; nothing where there is nothing to say.

    Images of a Docker engine are left out: what they consist of is known only once they are saved.

    A pinned image that is here counts as in place, whatever its tag is upstream. Never raises for what cannot be asked:
    the `up` will, or the registry is not there yet.
    """
    images = [image.found() for image in images_of(properties) if image.expected and not image.problem]
    access = RegistryAccess.from_record(properties["access"])
    ways = {host: UpstreamWay.from_record(record) for host, record in (properties.get("ways") or {}).items()}
    try:
        async with access.session(retry=_ASK_ONCE) as session, Sources(ways, folder) as sources:
            forecast = await Copying(session, sources, lambda *_: None).forecast(images)
    except TowpathError:
        return ""
    if not forecast.images:
        return ""
    return f"{forecast.images} of {len(images)} images are to be copied, {decimal(forecast.bytes)} at most"


def find_drift(properties: Properties) -> dict[str, str]:
    """Return by target what is not as it was placed. A registry that cannot be reached shows nothing.

    Raises RegistryError, SshError for any other answer that is not definite.
    """
    return asyncio.run(_find_drift(properties))


async def _copied(new: Properties, pending: list[Wanted], others: list[Wanted], run: Run) -> Outcome:
    ways = {host: UpstreamWay.from_record(record) for host, record in (new.get("ways") or {}).items()}
    storage = new.get("storage")
    check_room = StorageFolder.from_record(storage).check_room if storage else None
    access = RegistryAccess.from_record(new["access"])
    async with access.session() as session, Sources(ways, run.folder) as sources:
        copying = Copying(session, sources, Milestones(run.tell), check_room, run.suspect)
        return await copying.run(pending, others)


async def _find_drift(properties: Properties) -> dict[str, str]:
    access = RegistryAccess.from_record(properties["access"])
    try:
        async with access.session() as session:
            return await drift(session, properties["placed"], images_of(properties))
    except UntrustedCertificateError:
        raise
    except (UnreachableError, ssh.UnreachableError):
        return dict(properties.get("drift", {}))


def _summary(outcome: Outcome, images: int) -> str:
    failures = outcome.failures
    shown = "".join(f"\n  - {failure}" for failure in failures[:_SHOWN_FAILURES])
    more = f"\n  - and {len(failures) - _SHOWN_FAILURES} more" if len(failures) > _SHOWN_FAILURES else ""
    return (
        f"{len(failures)} of {images} images could not be copied in; everything else is, and the next `pulumi up` goes "
        f"on from there:{shown}{more}"
    )


def _without_empty(value: Any) -> Any:  # noqa: ANN401 a JSON value
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items() if each is not None}
    return {} if value is None else value
