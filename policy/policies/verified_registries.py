"""Nobody is believed without proof."""

from collections.abc import Iterator

from .rule import NODE_STATE, Limits, Properties, Rule, facts


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each registry whose certificate is not checked, or that is spoken to without TLS."""
    for place in facts(properties, "unverified"):
        yield f"`facts.unverified` has {place}"


RULE = Rule(
    name="verified-registries",
    reason="Every registry, mirror and bucket proves who it is: whoever stands in between could hand out other images.",
    fix="take it out of nodes.setup.insecure_registries, or skip_verify and http:// out of nodes.upstreams and "
    "registry.caches, and give the CA that signed its certificate instead (ca_pem, upstream_ca_pem); for a bucket, an "
    "https:// registry.deployment.storage.s3.endpoint with its ca_pem",
    types=(NODE_STATE, "pulumi-python:dynamic/registry:RegistryCheck"),
    reads=("facts",),
    judge=judge,
    severity="critical",
)
