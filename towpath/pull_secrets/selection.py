"""Which namespaces the rules choose, among those there are. Pure."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from towpath.pull_secrets.label_selector import fits, parse_selector
from towpath.settings.namespaces import NamespaceRule

_SYSTEM = ("kube-*", "openshift-*")
"""Only named, never chosen by a pattern or by labels."""


@dataclass(frozen=True)
class Found:
    """A namespace of the cluster."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    terminating: bool = False


@dataclass(frozen=True)
class Chosen:
    """A namespace and what it is to get."""

    name: str
    rule: int
    """Position of the rule that holds."""
    create: bool
    """It is missing, and to be made."""


def choose(rules: Iterable[NamespaceRule], found: Iterable[Found]) -> tuple[Chosen, ...]:
    """Return the chosen namespaces by name, each once, by the first rule that fits.

    A name that is missing is chosen too: serving it says what is wrong. A namespace that is being deleted is not
    chosen by pattern or labels.
    """
    there = {namespace.name: namespace for namespace in found}
    chosen: dict[str, Chosen] = {}
    for number, rule in enumerate(rules):
        for name in rule.names:
            chosen.setdefault(name, Chosen(name, number, create=rule.create))
        for namespace in there.values():
            if not namespace.terminating and _fits(rule, namespace):
                chosen.setdefault(namespace.name, Chosen(namespace.name, number, create=False))
    return tuple(chosen[name] for name in sorted(chosen))


def _fits(rule: NamespaceRule, namespace: Found) -> bool:
    if _any(_SYSTEM, namespace.name) or _any(rule.exclude, namespace.name):
        return False
    if not rule.globs and rule.labels is None:
        return False
    if rule.globs and not _any(rule.globs, namespace.name):
        return False
    return rule.labels is None or fits(parse_selector(rule.labels), namespace.labels)


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
