"""The stack as a picture shows it: lanes of boxes, from other registries to the namespaces that pull."""

from collections.abc import Sequence
from dataclasses import dataclass

from towpath.report.fleet import Fleet, fleet_of, node_of
from towpath.report.machines import MachineChange, is_node_state, is_server, machine_changes
from towpath.report.namespaces import gained_and_lost, is_pull_secret, namespace_of
from towpath.report.picture_registry import registry_boxes, upstream_boxes
from towpath.report.picture_shapes import Box, Lane, State
from towpath.report.step import Step
from towpath.report.stream import Preview

_MOST = 24
"""More boxes of a kind would be a wall; the rest is a number."""


@dataclass(frozen=True)
class Picture:
    """All lanes that have anything in them, in the order in which images travel."""

    lanes: Sequence[Lane]

    @property
    def is_empty(self) -> bool:
        """Whether the stream told of no part of a stack."""
        return not any(lane.boxes for lane in self.lanes)


def picture_of(preview: Preview) -> Picture:
    """Draw what the stream tells of."""
    nodes, namespaces = _nodes(preview), _namespaces(preview.steps)
    by_proxy = ", by the proxy" if preview.settings.at("proxy") else ""
    lanes = (
        Lane("Other registries", upstream_boxes(preview), f"images{by_proxy}"),
        Lane("Registry", registry_boxes(preview), "pulls"),
        _cut(Lane("Nodes", nodes, "pods")),
        _cut(Lane("Namespaces", namespaces)),
    )
    return Picture([lane for lane in lanes if lane.boxes])


def _cut(lane: Lane) -> Lane:
    """Leave out what stays as it is before anything else, and never the order."""
    if len(lane.boxes) <= _MOST:
        return lane
    ranked = sorted(range(len(lane.boxes)), key=lambda at: lane.boxes[at].state is State.SAME)
    shown = [lane.boxes[at] for at in sorted(ranked[:_MOST])]
    return Lane(lane.title, shown, lane.leads, len(lane.boxes) - _MOST)


def _nodes(preview: Preview) -> list[Box]:
    fleet = fleet_of(preview)
    by_node: dict[str, list[MachineChange]] = {}
    for step in preview.steps:
        if is_node_state(step) and not is_server(step):
            by_node.setdefault(node_of(step), []).extend(machine_changes([step]))
    return [_node(name, by_node[name], fleet) for name in sorted(by_node, key=fleet.order)]


def _node(name: str, changes: Sequence[MachineChange], fleet: Fleet) -> Box:
    group = f"Batch {fleet.batch[name]}" if name in fleet.batch else ""
    sure = sorted({each for change in changes for each in change.restarts})
    maybe = sorted({each for change in changes for each in change.maybe})
    silent = ["does not answer now"] if name in fleet.silent else []
    lines = [f"{', '.join(sure)}"] if sure else []
    lines += [f"perhaps {', '.join(maybe)}"] if maybe else []
    ops = {change.op for change in changes}
    if "delete" in ops:
        return Box(name, ["leaves the stack", *lines], State.GOES)
    if "create" in ops:
        return Box(name, [*silent, *lines], State.NEW, group)
    state = State.RESTARTS if lines else State.CHANGES if changes else State.SAME
    return Box(name, [*silent, *lines], state, group)


def _namespaces(steps: Sequence[Step]) -> list[Box]:
    states: dict[str, State] = {}
    for step in steps:
        if not step.is_of("cluster", "PullSecretSet"):
            continue
        gained, lost = gained_and_lost(step)
        states |= dict.fromkeys((*step.before("namespaces"), *step.after("namespaces")), State.SAME)
        states |= dict.fromkeys(step.differing("namespaces"), State.CHANGES)
        states |= dict.fromkeys(gained, State.NEW) | dict.fromkeys(lost, State.GOES)
        states |= dict.fromkeys(step.after("refused"), State.REFUSED)
    renewed = {namespace_of(step) for step in steps if is_pull_secret(step) and step.op in ("update", "replace")}
    return [
        Box(name, [], State.CHANGES if name in renewed and states[name] is State.SAME else states[name])
        for name in sorted(states)
    ]
