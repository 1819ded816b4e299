"""What the namespaces' settings must agree on with the rest of the stack's."""

from collections.abc import Collection, Sequence

from towpath.settings.accounts import Account
from towpath.settings.namespaces import OWN, NamespaceRule, Namespaces


def check_namespaces(
    namespaces: Namespaces, accounts: Sequence[Account], external: Collection[str], *, has_registry: bool
) -> None:
    """Raise ValueError for an account or a registry that the stack does not have."""
    for number, rule in enumerate(namespaces.rules):
        key = f"namespaces.rules[{number}]"
        known = {account.name for account in accounts} if has_registry else set()
        if rule.account is not None and rule.account not in known:
            names = ", ".join(sorted(known)) or "none, since there is no registry"
            raise ValueError(f"{key}.account is {rule.account!r}, which is no account; write one of: {names}")
        there = {*external, *([OWN] if has_registry else [])}
        if lacking := sorted(set(rule.registries or ()) - there):
            names = ", ".join(sorted(there)) or "none"
            raise ValueError(
                f"{key}.registries has {lacking[0]!r}; write {OWN}, or keys of external_registries: {names}"
            )
        if not registries_of(rule, external, has_registry=has_registry):
            raise ValueError(f"{key} has no registry to log in to; set registry.kind, or name external_registries")
        if rule.cdi and not has_registry:
            raise ValueError(f"{key}.cdi gives DataVolumes our own registry, and there is none; take it out")


def registries_of(rule: NamespaceRule, external: Collection[str], *, has_registry: bool) -> tuple[str, ...]:
    """Return whose logins a rule's secret holds: `own` and hosts."""
    if rule.registries is not None:
        return rule.registries
    return (OWN,) if has_registry else tuple(sorted(external))
