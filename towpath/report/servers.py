"""What becomes of the registry's container and of caches, which runtimes that restart take down with them."""

from collections.abc import Mapping, Sequence

from towpath.report.credentials import is_certificate
from towpath.report.fleet import node_of
from towpath.report.machines import MachineChange, is_node_state, is_server, machine_changes
from towpath.report.section import Code, Entry, Section
from towpath.report.step import Step
from towpath.report.stream import Preview
from towpath.report.told_settings import ToldSettings

_RUNTIME = "docker"
_FATES = ("create", "delete")


def server_section(preview: Preview) -> Section:
    """Return containers that start, stop or restart, and those that are down while their runtime restarts."""
    changes = machine_changes(preview.steps)
    renewed = any(is_certificate(step) for step in preview.steps)
    entries = [entry for change in changes if change.is_server for entry in _own(change, renewed=renewed)]
    restarting = {change.node: change for change in changes if not change.is_server}
    for step in preview.steps:
        if is_node_state(step) and is_server(step) and step.op not in _FATES:
            entries += _with_its_runtime(step, restarting, preview.settings)
    return Section("Registry and caches", entries)


def restarting_servers(steps: Sequence[Step]) -> tuple[set[str], set[str]]:
    """Name the containers that restart of their own: those that do, and those of which only the `up` can know it."""
    changes = [change for change in machine_changes(steps) if change.is_server and change.op not in _FATES]
    renewed = any(is_certificate(step) for step in steps)
    sure = {name for change in changes if renewed or not change.is_unknown for name in change.containers}
    return sure, {name for change in changes for name in change.containers} - sure


def _own(change: MachineChange, *, renewed: bool) -> list[Entry]:
    fates = {"create": "starts", "delete": "stops; pulls from it fail from then on"}
    said = fates.get(change.op, "restarts; pulls from it fail meanwhile")
    if change.op not in _FATES and change.is_unknown:
        # It reads its certificate once, but its accounts again and again.
        why = "for another certificate" if renewed else "known only in the up"
        said = f"{'restarts' if renewed else 'may restart'}, {why}; pulls from it fail meanwhile"
    # The name of a container that is to be made is part of a document that may not be known yet.
    return [(Code(name), f" on {change.node} {said}") for name in change.containers or _unnamed(change)]


def _unnamed(change: MachineChange) -> list[str]:
    return [change.what] if change.op == "create" else []


def _with_its_runtime(step: Step, restarting: Mapping[str, MachineChange], settings: ToldSettings) -> list[Entry]:
    change = restarting.get(node_of(step))
    if change is None or _RUNTIME not in (*change.restarts, *change.maybe):
        return []
    lasts = _live_restore(settings, change.node)
    if lasts is True:
        return []
    unless = "" if lasts is False else ", unless Docker's live-restore is on there"
    return [
        (Code(name), " is down while ", Code(_RUNTIME), f" on {change.node} restarts{unless}")
        for name in sorted(step.before("containers"))
    ]


def _live_restore(settings: ToldSettings, node: str) -> object:
    """Return the node's own setting, its group's, or that of all; None where none is told."""
    member = ("nodes", "members", node)
    group = settings.at(*member, "group")
    own = settings.at(*member, "setup", "live_restore")
    shared = settings.at("nodes", "groups", str(group), "setup", "live_restore")
    found = (own, shared, settings.at("nodes", "setup", "live_restore"))
    return next((each for each in found if each is not None), None)
