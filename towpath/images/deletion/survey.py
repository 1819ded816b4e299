"""Read a registry, and plan what goes, beside whatever else the program does."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.access.registry_access import RegistryAccess
from towpath.images.retention.caps import enforce
from towpath.images.retention.decide import Facts, MirroredImage, RunningImage
from towpath.images.retention.plan import Plan
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import Retention
from towpath.images.retention.review import reviewed_part
from towpath.images.snapshot import Snapshot
from towpath.images.walk import OnProgress, Scope, walk, with_configs
from towpath.oci.digest import Digest
from towpath.registry_client import catalog
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.session import RegistrySession
from towpath.ssh.errors import CommandFailedError

if TYPE_CHECKING:
    from towpath.cluster.access import ClusterAccess

_MOST_DESCRIBED = 100
"""Nobody reads through more."""

Running = Callable[[], Awaitable[frozenset[RunningImage]]]
"""Asks a cluster what its pods use. Raises a TowpathError where it cannot be asked."""
Linked = Callable[[], Awaitable[Mapping[str, Iterable[Digest]]]]
"""Asks a registry's storage which manifests it links, tagged or not, by repository."""


@dataclass(frozen=True)
class Question:
    """What to ask whom."""

    stack: str
    access: RegistryAccess
    retention: Retention
    cluster: "ClusterAccess | None" = None
    """Whom `running` asks, for whoever asks it once more."""
    running: Running | None = None
    linked: Linked | None = None


@dataclass(frozen=True)
class Findings:
    """What was found."""

    snapshot: Snapshot
    running: frozenset[RunningImage] = field(default_factory=frozenset)
    unlisted: str = ""
    """Why the storage was not listed, so that untagged manifests are known only where something names them."""


class Survey:
    """Begins at once; `findings` waits for its end."""

    def __init__(self, question: Question) -> None:
        """Begin, on an event loop of its own: the program's own is busy with the engine."""
        pool = ThreadPoolExecutor(1, "retention")
        self._found: Future[Findings] = pool.submit(asyncio.run, look(question))
        pool.shutdown(wait=False)

    def findings(self) -> Findings:
        """Return what was found. Raises RegistryError, SshError, and what asking the cluster raises."""
        return self._found.result()


async def look(question: Question, on_progress: OnProgress | None = None) -> Findings:
    """Ask the cluster, then the storage, then the registry: what begins to run meanwhile was pulled from it before."""
    running = await question.running() if question.running else frozenset()
    linked, unlisted = await _listed(question.linked)
    async with question.access.session() as session:
        further = await _further(session, question.retention, running, linked)
        scope = Scope(further=further, referrers=True, configs=question.retention.judges_age)
        snapshot = await walk(session, scope, on_progress)
        with suppress(RegistryError):  # nothing is decided by it
            snapshot = await with_configs(session, snapshot, _to_describe(question, snapshot, running))
    return Findings(snapshot, running, unlisted)


def plan(
    question: Question, found: Findings, mirrored: Iterable[MirroredImage] = (), reviewed: Plan | None = None
) -> Plan:
    """Plan what goes. Raises CapExceededError, ReviewError, IncompleteError."""
    facts = Facts(dt.datetime.now(dt.UTC), found.running, frozenset(mirrored))
    made = make_plan(question.stack, found.snapshot, question.retention, facts)
    if reviewed is not None:
        made = reviewed_part(made, reviewed, found.snapshot)
    enforce(made, found.snapshot, question.retention.caps)
    return made.model_copy(update={"exact": made.exact and not found.unlisted})


def cautions(found: Findings, made: Plan, retention: Retention) -> list[str]:
    """Say in lines what the plan may miss, or take too much of, where the storage could not be listed."""
    if not found.unlisted:
        return []
    keys = [
        f"images.retention.policies[{number}].{key}"
        for number, policy in enumerate(retention.policies)
        for key in ("delete_untagged", "delete_orphaned_referrers")
        if getattr(policy, key)
    ]
    lines = [f"{', '.join(keys)}: finds only what an index or a referrer names, as {found.unlisted}"] if keys else []
    if made.deletions:
        lines.append(f"an index without a tag may lose images that have one and go, as {found.unlisted}")
    return lines


def _to_describe(question: Question, snapshot: Snapshot, running: frozenset[RunningImage]) -> list[tuple[str, Digest]]:
    """Return images of which a preview says when they were made, though nothing is decided by it.

    Each takes two requests and more. Copies that `images.mirror` keeps are not known yet, so these may be among them.
    """
    retention = question.retention
    if not retention.delete and all(policy.judges_age for policy in retention.policies):
        return []
    made = make_plan(question.stack, snapshot, retention, Facts(dt.datetime.now(dt.UTC), running))
    undated = [each for each in made.deletions if not retention.judges_age(each.repository)]
    return [(each.repository, each.digest) for each in undated] if len(undated) <= _MOST_DESCRIBED else []


async def _listed(linked: Linked | None) -> tuple[Mapping[str, Iterable[Digest]], str]:
    """Return what the storage links, and why it cannot be listed. Raises SshError where the machine is not reached."""
    if linked is None:
        return {}, "the storage of this registry cannot be listed"
    try:
        return await linked(), ""
    except CommandFailedError as error:
        return {}, f"the storage cannot be listed ({error})"


async def _further(
    session: RegistrySession,
    retention: Retention,
    running: frozenset[RunningImage],
    linked: Mapping[str, Iterable[Digest]],
) -> dict[str, set[Digest]]:
    """Return the manifests to look at beside the tagged ones: in use, linked in the storage, named in the settings."""
    further: dict[str, set[Digest]] = {name: set(digests) for name, digests in linked.items()}
    for image in running:
        if image.digest:
            further.setdefault(image.repository, set()).add(image.digest)
    if any(request.digests for request in retention.delete):
        async for name in catalog.repositories(session):
            for request in retention.requests_for(name):
                further.setdefault(name, set()).update(request.digests)
    return further
