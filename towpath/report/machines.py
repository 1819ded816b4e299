"""What changes on machines: runtimes that restart, files, batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from towpath.report.fleet import Fleet, fleet_of, node_of
from towpath.report.secrecy import UNKNOWN
from towpath.report.section import Code, Entry, Section, counted, names
from towpath.report.step import Step
from towpath.report.stream import Preview

_SERVER = ("RegistryContainer", "PullThroughCache")
_OPENRC = "/etc/conf.d/"
_WISH = ("files", "restarts", "reloads", "containers")


@dataclass(frozen=True)
class MachineChange:
    """What one document does to one machine. `maybe`: what restarts if its content, not known yet, is other."""

    node: str
    what: str
    """Name of the document: the node's own, or what runs there."""
    restarts: Sequence[str] = ()
    maybe: Sequence[str] = ()
    reloads: Sequence[str] = ()
    containers: Sequence[str] = ()
    files: Sequence[str] = ()
    shown: Sequence[str] = ()
    """Lists that a preview shows and that change: `no_proxy: +10.0.0.0/8`."""
    op: str = "update"
    is_server: bool = False
    """Whether it is the registry or a cache, and not the node itself."""
    is_unknown: bool = False
    """Whether some of it is known only in the `up`."""


ALL_RUNTIMES = "all runtimes"
"""What restarts where the state does not tell yet which they are."""


def is_node_state(step: Step) -> bool:
    """Whether a step is the wish for a machine."""
    return step.is_of("nodes", "NodeState")


def is_server(step: Step) -> bool:
    """Whether a step is of the registry or a cache, and not of the node itself."""
    return any(step.is_in(name) for name in _SERVER)


def machine_changes(steps: Sequence[Step]) -> list[MachineChange]:
    """Return what changes on machines, in the order of the steps."""
    return [_change(step) for step in steps if is_node_state(step) and step.is_change]


def restart_sections(preview: Preview) -> list[Section]:
    """Return runtimes that restart, and what else changes on machines."""
    fleet = fleet_of(preview)
    changes = sorted(machine_changes(preview.steps), key=lambda change: fleet.order(change.node))
    nodes = [change for change in changes if not change.is_server]
    restarting = [change for change in nodes if change.restarts or change.maybe]
    return [
        Section(
            "Runtimes that restart", [_restart(change, fleet) for change in restarting], _batches(fleet, restarting)
        ),
        Section(
            "Files and settings on machines",
            [_files(change) for change in changes],
            _init_systems(changes),
            folded=True,
        ),
    ]


def _init_systems(changes: Sequence[MachineChange]) -> str:
    openrc = any(path.startswith(_OPENRC) for change in changes for path in change.files)
    return "What is for another init system than a machine's own is not written there." if openrc else ""


def _change(step: Step) -> MachineChange:
    # A delete takes everything back, so that what was restarted by a change is restarted by its end.
    side = "before" if step.op == "delete" else "after"
    unknown = [key for key in _WISH if step.op != "delete" and step.new.get(key) == UNKNOWN]
    containers = {*step.before("containers"), *step.after("containers")}
    moved = {key: _moved(step, key, side) for key in _WISH}
    restarts = [name for name in moved["restarts"] if name not in containers]
    candidates = [name for name in step.before("restarts") if name not in containers]
    swapped = {*moved["containers"], *(name for name in moved["restarts"] if name in containers)}
    return MachineChange(
        node=node_of(step),
        what=step.name.removesuffix("-state"),
        restarts=restarts,
        maybe=(sorted(candidates) or [ALL_RUNTIMES]) if "restarts" in unknown and not is_server(step) else [],
        reloads=moved["reloads"],
        containers=sorted({*swapped, *(containers if "containers" in unknown else ())}),
        files=moved["files"],
        shown=list(_shown(step)),
        op=step.op,
        is_server=is_server(step),
        is_unknown=bool(unknown),
    )


def _moved(step: Step, key: str, side: str) -> list[str]:
    if side == "before":
        return sorted(step.before(key))
    gone = [name for name in step.before(key) if name not in step.after(key)] if key in ("files", "containers") else []
    known = step.new.get(key) != UNKNOWN
    return sorted({*step.differing(key), *(gone if known else ())})


def _shown(step: Step) -> Iterator[str]:
    before, after = step.before("shown"), step.after("shown")
    for name in sorted({*before, *after}):
        old, new = (each if isinstance(each, list) else [] for each in (before.get(name), after.get(name)))
        signs = [*(f"+{each}" for each in new if each not in old), *(f"-{each}" for each in old if each not in new)]
        if signs:
            yield f"{name}: {' '.join(signs)}"


def _batches(fleet: Fleet, nodes: Sequence[MachineChange]) -> str:
    numbers = {fleet.batch[change.node] for change in nodes if change.node in fleet.batch}
    if not numbers:
        return ""
    changed = f"{len({change.node for change in nodes}):,} of {counted(len(fleet.batch), 'node')}"
    in_batches = f"{len(numbers):,} of {counted(fleet.count, 'batch', 'batches')}"
    return f"On {changed}, in {in_batches}; each batch waits for the one before."


def _restart(change: MachineChange, fleet: Fleet) -> Entry:
    when = {"create": " as it is set up:", "delete": " as it is taken back:"}.get(change.op, "")
    head: Entry = (Code(change.node), f", {fleet.place(change.node)}:")
    sure: Entry = (f" restarts{when} ", *names(change.restarts)) if change.restarts else ()
    maybe: Entry = (f" may restart{when} ", *names(change.maybe), ", known only in the up") if change.maybe else ()
    return (*head, *sure, *(";",) * bool(sure and maybe), *maybe)


def _files(change: MachineChange) -> Entry:
    where = f" on {change.node}" if change.what != change.node else ""
    parts: list[str] = [Code(change.what), f"{where} ({change.op}): "]
    known = names(change.files) or (() if change.is_unknown else ("no file changes",))
    parts += [*known, *((", and more" if known else "which files is"), " known only in the up") * change.is_unknown]
    if change.reloads:
        parts += ["; reloads ", *names(change.reloads)]
    for fact in change.shown:
        parts += ["; ", Code(fact)]
    return tuple(parts)
