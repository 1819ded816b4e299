"""Carrying out a plan on a registry: repositories beside one another, as many as keep its connections busy.

A failure ends its repository, since an image whose index could not be deleted must stay whole; one that would be met
everywhere ends all of it. Only a definite 404 counts as gone.
"""

from collections.abc import Iterable
from itertools import groupby

from towpath.images.bounded import Room, for_each
from towpath.images.deletion.outcome import Outcome
from towpath.images.deletion.repository import Course, RepositoryDeletion, Save
from towpath.images.deletion.step import Step
from towpath.images.retention.decide import RunningImage
from towpath.registry_client.session import RegistrySession


async def carry_out(
    session: RegistrySession, steps: Iterable[Step], save: Save, running: frozenset[RunningImage] = frozenset()
) -> Outcome:
    """Do the steps, but for what `running` needs. Every failure is in the outcome, beside what was done before it."""
    course = Course()
    repositories = [
        RepositoryDeletion(session, of_one, save, _used(running, of_one[0].repository), course)
        for of_one in _by_repository(steps)
    ]
    limit = session.limits.concurrency
    # Twice what goes at once: the next is read meanwhile, and none is read long before it is its turn to be deleted.
    room = Room(2 * limit)

    async def one(repository: RepositoryDeletion) -> None:
        async with room.taken(min(len(repository.steps), limit)):
            await repository.carry_out(first=repository is repositories[0])

    await for_each(repositories, one, 2 * limit)
    outcome = Outcome()
    for repository in repositories:
        repository.fates.tell(outcome)
    return outcome


def _by_repository(steps: Iterable[Step]) -> list[tuple[Step, ...]]:
    ordered = sorted(steps, key=lambda step: step.repository)
    return [tuple(group) for _, group in groupby(ordered, key=lambda step: step.repository)]


def _used(running: frozenset[RunningImage], name: str) -> frozenset[RunningImage]:
    return frozenset(image for image in running if image.repository == name)
