"""Machines prove who they are."""

from collections.abc import Iterator

from .rule import NODE_STATE, Limits, Properties, Rule, facts


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each machine, bastions too, whose host key is not known beforehand."""
    if properties.get("gone"):
        return
    known = facts(properties, "host_keys")
    if not known:
        yield "`facts.host_keys` names no machine"
    for machine, fingerprint in known.items():
        if not fingerprint:
            yield f"`facts.host_keys` has no key for {machine}"


RULE = Rule(
    name="host-keys",
    reason="The host key of every machine and bastion is known: credentials go there as root.",
    fix="set nodes.members.NAME.host_key (for a bastion nodes.ssh.bastion.host_key), or nodes.ssh.known_hosts_file "
    "with a line for it; `ssh-keyscan HOST` on a trusted network prints one",
    types=(NODE_STATE,),
    reads=("facts", "gone"),
    judge=judge,
    severity="critical",
)
