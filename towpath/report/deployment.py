"""What changes of a registry that runs in the cluster."""

from collections.abc import Sequence

from towpath.report.secrecy import UNKNOWN
from towpath.report.section import Code, Entry, Section
from towpath.report.step import Step

_PREFIX = "kubernetes:"
_DONE = {"create": "created", "replace": "replaced", "delete": "deleted"}
_WORKLOADS = ("Deployment", "StatefulSet")


def is_workload(step: Step) -> bool:
    """Whether a step is of the registry's pods."""
    return step.is_in("RegistryDeployment") and step.type.startswith(_PREFIX) and step.kind in _WORKLOADS


def deployment_section(steps: Sequence[Step]) -> Section:
    """Return roll-outs and other objects of the registry."""
    ours = [step for step in steps if step.is_change and step.is_in("RegistryDeployment")]
    entries = [entry for step in ours for entry in _roll_out(step)]
    entries += [_object(step) for step in ours if step.type.startswith(_PREFIX) and not is_workload(step)]
    return Section("Registry in the cluster", entries)


def _roll_out(step: Step) -> list[Entry]:
    if is_workload(step):
        how = "rolls out anew" if step.op == "update" else f"is {_DONE.get(step.op, step.op)}"
        return [(Code(f"{step.kind} {step.name}"), f" {how}")]
    if not step.is_of("registry", "RegistryCheck") or step.op != "update":
        return []
    if step.new.get("rollout") == UNKNOWN:
        return [("what its pods read changes, as far as is known only in the up",)]
    return [
        (Code(name.rpartition("/")[2]), " of its pods changes, which replaces them")
        for name in step.differing("rollout")
    ]


def _object(step: Step) -> Entry:
    return (Code(f"{step.kind} {step.name}"), f": {step.op}")
