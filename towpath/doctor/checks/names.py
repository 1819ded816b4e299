"""Whether a node finds the registry by its name."""

from towpath.doctor.finding import Finding, fail, ok, skipped

CHECK = "name"


def name_finding(host: str, addresses: tuple[str, ...] | None, wanted: str | None, repair: str) -> Finding:
    """Judge what a name led to. `wanted` is the address that our /etc/hosts entry gives it, if there is one."""
    if addresses is None:
        return skipped(CHECK, "the node has no getent to ask with")
    if not addresses:
        way_out = (
            repair if wanted else f"enter {host} in the DNS that the node asks, or set towpath:registry.hosts_entry"
        )
        return fail(CHECK, f"{host} does not resolve", way_out)
    if wanted and wanted not in addresses:
        return fail(CHECK, f"{host} leads to {', '.join(addresses)}, not to {wanted}", repair)
    return ok(CHECK, f"{host} is {', '.join(addresses)}")
