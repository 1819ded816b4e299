"""Everything that no other section tells of, by count."""

from collections import Counter
from collections.abc import Container

from towpath.report.images import deleted
from towpath.report.machines import is_node_state
from towpath.report.namespaces import is_pull_secret
from towpath.report.section import Code, Entry, Section, counted
from towpath.report.step import DYNAMIC, Step
from towpath.report.stream import Preview

_COMMAND, _COMPONENT, _ENGINE = "command:remote:Command", "towpath:index:", "pulumi:"
_OUTCOME = "Outcome"
"""Kinds that end so say at the end of an `up` what others could not do."""
_TOLD = frozenset(
    {
        "nodes:NodeState",
        "accounts:AccountRotation",
        "external:ExternalLogin",
        "cluster:PullSecretSet",
        "cluster:ServiceAccountEntries",
        "images:ImageMirror",
        "registry:RegistryCheck",
    }
)


def remainder_section(preview: Preview) -> Section:
    """Return the other steps that do something, and how many resources stay as they are."""
    changes = [step for step in preview.steps if step.is_change]
    documents = {step.name.removesuffix("-state") for step in changes if is_node_state(step)}
    counts = Counter((step.op, step.type) for step in changes if not _is_told(step, documents))
    entries: list[Entry] = [
        (f"{op}: {count:,} of ", Code(kind)) for (op, kind), count in sorted(counts.items(), key=lambda each: each[0])
    ]
    same = sum(step.op == "same" for step in preview.steps)
    said = [f"{counted(same, 'resource')} unchanged."] if same else []
    said += ["No policies ran."] if not preview.packs and preview.result == "succeeded" else []
    return Section("Everything else", entries, " ".join(said), folded=True)


def _is_told(step: Step, documents: Container[str]) -> bool:
    if step.type == _COMMAND:
        return step.name.removesuffix("-apply") in documents or step.is_in("AccountOverlap")
    if step.type.startswith((_COMPONENT, _ENGINE)) or step.kind.endswith(_OUTCOME) or is_pull_secret(step):
        return True
    if step.is_of("images", "ImageDeletion"):
        return step.op != "delete" and bool(deleted(step))
    if step.is_of("images", "GarbageCollection"):
        return step.op != "delete"
    if step.type.startswith(DYNAMIC):
        return step.type.removeprefix(DYNAMIC) in _TOLD
    return step.type.startswith(("random:", "tls:")) or (
        step.is_in("RegistryDeployment") and step.type.startswith("kubernetes:")
    )
