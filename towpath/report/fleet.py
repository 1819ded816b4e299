"""Which nodes there are and in which batches they change, as far as the stream tells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from towpath.machines.batches import batches
from towpath.report.step import Step
from towpath.report.stream import Preview

_SILENT = re.compile(r"^(?P<node>\S+) does not answer; it is tried last")
_ONE_AT_A_TIME = 1


@dataclass(frozen=True)
class Fleet:
    """`batch`: node → number from 1 on, empty where the settings of the nodes are secret; `count` of batches."""

    batch: Mapping[str, int] = field(default_factory=dict)
    count: int = 0
    silent: Sequence[str] = ()

    def place(self, node: str) -> str:
        """Say which batch a node is in."""
        number = self.batch.get(node)
        if number is None:
            return "no more in the stack" if self.batch else "batch not known"
        last = ", which does not answer now and is tried last" if node in self.silent else ""
        return f"batch {number} of {self.count}{last}"

    def order(self, node: str) -> tuple[int, str]:
        """Sort key: as nodes are changed."""
        return (self.batch.get(node, self.count + 1), node)


def fleet_of(preview: Preview) -> Fleet:
    """Find the batches out as the program does: from the settings, with nodes that do not answer last."""
    settings = preview.settings
    members, size = settings.group("nodes", "members"), settings.at("nodes", "rollout", "max_unavailable")
    if not members or (size is None and not settings.is_whole):
        return Fleet()
    found = (_SILENT.match(message.text) for message in preview.messages if message.severity == "warning")
    named = {match["node"] for match in found if match}
    silent = [name for name in members if name in named]
    groups: list[list[str]] = []
    try:
        for names in ([name for name in members if name not in silent], silent):
            groups += batches(names, _ONE_AT_A_TIME if size is None else size) if names else []
    except ValueError:
        return Fleet()
    numbers = {name: number for number, group in enumerate(groups, 1) for name in group}
    return Fleet(numbers, len(groups), silent)


def node_of(step: Step) -> str:
    """Return the machine of a `NodeState`."""
    return step.said("machine") or step.name.removesuffix("-state")
