"""The manifests of a deletion, in a file of its own, so that they can be put back until their blobs are collected.

A file is `<folder>/<stack>/<run>.json`, the run named after the moment it began (UTC):
`{"version": 1, "stack", "registry", "manifests": [{"repository", "digest", "media_type", "tags", "reason", "body"}],
"outcome": {"deleted": […], "untagged": […], "skipped": […], "not_done": […]}}`; `body` is base64 of the exact bytes.
`outcome` is null until a run has ended: one that was killed has none, and is in parts, `<run>.<number>.json`, each of
the same shape with some of the manifests. To write all of them anew for each repository would grow with the square.
"""

import base64
import binascii
import datetime as dt
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from towpath.images.errors import SavedManifestsError
from towpath.oci.digest import Digest, verify
from towpath.oci.errors import FormatError
from towpath.oci.manifest import Manifest, parse_manifest


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SavedManifest(_Part):
    """One manifest as it was, and the tags that led to it."""

    repository: str
    digest: str
    media_type: str
    tags: tuple[str, ...]
    reason: str
    body: str

    @classmethod
    def of(cls, repository: str, manifest: Manifest, tags: tuple[str, ...], reason: str) -> "SavedManifest":
        """Take a manifest down."""
        return cls(
            repository=repository,
            digest=manifest.digest,
            media_type=manifest.media_type,
            tags=tags,
            reason=reason,
            body=base64.b64encode(manifest.body).decode(),
        )

    def manifest(self) -> Manifest:
        """Return the manifest, its bytes checked against its digest. Raises SavedManifestsError."""
        try:
            body = base64.b64decode(self.body, validate=True)
            digest = Digest(self.digest)
            verify(body, digest, self.digest)
            return parse_manifest(body, self.media_type, digest)
        except (binascii.Error, FormatError) as error:
            raise SavedManifestsError(
                f"{self.repository}@{self.digest}: what was saved of it is broken ({error})"
            ) from None

    @property
    def name(self) -> str:
        """`repository@digest`."""
        return f"{self.repository}@{self.digest}"


class RunOutcome(_Part):
    """What came of the steps, a line each."""

    deleted: tuple[str, ...] = ()
    untagged: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()


class SavedRun(_Part):
    """One deletion: everything that may be gone by it, by repository and there in the plan's order."""

    version: Literal[1] = 1
    run: str
    stack: str
    registry: str
    manifests: tuple[SavedManifest, ...] = ()
    outcome: RunOutcome | None = None


def run_name(now: dt.datetime) -> str:
    """Name a run after the moment it begins."""
    return f"{now:%Y%m%dT%H%M%S.%fZ}"


def write(folder: Path, run: SavedRun, part: int | None = None) -> Path:
    """Write the file of a run, or of a part of it, so that either the old or the new one is there whatever happens.

    Raises SavedManifestsError.
    """
    place = folder / run.stack / (f"{run.run}.json" if part is None else f"{run.run}.{part}.json")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{run.run}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(run.model_dump_json(indent=1) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(place)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SavedManifestsError(
            f"{place}: the manifests cannot be saved ({error.strerror or error}), so nothing more is deleted; mend "
            "that, or name another images.save_folder"
        ) from None
    return place


def read_all(folder: Path, stack: str) -> list[SavedRun]:
    """Return a stack's runs, the newest first; none where nothing was saved. Raises SavedManifestsError."""
    parts = sorted((_read(place) for place in (folder / stack).glob("*.json")), key=lambda each: each.run, reverse=True)
    return [_united(list(of_one)) for _, of_one in groupby(parts, key=lambda each: each.run)]


def _united(parts: Sequence[SavedRun]) -> SavedRun:
    """Unite the parts of a run, and its file where it was written and parts are left."""
    if len(parts) == 1:
        return parts[0]
    manifests = {each.name: each for part in parts for each in part.manifests}
    outcome = next((part.outcome for part in parts if part.outcome), None)
    return parts[0].model_copy(update={"manifests": by_repository(manifests.values()), "outcome": outcome})


def by_repository(manifests: Iterable[SavedManifest]) -> tuple[SavedManifest, ...]:
    """Sort by repository; those of one stay in their order."""
    return tuple(sorted(manifests, key=lambda each: each.repository))


def _read(place: Path) -> SavedRun:
    try:
        return SavedRun.model_validate_json(place.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no file of saved manifests"
        raise SavedManifestsError(f"{place}: cannot be read ({why}); move it away to go on without it") from None
