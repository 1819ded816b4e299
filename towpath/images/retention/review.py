"""A plan cut down to what somebody has reviewed. No I/O.

Between a preview and its `up` images come and tags move: only what was reviewed *and* is still eligible goes, and what
stays takes back what it needs.
"""

from towpath.images.errors import ReviewError
from towpath.images.retention.freed import with_freed_bytes
from towpath.images.retention.plan import Deletion, Held, Plan, Untagging
from towpath.images.retention.reach import links_of, needed
from towpath.images.snapshot import Snapshot


def reviewed_part(plan: Plan, reviewed: Plan, snapshot: Snapshot) -> Plan:
    """Return `plan` ∩ `reviewed`; what was reviewed and stays, or is eligible but unseen, is held, with the reason.

    Raises ReviewError where the review is of another stack or registry.
    """
    for what, here, there in (("stack", plan.stack, reviewed.stack), ("registry", plan.registry, reviewed.registry)):
        if here != there:
            raise ReviewError(f"the reviewed plan is of {what} {there}, this is {here}; make a preview of this one")
    seen = {(deletion.repository, deletion.digest): frozenset(deletion.tags) for deletion in reviewed.deletions}
    held: list[Held] = []
    agreed: list[Deletion] = []
    for deletion in plan.deletions:
        reason = _objection(deletion, seen.get((deletion.repository, deletion.digest)))
        if reason is None:
            agreed.append(deletion)
        else:
            held.append(Held(repository=deletion.repository, what=deletion.digest, reason=reason))
    safe = _unneeded(agreed, snapshot)
    kept_back = [deletion for deletion in agreed if deletion not in safe]
    held += [Held(repository=d.repository, what=d.digest, reason="needed by what was not reviewed") for d in kept_back]
    held += _no_longer(plan, reviewed)
    counted = with_freed_bytes(snapshot, safe)
    return plan.model_copy(
        update={
            "deletions": counted,
            "untaggings": tuple(entry for entry in plan.untaggings if _agreed_tag(entry, reviewed)),
            "held": (*plan.held, *sorted(held, key=lambda entry: (entry.repository, entry.what))),
            "freed_bytes": sum(deletion.freed_bytes for deletion in counted),
        }
    )


def _objection(deletion: Deletion, reviewed_tags: frozenset[str] | None) -> str | None:
    if reviewed_tags is None:
        return "eligible, but not in the reviewed plan"
    if gained := sorted(set(deletion.tags) - reviewed_tags):
        return f"gained the tag {', '.join(gained)} since the review"
    return None


def _unneeded(deletions: list[Deletion], snapshot: Snapshot) -> list[Deletion]:
    wanted = {}
    for name in {deletion.repository for deletion in deletions}:
        record = snapshot.repositories[name]
        going = {deletion.digest for deletion in deletions if deletion.repository == name}
        wanted[name] = needed(links_of(record), record.manifests.keys() - going)
    return [deletion for deletion in deletions if deletion.digest not in wanted[deletion.repository]]


def _agreed_tag(entry: Untagging, reviewed: Plan) -> bool:
    agreed = {(r.repository, r.tag, r.digest) for r in reviewed.untaggings}
    agreed |= {(d.repository, tag, d.digest) for d in reviewed.deletions for tag in d.tags}
    if entry.digest is None:  # whoever agreed to the deletion of its manifest agreed to this
        return (entry.repository, entry.tag) in {(repository, tag) for repository, tag, _ in agreed}
    return (entry.repository, entry.tag, entry.digest) in agreed


def _no_longer(plan: Plan, reviewed: Plan) -> list[Held]:
    eligible = {(deletion.repository, deletion.digest) for deletion in plan.deletions}
    return [
        Held(repository=deletion.repository, what=deletion.digest, reason="reviewed, but gone or in use by now")
        for deletion in reviewed.deletions
        if (deletion.repository, deletion.digest) not in eligible
    ]
