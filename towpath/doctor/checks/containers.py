"""Whether the registry's container and its caches' run, with their files."""

from towpath.applier.result import Result
from towpath.doctor.finding import Finding, fail, ok, skipped


def container_check(what: str) -> str:
    """Name the check of the registry's or a cache's container."""
    return f"container of the {what}"


def container_finding(what: str, checked: Result | None, repair: str) -> Finding:
    """Judge one; None: Docker does not run, so that it was not asked."""
    check = container_check(what)
    if checked is None:
        return skipped(check, "Docker does not run")
    containers = checked.of("container")
    if not containers:
        return fail(check, "it was never made here", repair)
    down = [(step.name, step.outcome) for step in containers if step.outcome != "running"]
    if down:
        name, condition = down[0]
        ways = {
            "stopped": f"docker start {name} on the node; docker logs {name} says why it stopped",
            "foreign": f"another container has its name: docker rename {name}, then {repair}",
        }
        return fail(check, f"{name} is {condition}", ways.get(condition, repair))
    missing = [step.name for step in checked.of("file") if step.outcome == "absent"]
    if missing:
        return fail(check, f"it runs, but {', '.join(missing)} is missing", repair)
    return ok(check, f"{containers[0].name} runs")
