"""What happens to the entries of ServiceAccounts over their life: property values in, property values out."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from towpath.cluster.access import ClusterAccess
from towpath.cluster.gone import is_gone
from towpath.pull_secrets.account_patch import Entry
from towpath.pull_secrets.secret_set import raise_for
from towpath.pull_secrets.service_accounts import Accounts, add_entries, lacking_entries, remove_entries

Props: TypeAlias = Mapping[str, Any]

COMPUTED = ("failed", "ours")
"""`failed`: namespace → step and reason. `ours`: namespace → the accounts whose entry we put in."""


def created(props: Props) -> dict[str, Any]:
    """Put the entry in everywhere."""
    return updated({**props, "accounts": {}}, props)


def has_changed(olds: Props, news: Props) -> bool:
    """Whether there is something to do, or to write down."""
    computed = {*COMPUTED, "__provider"}
    return bool(olds.get("failed")) or any(olds.get(key) != value for key, value in news.items() if key not in computed)


def updated(olds: Props, news: Props) -> dict[str, Any]:
    """Put entries in where they are new, or failed before, and take those of ours out that are wanted no more."""
    renamed = _entry(olds) != _entry(news)
    failed_before = olds.get("failed") or {}
    done = {} if renamed else {name: each for name, each in olds["accounts"].items() if name not in failed_before}
    ours_before = olds.get("ours") or {}
    missing = _without(news["accounts"], done)
    surplus = ours_before if renamed else _without(ours_before, news["accounts"])
    ours, failed, left = asyncio.run(_work(olds, news, missing, surplus)) if missing or surplus else ({}, {}, {})
    kept = {} if renamed else _without(ours_before, surplus)
    return {
        **{key: value for key, value in news.items() if key not in COMPUTED},
        "ours": _union(kept, ours, {name: surplus[name] for name in left}),
        "failed": {**left, **failed},
    }


def found(props: Props) -> dict[str, Any]:
    """Look for drift; accounts that lack the entry are left out of what is returned as there."""

    async def ask() -> dict[str, list[str]]:
        async with ClusterAccess.from_record(props["access"]).client() as client:
            return await lacking_entries(client, props["accounts"], props["secret_name"])

    return {**props, "accounts": _without(props["accounts"], asyncio.run(ask()))}


def deleted(props: Props) -> None:
    """Take our entries out. Raises PullSecretsError for accounts that could not be changed."""

    async def work() -> dict[str, str]:
        async with ClusterAccess.from_record(props["access"]).client() as client:
            if await is_gone(client):
                return {}
            return await remove_entries(client, props.get("ours") or {}, _entry(props))

    raise_for("taking pull secrets off ServiceAccounts", asyncio.run(work()))


async def _work(
    olds: Props, news: Props, missing: Accounts, surplus: Accounts
) -> tuple[dict[str, list[str]], dict[str, str], dict[str, str]]:
    async with ClusterAccess.from_record(news["access"]).client() as client:
        ours, failed = await add_entries(client, missing, _entry(news))
        left = await remove_entries(client, surplus, _entry(olds))
    return ours, failed, left


def _entry(props: Props) -> Entry:
    return Entry(props["secret_name"], props["owner"])


def _without(accounts: Accounts, others: Accounts) -> dict[str, list[str]]:
    less = {name: sorted(set(each) - set(others.get(name, ()))) for name, each in accounts.items()}
    return {name: each for name, each in less.items() if each}


def _union(*parts: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    names = sorted({name for part in parts for name in part})
    return {name: sorted({account for part in parts for account in part.get(name, ())}) for name in names}
