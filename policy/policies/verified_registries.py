"""Nobody is believed without proof."""

from collections.abc import Iterator

from .rule import NODE_STATE, Limits, Properties, Rule, facts


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each registry whose certificate is not checked, or that is spoken to without TLS."""
    for place, setting in facts(properties, "unverified").items():
        yield f"`facts.unverified` has {place} (by the setting {setting})"


RULE = Rule(
    name="verified-registries",
    reason="Every registry and mirror proves who it is: whoever stands in between could hand out other images.",
    fix="take the entry out of insecure_registries, or skip_verify: true and http:// from the mirror, and give its CA "
    "instead: nodes.upstreams.HOST.mirrors[].ca_pem, or registry.certificate for the stack's own registry",
    types=(NODE_STATE,),
    reads=("facts",),
    judge=judge,
    severity="critical",
)
