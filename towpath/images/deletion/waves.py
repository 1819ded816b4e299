"""Which steps of one repository may go at the same time. No I/O."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from towpath.images.deletion.step import Step
from towpath.images.retention.reach import Links, needed

if TYPE_CHECKING:
    from towpath.oci.digest import Digest

Wave = tuple[Step, ...]


def waves(steps: Iterable[Step], links: Links) -> Iterator[Wave]:
    """Cut steps into groups, each to be begun once the one before has ended, in the order of the steps.

    Of two steps of which one needs what the other deletes, directly or through others, the first is in an earlier
    group. Tags that go alone go one by one: releases 2.x answer an error to whoever looks through the tags of a
    repository, as a deletion does, while one of them is moved.
    """
    for alone, group in groupby(steps, key=lambda step: step.untag):
        of_a_kind = tuple(group)
        yield from ((step,) for step in of_a_kind) if alone else _levels(of_a_kind, links)


def _levels(steps: Wave, links: Links) -> list[Wave]:
    going = {step.manifest for step in steps}
    levels: list[list[Step]] = []
    level_of: dict[Digest, int] = {}
    least: dict[Digest, int] = {}
    for step in steps:
        related = needed(links, [step.manifest]) & going
        level = max((level_of[digest] + 1 for digest in related if digest in level_of), default=0)
        level = max(level, least.get(step.manifest, 0))
        level_of[step.manifest] = level
        for digest in related:
            least[digest] = max(least.get(digest, 0), level + 1)
        if level == len(levels):
            levels.append([])
        levels[level].append(step)
    return [tuple(group) for group in levels]
