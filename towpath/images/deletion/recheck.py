"""Whether the steps of a plan still hold, by what a repository holds now. No I/O.

What changed since the plan stays, and takes back what it needs.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from towpath.images.deletion.step import Step
from towpath.images.retention.decide import RunningImage, running_digests
from towpath.images.retention.reach import links_of, needed, with_ancestors
from towpath.images.snapshot import RepositoryRecord
from towpath.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Checked:
    """The steps that still hold, in their order; what is gone already; and what stays, with the reason."""

    agreed: tuple[Step, ...] = ()
    gone: tuple[Step, ...] = ()
    skipped: tuple[tuple[Step, str], ...] = ()


def recheck(steps: Iterable[Step], record: RepositoryRecord, running: Iterable[RunningImage] = ()) -> Checked:
    """Look at the steps of one repository again. `record` was read whole, with what refers to each manifest.

    `running` is what pods use by now.
    """
    tags = record.tags_of()
    links = links_of(record)
    used = running_digests(record, running)
    in_use = needed(links, with_ancestors(links, used))
    agreed: list[Step] = []
    gone: list[Step] = []
    skipped: list[tuple[Step, str]] = []
    for step in steps:
        if _is_gone(step, record):
            gone.append(step)
        elif step.digest in (used if step.untag else in_use):
            skipped.append((step, "a pod uses it by now"))
        elif objection := _objection(step, tags.get(step.digest, ()) if step.digest else record.dangling):
            skipped.append((step, objection))
        else:
            agreed.append(step)
    going = {step.digest for step in agreed if not step.untag}
    kept = needed(links, record.manifests.keys() - going)
    skipped += [(step, "something that stays needs it by now") for step in agreed if _is_kept(step, kept)]
    return Checked(tuple(step for step in agreed if not _is_kept(step, kept)), tuple(gone), tuple(skipped))


def without(steps: Iterable[Step], stays: Digest, record: RepositoryRecord) -> Checked:
    """Take out of the steps what a manifest that stays after all needs."""
    kept = needed(links_of(record), [stays])
    held = tuple(step for step in steps if _is_kept(step, kept))
    return Checked(
        tuple(step for step in steps if not _is_kept(step, kept)),
        skipped=tuple((step, f"{stays} stays and needs it") for step in held),
    )


def _is_gone(step: Step, record: RepositoryRecord) -> bool:
    if step.untag:
        return step.tags[0] not in record.tags and step.tags[0] not in record.dangling
    return step.digest not in record.manifests


def _objection(step: Step, tags_now: Collection[str]) -> str:
    if step.untag:
        return "" if step.tags[0] in tags_now else "it leads elsewhere by now"
    if gained := sorted(set(tags_now) - set(step.tags)):
        return f"it gained the tag {', '.join(gained)}"
    if lost := sorted(set(step.tags) - set(tags_now)):
        return f"its tag {', '.join(lost)} was moved or removed"
    return ""


def _is_kept(step: Step, kept: set[Digest]) -> bool:
    return not step.untag and step.digest in kept
