"""Carrying out a plan on a registry: looked at again, saved, deleted, a repository after the other.

A failure ends its repository, since an image whose index could not be deleted must stay whole; one that would be met
everywhere ends all of it. Only a definite 404 counts as gone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from towpath.images.deletion.recheck import recheck, without
from towpath.images.deletion.saved_run import SavedManifest
from towpath.images.deletion.step import Step
from towpath.images.errors import SavedManifestsError
from towpath.images.retention.decide import RunningImage
from towpath.images.snapshot import RepositoryRecord
from towpath.images.walk import Scope, walk
from towpath.oci.errors import FormatError
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest, tag
from towpath.registry_client.errors import (
    DeleteDisabledError,
    ForbiddenError,
    NotFoundError,
    ReadOnlyError,
    RegistryError,
    UnauthorizedError,
    UnreachableError,
)
from towpath.registry_client.session import RegistrySession

if TYPE_CHECKING:
    from towpath.oci.digest import Digest

_EVERYWHERE = (
    UnauthorizedError,
    ForbiddenError,
    DeleteDisabledError,
    ReadOnlyError,
    UnreachableError,
    SavedManifestsError,
)
"""What the next repository would meet as well."""

Save = Callable[[tuple[SavedManifest, ...]], None]
"""Takes what is about to go, before it goes. Raises SavedManifestsError, and then nothing of it goes."""


@dataclass(slots=True)
class Outcome:
    """What came of each step. `not_done`: failed, or not tried after a failure; `failures` says why."""

    deleted: list[Step] = field(default_factory=list)
    untagged: list[Step] = field(default_factory=list)
    gone: list[Step] = field(default_factory=list)
    skipped: list[tuple[Step, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    not_done: list[Step] = field(default_factory=list)


async def carry_out(
    session: RegistrySession, steps: Iterable[Step], save: Save, running: frozenset[RunningImage] = frozenset()
) -> Outcome:
    """Do the steps, but for what `running` needs. Every failure is in the outcome, beside what was done before it."""
    outcome = Outcome()
    ordered = sorted(steps, key=lambda step: step.repository)
    ended = False
    for name, group in groupby(ordered, key=lambda step: step.repository):
        of_one = tuple(group)
        if ended:
            outcome.not_done += of_one
            continue
        try:
            used = frozenset(image for image in running if image.repository == name)
            await _Repository(session, name, outcome, save, used).carry_out(of_one)
        except (RegistryError, FormatError, SavedManifestsError) as error:
            outcome.failures.append(str(error))
            outcome.not_done += [step for step in of_one if not _is_settled(outcome, step)]
            ended = isinstance(error, _EVERYWHERE)
    return outcome


def _is_settled(outcome: Outcome, step: Step) -> bool:
    settled = (*outcome.deleted, *outcome.untagged, *outcome.gone, *(each for each, _ in outcome.skipped))
    return step in settled


class _Repository:
    """The steps of one repository."""

    def __init__(
        self, session: RegistrySession, name: str, outcome: Outcome, save: Save, running: frozenset[RunningImage]
    ) -> None:
        self._session = session
        self._name = name
        self._outcome = outcome
        self._save = save
        self._running = running
        self._going: dict[Digest, Manifest] = {}

    async def carry_out(self, steps: tuple[Step, ...]) -> None:
        """Look again, save, delete. Raises RegistryError for the first that fails."""
        record = await self._read(steps)
        if record is None:
            return
        checked = recheck(steps, record, self._running)
        self._outcome.gone += checked.gone
        self._outcome.skipped += checked.skipped
        waiting = checked.agreed
        self._save_all(waiting)
        while waiting:
            step, waiting = waiting[0], waiting[1:]
            if objection := await self._moved(step):
                self._outcome.skipped.append((step, objection))
                rest = without(waiting, step.digest, record)
                self._outcome.skipped += rest.skipped
                waiting = rest.agreed
            else:
                await self._take(step)

    async def _read(self, steps: tuple[Step, ...]) -> RepositoryRecord | None:
        """Read the repository as it is now; None where nothing of it may be deleted, or nothing is left to."""
        digests = [step.digest for step in steps if not step.untag]
        digests += [image.digest for image in self._running if image.digest]
        going = {step.digest for step in steps}

        def take_down(found: Manifest) -> None:
            if found.digest in going:
                self._going[found.digest] = found

        scope = Scope(
            names=(self._name,),
            further={self._name: digests},
            referrers=True,
            configs=False,
            on_manifest=take_down,
        )
        found = await walk(self._session, scope)
        unread = next((failure for failure in found.failures if not failure.gone), None)
        if unread:
            self._outcome.skipped += [(step, f"not read whole: {unread.message}") for step in steps]
            return None
        return found.repositories[self._name]

    def _save_all(self, steps: tuple[Step, ...]) -> None:
        """Save what goes, from the bytes that were read to look at it again."""
        if steps:
            saved = (SavedManifest.of(self._name, self._going[step.digest], step.tags, step.reason) for step in steps)
            self._save(tuple(saved))

    async def _moved(self, step: Step) -> str:
        """Say where a tag of the step leads now, if not to its manifest."""
        for label in step.tags:
            try:
                digest = (await manifest.head(self._session, self._name, label)).digest
            except NotFoundError:
                return "" if step.untag else f"its tag {label} was removed just now"
            if digest != step.digest:
                return f"its tag {label} leads to {digest} by now"
        return ""

    async def _take(self, step: Step) -> None:
        try:
            if step.untag:
                await tag.delete(self._session, self._name, step.tags[0])
            else:
                await manifest.delete(self._session, self._name, step.digest)
        except NotFoundError:
            self._outcome.gone.append(step)
        else:
            (self._outcome.untagged if step.untag else self._outcome.deleted).append(step)
