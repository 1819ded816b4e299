"""A registry's pod cannot starve its node, nor be starved."""

from collections.abc import Iterator

from .rule import DEPLOYMENT, Limits, Properties, Rule
from .workload import containers

_WANTED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each container without requests or without a limit of memory. A limit of CPU only makes pulls slow."""
    for path, container in containers(properties):
        resources = container.get("resources") or {}
        for kind, name in _WANTED:
            if not (resources.get(kind) or {}).get(name):
                yield f"`{path}.resources.{kind}.{name}` is missing"


RULE = Rule(
    name="pod-resources",
    reason="The registry's pods ask for CPU and memory and end at a limit of memory: else they take their node down.",
    fix="set cpu_request, memory_request and memory_limit of registry.deployment.resources",
    types=(DEPLOYMENT,),
    reads=("spec",),
    judge=judge,
    severity="medium",
)
