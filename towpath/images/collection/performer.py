"""Performs a collection's steps, on the registry by its API and on the place where it runs by a `Site`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from towpath.access.registry_access import RegistryAccess
from towpath.images.collection import canary
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.kept import Kept, look_again, take_down
from towpath.images.collection.report import CollectorReport, parse_report
from towpath.images.collection.sequence import Outcome, Step
from towpath.images.collection.silence import silent_seconds
from towpath.images.collection.site import Site
from towpath.registry_client import upload
from towpath.registry_client.errors import (
    ProtocolError,
    ReadOnlyError,
    ServerFailedError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
)
from towpath.registry_client.retry import Retry
from towpath.registry_client.session import Call
from towpath.registry_client.transport import Limits

Tell = Callable[[str], None]
_SOON = Limits(concurrency=1, connect_seconds=2, idle_seconds=5)
_ONCE = Retry(attempts=1)
_POLL_SECONDS = 10


@dataclass
class Performer:
    """The steps of one collection.

    Each opens connections of its own: one from before a restart may lead to an address where nobody answers any more.
    """

    site: Site
    access: RegistryAccess
    canary_repository: str
    tell: Tell
    clock: Callable[[], float] = time.monotonic
    kept: Kept | None = field(default=None, init=False)

    async def perform(self, step: Step) -> Outcome:
        """Do one step. What it raises is its failure."""
        self.tell(step)
        steps: Mapping[Step, Callable[[], Awaitable[Outcome]]] = {
            Step.RESOLVE: self._resolve,
            Step.DRY_RUN: self._dry_run,
            Step.FREEZE: self._freeze,
            Step.REFUSES: self._refuses,
            Step.WEIGH_BEFORE: self._weigh,
            Step.COLLECT: self._collect,
            Step.WEIGH_AFTER: self._weigh,
            Step.THAW: self._thaw,
            Step.TAKES: self._takes,
            Step.VERIFY: self._verify,
        }
        outcome = await steps[step]()
        return replace(outcome, at_seconds=self.clock()) if step is not Step.FREEZE else outcome

    async def _resolve(self) -> Outcome:
        async with self.access.session() as session:
            self.kept = await take_down(session)
        for place in self.kept.broken:
            self.tell(f"{place} cannot be pulled even now; a collection does not mend it")
        return Outcome(0)

    async def _dry_run(self) -> Outcome:
        report = parse_report(await self.site.dry_run())
        owner = self.kept.owner_of(report.blobs) if self.kept else None
        if owner:
            raise CollectionError(f"the collector would sweep what {owner} needs; look at the registry's storage first")
        return Outcome(0, report=_without_canary(report))

    async def _freeze(self) -> Outcome:
        async with self.access.session() as session:
            await canary.remove(session, self.canary_repository)
        began = self.clock()
        return Outcome(began, down_seconds=await silent_seconds(self.site.freeze(), self._no_answer, self.clock))

    async def _refuses(self) -> Outcome:
        async with self.access.session() as session:
            try:
                opened = await upload.begin(session, self.canary_repository)
            except ReadOnlyError:
                return Outcome(0)
            await upload.cancel(session, opened)
        raise CollectionError("it took a write although its config says read-only; nothing was swept")

    async def _weigh(self) -> Outcome:
        return Outcome(0, storage_bytes=await self.site.weigh())

    async def _collect(self) -> Outcome:
        return Outcome(0, report=parse_report(await self.site.collect()))

    async def _thaw(self) -> Outcome:
        return Outcome(0, down_seconds=await silent_seconds(self.site.thaw(), self._no_answer, self.clock))

    async def _takes(self) -> Outcome:
        async with self.access.session() as session:
            await canary.push_and_pull(session, self.canary_repository)
        return Outcome(0)

    async def _verify(self) -> Outcome:
        if self.kept:
            async with self.access.session() as session:
                await look_again(session, self.kept)
        return Outcome(0)

    async def _no_answer(self) -> str | None:
        """Ask whether the registry answers; return why it does not."""
        try:
            async with asyncio.timeout(_POLL_SECONDS), self.access.session(_SOON, _ONCE) as session:
                await session.send(Call("GET", "/v2/", "asking whether it answers"))
        except UnauthorizedError:
            return None
        except TimeoutError:
            return f"no answer within {_POLL_SECONDS} s"
        except (UnreachableError, TimedOutError, ServerFailedError, ProtocolError) as error:
            # An ingress that has no pods behind it may answer for itself, some of them with 404.
            return str(error)
        return None


def _without_canary(report: CollectorReport) -> CollectorReport:
    """Leave out the canary of the last collection, where the collector names what it found."""
    ours = sum(1 for digest in report.blobs if digest in canary.DIGESTS)
    return replace(report, blobs_eligible=report.blobs_eligible - ours)
