"""What changes of a registry that runs in the cluster."""

from collections.abc import Sequence

from towpath.report.credentials import accounts_change, is_certificate
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
    sure = rolls_out(ours, steps) is True
    entries = [_workload(step, sure=sure) for step in ours if is_workload(step)]
    entries += [_read(name, sure=is_sure) for name, is_sure in _reads(ours, steps).items()]
    entries += [_object(step) for step in ours if step.type.startswith(_PREFIX) and not is_workload(step)]
    return Section("Registry in the cluster", entries)


def rolls_out(ours: Sequence[Step], steps: Sequence[Step]) -> bool | None:
    """Whether the pods among `ours` are replaced; None where only the `up` can know it."""
    if not any(step.op == "update" and is_workload(step) for step in ours):
        return False
    reads = _reads(ours, steps)
    return True if not reads or any(reads.values()) else None


def _reads(ours: Sequence[Step], steps: Sequence[Step]) -> dict[str, bool]:
    """Name what pods read that changes, and whether that is sure."""
    checks = [step for step in ours if step.is_of("registry", "RegistryCheck") and step.op == "update"]
    # Their sums hang on values that are made anew, so that a preview knows none of them.
    known = {"htpasswd": accounts_change(steps), "tls": any(is_certificate(step) for step in steps)}
    return {
        short: step.after("rollout")[name] != UNKNOWN or known.get(short, False)
        for step in checks
        for name in step.differing("rollout")
        for short in (name.rpartition("/")[2],)
    }


def _workload(step: Step, *, sure: bool) -> Entry:
    anew = "rolls out anew" if sure else "rolls out anew, if what its pods read differs, which only the up knows"
    how = anew if step.op == "update" else f"is {_DONE.get(step.op, step.op)}"
    return (Code(f"{step.kind} {step.name}"), f" {how}")


def _read(name: str, *, sure: bool) -> Entry:
    return (Code(name), " of its pods changes, which replaces them" if sure else " of its pods may change")


def _object(step: Step) -> Entry:
    return (Code(f"{step.kind} {step.name}"), f": {step.op}")
