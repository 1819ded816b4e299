"""The rules as a CrossGuard pack."""

import json
import os
from collections.abc import Sequence

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.proxy import UnknownValueError

from . import (
    batch_below_fleet,
    bcrypt_cost,
    certificate_lifetime,
    certificate_renewal,
    deletion_caps,
    host_keys,
    images_pinned,
    mirrored_images_pinned,
    pod_resources,
    pod_security,
    protected_images,
    verified_registries,
)
from .levels import level_of
from .rule import Rule

RULES: tuple[Rule, ...] = (
    verified_registries.RULE,
    host_keys.RULE,
    batch_below_fleet.RULE,
    certificate_lifetime.RULE,
    certificate_renewal.RULE,
    bcrypt_cost.RULE,
    protected_images.RULE,
    deletion_caps.RULE,
    images_pinned.RULE,
    mirrored_images_pinned.RULE,
    pod_resources.RULE,
    pod_security.RULE,
)
_SHOWN = 20
_DOCUMENTED = "docs/policies.md tells how a stack has another level or limit"


def serve() -> None:
    """Offer the rules to the engine that started this process, until it ends."""
    level = level_of(os.environ.get("PULUMI_STACK", ""), json.loads(os.environ.get("PULUMI_CONFIG") or "{}"))
    PolicyPack("towpath", [policy(rule) for rule in RULES], EnforcementLevel(level))


def policy(rule: Rule) -> ResourceValidationPolicy:
    """Make a policy of a rule."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in rule.types:
            return
        try:
            # The engine hands secrets over in plain text: a rule gets what it names, and no more.
            readable = {name: args.props[name] for name in rule.reads if name in args.props}
            if findings := list(rule.findings(readable, args.get_config() or {})):
                report(message(rule, findings), None)
        except UnknownValueError as unknown:
            unknown.message = f"`{'.'.join(unknown.props)}` is not known yet; the `up` judges it in time"
            raise

    return ResourceValidationPolicy(
        name=rule.name,
        description=rule.reason,
        validate=validate,
        config_schema=_schema(rule),
        severity=Severity(rule.severity),
        remediation_steps=rule.fix,
    )


def message(rule: Rule, findings: Sequence[str]) -> str:
    """Tell all that breaks a rule at a resource, and the way out. CrossGuard puts the reason before it."""
    more = [f"- and {len(findings) - _SHOWN:,} more"] if len(findings) > _SHOWN else []
    return "\n".join([*(f"- {finding}" for finding in findings[:_SHOWN]), *more, f"Fix: {rule.fix}; {_DOCUMENTED}"])


def _schema(rule: Rule) -> PolicyConfigSchema | None:
    if not rule.limits:
        return None
    return PolicyConfigSchema(
        {
            name: {**limit.schema, "description": limit.description, "default": limit.default}
            for name, limit in rule.limits.items()
        }
    )
