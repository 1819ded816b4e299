"""The steps of one repository: looked at again, saved, deleted, as many at once as do not depend on one another.

After a failure nothing more of it is begun. What is under way then is awaited and counts: a deletion that is broken off
may have been done.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.images.bounded import for_each
from towpath.images.deletion.outcome import Fate, Fates
from towpath.images.deletion.recheck import recheck, without
from towpath.images.deletion.saved_run import SavedManifest
from towpath.images.deletion.step import Step
from towpath.images.deletion.waves import Wave, waves
from towpath.images.errors import SavedManifestsError
from towpath.images.retention.decide import RunningImage
from towpath.images.retention.reach import links_of
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

_FAILURES = (RegistryError, FormatError, SavedManifestsError)
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
class Course:
    """What the repositories of a run share: that it ended, and that its first deletion was answered.

    That one goes alone, so that a registry that refuses all of them is asked, and heard, once.
    """

    ended: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """The first deletion was answered, or the first repository is done without one."""
    _answered: bool = False
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def gate(self) -> AsyncIterator[None]:
        """Let one in at a time until a deletion has been answered, and then everybody."""
        async with self._alone:
            if not self._answered:
                yield
                return
        yield

    def answered(self) -> None:
        """Take down that a deletion was answered, however."""
        self._answered = True
        self.begun.set()


class RepositoryDeletion:
    """The steps of one repository, in an order in which they are safe. `running` is what pods use of it."""

    def __init__(
        self,
        session: RegistrySession,
        steps: tuple[Step, ...],
        save: Save,
        running: frozenset[RunningImage],
        course: Course,
    ) -> None:
        self.steps = steps
        self.fates = Fates(steps)
        self._session = session
        self._name = steps[0].repository
        self._save = save
        self._running = running
        self._course = course
        self._failed = False
        self._going: dict[Digest, Manifest] = {}

    async def carry_out(self, *, first: bool) -> None:
        """Look again, save, delete. `first`: the run begins here. Failures are among the fates."""
        if not first:
            await self._course.begun.wait()
        try:
            if not self._stopped:
                await self._carry_out()
        except _FAILURES as error:
            self.fates.fail(str(error))
            self._stop(error)
        finally:
            if first:
                self._course.begun.set()

    async def _carry_out(self) -> None:
        record = await self._read()
        if record is None:
            return
        left = deque(waves(self._agreed(record), links_of(record)))
        while left:
            await self._take_all(left.popleft(), left, record)

    async def _read(self) -> RepositoryRecord | None:
        """Read the repository as it is now; None where nothing of it may be deleted."""
        digests = [step.manifest for step in self.steps if not step.untag]
        digests += [image.digest for image in self._running if image.digest]
        going = {step.digest for step in self.steps}

        def take_down(found: Manifest) -> None:
            if found.digest in going:
                self._going[found.digest] = found

        scope = Scope(
            names=(self._name,),
            further={self._name: digests},
            referrers=True,
            configs=lambda _: False,
            on_manifest=take_down,
        )
        found = await walk(self._session, scope)
        unread = next((failure for failure in found.failures if not failure.gone), None)
        if unread:
            for step in self.steps:
                self.fates.learn(step, Fate.SKIPPED, f"not read whole: {unread.message}")
            return None
        return found.repositories[self._name]

    def _agreed(self, record: RepositoryRecord) -> tuple[Step, ...]:
        """Return the steps that still hold, and save them from the bytes that were read to look at them again."""
        checked = recheck(self.steps, record, self._running)
        for step in checked.gone:
            self.fates.learn(step, Fate.GONE)
        for step, why in checked.skipped:
            self.fates.learn(step, Fate.SKIPPED, why)
        saved = tuple(
            SavedManifest.of(self._name, self._going[step.digest], step.tags, step.reason)
            for step in checked.agreed
            if step.digest
        )
        if saved and not self._stopped:
            self._save(saved)
        return checked.agreed

    async def _take_all(self, wave: Wave, left: Iterable[Wave], record: RepositoryRecord) -> None:
        """Take steps that need nothing of one another; what one of them needs that stays after all stays, too."""
        await for_each(self._open(wave), self._take, self._session.limits.concurrency)
        for step in wave:
            if self.fates.of(step) is Fate.SKIPPED and step.digest:
                later = self._open(step for each in left for step in each)
                for held, why in without(later, step.digest, record).skipped:
                    self.fates.learn(held, Fate.SKIPPED, why)

    async def _take(self, step: Step) -> None:
        """Take one step, on a slot of its own: nothing comes between the look at its tags and its deletion."""
        async with self._course.gate(), self._session.turn() as turn:
            if self._stopped:
                return
            try:
                objection = await _moved(turn, step)
                fate, objection = (Fate.SKIPPED, objection) if objection else await self._deleted(turn, step)
            except _FAILURES as error:
                self._stop(error)
                fate, objection = Fate.FAILED, str(error)
        self.fates.learn(step, fate, objection)

    async def _deleted(self, turn: RegistrySession, step: Step) -> tuple[Fate, str]:
        try:
            return await _delete(turn, step)
        finally:
            self._course.answered()

    def _open(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        return tuple(step for step in steps if self.fates.of(step) is None)

    @property
    def _stopped(self) -> bool:
        return self._failed or self._course.ended

    def _stop(self, error: Exception) -> None:
        self._failed = True
        if isinstance(error, _EVERYWHERE):
            self._course.ended = True


async def _moved(session: RegistrySession, step: Step) -> str:
    """Say where a tag of the step leads now, if not to its manifest."""
    for label in step.tags:
        try:
            digest = (await manifest.head(session, step.repository, label)).digest
        except NotFoundError:
            return "" if step.untag else f"its tag {label} was removed just now"
        if digest != step.digest:
            return f"its tag {label} leads to {digest} by now"
    return ""


async def _delete(session: RegistrySession, step: Step) -> tuple[Fate, str]:
    """Delete; return what came of it, and why where the step was left out after all."""
    try:
        if step.untag:
            if step.digest:
                await tag.delete(session, step.repository, step.tags[0])
            elif not await tag.delete_dangling(session, step.repository, step.tags[0]):
                return Fate.SKIPPED, "its tag leads somewhere by now"
            return Fate.UNTAGGED, ""
        await manifest.delete(session, step.repository, step.manifest)
    except NotFoundError:
        return Fate.GONE, ""
    return Fate.DELETED, ""
