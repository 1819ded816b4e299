"""Which runtimes are on a node, whether they suffice for its settings, and whether they run."""

from collections.abc import Collection, Mapping

from towpath.applier.result import Result, Step
from towpath.doctor.answer import Unit
from towpath.doctor.finding import Finding, fail, ok, warn
from towpath.doctor.questions import PROGRAMS
from towpath.nodes.errors import NodeError
from towpath.nodes.facts import Facts, check_wish, facts_of
from towpath.nodes.wish import NodeWish


def runtime_check(runtime: str) -> str:
    """Name the check of one runtime."""
    return f"runtime {runtime}"


def runtime_findings(
    wish: NodeWish, discovered: Result, units: Mapping[str, Unit], needed: Collection[str]
) -> list[Finding]:
    """Judge the machine's software, then each daemon. `needed` have to run whatever the settings say."""
    facts = facts_of(discovered)
    daemons = [step for step in discovered.of("runtime") if step.name in PROGRAMS and _has(wish, step.name)]
    findings = [_software(wish, facts)]
    return findings + [_daemon(step, wish, units.get(step.name, Unit()), needed) for step in daemons]


def _software(wish: NodeWish, facts: Facts) -> Finding:
    check = "software"
    try:
        check_wish(facts, wish)
    except NodeError as error:
        return fail(check, str(error), "install what is missing, or change towpath:nodes.setup for this node")
    if not any(_has(wish, name) and name != "kubelet" for name in facts.runtimes):
        return fail(check, "no runtime that pulls images is on it", "install containerd or Docker")
    return ok(check, f"{facts.distribution} {facts.version}, {facts.init}")


def _daemon(step: Step, wish: NodeWish, unit: Unit, needed: Collection[str]) -> Finding:
    check, version = runtime_check(step.name), step.reason.strip() or "of unknown version"
    if step.outcome == "active":
        return ok(check, f"{version}, active")
    why = f"journalctl -u {step.name} says why it stopped"
    named = wish.runtimes is not None and step.name in wish.runtimes
    if named or step.name in needed or unit.enabled.startswith("enabled"):
        return fail(check, f"{version}, does not run", f"systemctl start {step.name} on the node; {why}")
    return warn(
        check,
        f"{version}, does not run, and is not meant to start by itself",
        f"systemctl enable --now {step.name}, or name the other runtimes in towpath:nodes.setup.runtimes",
    )


def _has(wish: NodeWish, name: str) -> bool:
    return wish.runtimes is None or name in wish.runtimes
