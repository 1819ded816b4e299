"""What a machine is, as the applier's `discover` found it, and what follows from that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from towpath.applier.result import Result
from towpath.nodes.errors import NodeError
from towpath.nodes.wish import RUNTIMES, NodeWish, Runtime

_DAEMON_JSON_PROXIES = (23,)
_HOSTS_TOML = (1, 5)


@dataclass(frozen=True)
class Facts:
    """A machine: distribution by its os-release(5) ID, init system, and the version of each runtime that is there."""

    distribution: str
    version: str
    init: str
    """systemd, openrc or none."""
    runtimes: Mapping[str, str]


def facts_of(discovered: Result) -> Facts:
    """Read what `discover` printed."""
    machine = next(iter(discovered.of("machine")), None)
    init = next(iter(discovered.of("init")), None)
    return Facts(
        distribution=machine.outcome if machine else "unknown",
        version=machine.reason if machine else "unknown",
        init=init.name if init else "none",
        runtimes={step.name: step.reason for step in discovered.of("runtime")},
    )


def check_wish(facts: Facts, wish: NodeWish) -> None:
    """Refuse what this machine's software does not know. Raises NodeError with all findings."""
    findings = []
    if wish.runtimes is not None:
        findings += [f"{name} is declared but not on it" for name in sorted(wish.runtimes - set(facts.runtimes))]
    docker = facts.runtimes.get("docker")
    if docker and wish.docker_proxy == "daemon.json" and wish.proxy and _older(docker, _DAEMON_JSON_PROXIES):
        findings.append(
            f"Docker {docker} takes no proxy from daemon.json (23 and later do); set docker_proxy to drop-in"
        )
    containerd = facts.runtimes.get("containerd")
    if (
        containerd
        and wish.has("containerd")
        and (wish.upstreams or wish.registries)
        and _older(containerd, _HOSTS_TOML)
    ):
        findings.append(f"containerd {containerd} reads no hosts.toml (1.5 and later do); update it")
    if wish.proxy and facts.init == "none":
        findings.append("it has neither systemd nor OpenRC, so that a runtime cannot be given a proxy")
    if findings:
        raise NodeError("; ".join(findings))


def narrowed(facts: Facts, wish: NodeWish) -> NodeWish:
    """Leave out of a wish the runtimes that the machine does not have."""
    found: frozenset[Runtime] = frozenset(name for name in RUNTIMES if name in facts.runtimes)
    return replace(wish, runtimes=found if wish.runtimes is None else wish.runtimes & found)


def _older(version: str, than: tuple[int, ...]) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[: len(than)])
    return bool(numbers) and numbers < than
