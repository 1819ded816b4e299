"""Everything that no other section tells of, by count."""

from collections import Counter
from collections.abc import Sequence

from towpath.report.images import deleted
from towpath.report.section import Code, Entry, Section, counted
from towpath.report.step import DYNAMIC, Step

_TOLD = frozenset(
    {
        "nodes:NodeState",
        "accounts:AccountRotation",
        "external:ExternalLogin",
        "cluster:PullSecretSet",
        "cluster:ServiceAccountEntries",
        "images:ImageMirror",
    }
)


def remainder_section(steps: Sequence[Step]) -> Section:
    """Return the other steps that do something, and how many resources stay as they are."""
    counts = Counter((step.op, step.type) for step in steps if step.is_change and not _is_told(step))
    entries: list[Entry] = [
        (f"{op}: {count:,} of ", Code(kind)) for (op, kind), count in sorted(counts.items(), key=lambda each: each[0])
    ]
    same = sum(step.op == "same" for step in steps)
    return Section("Everything else", entries, f"{counted(same, 'resource')} unchanged." if same else "", folded=True)


def _is_told(step: Step) -> bool:
    if step.is_of("images", "ImageDeletion"):
        return step.op != "delete" and bool(deleted(step))
    if step.is_of("images", "GarbageCollection"):
        return step.op != "delete"
    if step.type.startswith(DYNAMIC):
        return step.type.removeprefix(DYNAMIC) in _TOLD
    return step.type.startswith(("random:", "tls:")) or (
        step.is_in("RegistryDeployment") and step.type.startswith("kubernetes:")
    )
