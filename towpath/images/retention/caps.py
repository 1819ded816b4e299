"""Stopping a plan that takes more than anyone meant. No I/O."""

from collections import Counter

from towpath.images.errors import CapExceededError
from towpath.images.retention.plan import Kind, Plan
from towpath.images.retention.policy import Caps
from towpath.images.snapshot import Snapshot, companion_of


def violations(plan: Plan, snapshot: Snapshot, caps: Caps) -> list[str]:
    """Return a sentence for each cap that a plan passes."""
    found = []
    dangling = [untagging for untagging in plan.untaggings if untagging.digest is None]
    if caps.max_deletions is not None and len(plan.deletions) + len(dangling) > caps.max_deletions:
        what = f"manifests and {len(dangling)} tags that lead nowhere" if dangling else "manifests"
        found.append(f"{len(plan.deletions)} {what} would go, caps.max_deletions allows {caps.max_deletions}")
    going = Counter(deletion.repository for deletion in plan.deletions if deletion.kind is Kind.IMAGE)
    going.update(untagging.repository for untagging in dangling)
    for name, count in sorted(going.items() if caps.max_repository_share is not None else ()):
        record = snapshot.repositories[name]
        images = len({digest for tag, digest in record.tags.items() if companion_of(tag) is None})
        images += len(record.dangling)
        if caps.max_repository_share is not None and count > caps.max_repository_share * images:
            share = f"{caps.max_repository_share:.0%}"
            found.append(f"{count} of {images} images of {name} would go, caps.max_repository_share allows {share}")
    return found


def enforce(plan: Plan, snapshot: Snapshot, caps: Caps) -> None:
    """Raise CapExceededError that names every cap passed."""
    if found := violations(plan, snapshot, caps):
        raise CapExceededError(
            "\n".join(
                [
                    f"{plan.registry}: the plan takes more than its caps allow, nothing was deleted:",
                    *(f"  - {line}" for line in found),
                    "Check the policies; if they are meant so, raise the caps.",
                ]
            )
        )
