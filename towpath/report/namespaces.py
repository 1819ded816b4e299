"""Namespaces gained and lost, and ServiceAccounts."""

from collections.abc import Sequence

from towpath.report.secrecy import UNKNOWN
from towpath.report.section import Code, Entry, Section, counted
from towpath.report.step import Step, word


def namespace_section(steps: Sequence[Step]) -> Section:
    """Return what becomes of pull secrets."""
    changes = [step for step in steps if step.is_change]
    entries: list[Entry] = []
    said = []
    for step in changes:
        if step.is_of("cluster", "PullSecretSet"):
            found = _set(step)
            entries += found
            said.append(_total(step))
        elif is_pull_secret(step) and step.op in ("update", "replace"):
            entries.append(("the pull secret of ", Code(namespace_of(step)), " is written anew"))
        elif step.is_of("cluster", "ServiceAccountEntries"):
            entries += _accounts(step)
    return Section("Namespaces", entries, " ".join(said))


def is_pull_secret(step: Step) -> bool:
    """Whether a step is of one namespace's Secret, which stands beside the set of all."""
    return step.is_in("PullSecrets") and step.type == "kubernetes:core/v1:Secret"


def gained_and_lost(step: Step) -> tuple[list[str], list[str]]:
    """Return which namespaces a set gets and gives up; a set that is not known yet does neither."""
    if step.new.get("namespaces") == UNKNOWN:
        return [], []
    before, after, refused = step.before("namespaces"), step.after("namespaces"), step.after("refused")
    gained = sorted(name for name in after if name not in before and name not in refused)
    return gained, sorted(name for name in before if name not in after)


def _total(step: Step) -> str:
    if step.new.get("namespaces") == UNKNOWN:
        return "Which namespaces are served is known only in the up."
    gained, lost = gained_and_lost(step)
    served = [name for name in step.after("namespaces") if name not in step.after("refused")]
    return f"{counted(len(served), 'namespace')} served: {len(gained):,} gained, {len(lost):,} lost."


def _set(step: Step) -> list[Entry]:
    gained, lost = gained_and_lost(step)
    drifted = {word(name) for name in step.old.get("drifted") or []}
    entries: list[Entry] = [("gains ", Code(name), *((" (drifted)",) if name in drifted else ())) for name in gained]
    entries += [("loses ", Code(name)) for name in lost]
    entries += [("changes ", Code(name)) for name in step.differing("namespaces") if name in step.before("namespaces")]
    refused = step.after("refused")
    entries += [("cannot serve ", Code(name), f": {word(why)}") for name, why in sorted(refused.items())]
    return entries


def namespace_of(step: Step) -> str:
    """Return the namespace of a Secret."""
    return word(step.after("metadata").get("namespace")) or word(step.before("metadata").get("namespace")) or step.name


def _accounts(step: Step) -> list[Entry]:
    before, after = step.before("accounts"), step.after("accounts")
    return [
        ("ServiceAccounts of ", Code(name), f": {_number(before.get(name))} → {_number(after.get(name))}")
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _number(accounts: object) -> int:
    return len(accounts) if isinstance(accounts, list) else 0
