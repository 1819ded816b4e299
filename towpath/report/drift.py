"""What was found otherwise than a stack left it, apart from what the change wants."""

from collections.abc import Sequence

from towpath.report.fleet import node_of
from towpath.report.machines import is_node_state
from towpath.report.section import Code, Entry, Section
from towpath.report.step import Step, word
from towpath.report.stream import Preview

_HIDDEN = frozenset({"repairs", "drifted", "id", "__provider", "__meta"})


def drift_section(preview: Preview) -> Section:
    """Return what a refresh in this preview found, and what one before left in the state."""
    entries = [_found(step) for step in preview.drifted]
    seen = {step.urn for step in preview.drifted}
    entries += [entry for step in preview.steps if step.urn not in seen for entry in _remembered(step)]
    said = "Found otherwise than the last up left it; the next puts it back." if entries else ""
    return Section("Drift", entries, said)


def _found(step: Step) -> Entry:
    if step.is_gone:
        return (Code(step.name), f" ({step.kind}) is not there any more")
    names = sorted(name for name in step.new if step.old.get(name) != step.new[name] and name not in _HIDDEN)
    if is_node_state(step):
        return (Code(node_of(step)), ": ", *_paths(step, names))
    return (Code(step.name), f" ({step.kind}) differs in ", Code(", ".join(names) or "what is not shown"))


def _paths(step: Step, names: Sequence[str]) -> Entry:
    paths = [
        path
        for name in names
        for path in sorted({*step.before(name), *step.after(name)})
        if step.before(name).get(path) != step.after(name).get(path)
    ]
    return (Code(", ".join(paths) or ", ".join(names) or "drifted before"),)


def _remembered(step: Step) -> list[Entry]:
    if is_node_state(step) and step.old.get("drifted") is True:
        return [(Code(node_of(step)), ": ", *_paths(step, ("files", "restarts", "reloads", "containers")))]
    if step.is_of("images", "ImageMirror"):
        return [(Code(name), f": {word(why)}") for name, why in sorted(step.before("drift").items())]
    if step.is_of("cluster", "PullSecretSet"):
        drifted = step.old.get("drifted")
        return [("namespace ", Code(word(name))) for name in drifted] if isinstance(drifted, list) else []
    return []
