"""What happens to a set over its life: property values in, property values out, and the cluster brought to them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from towpath.cluster.access import ClusterAccess
from towpath.cluster.gone import is_gone
from towpath.pull_secrets.secret_set import Cleared, Served, clear, clear_cdi, drifted, raise_for, serve
from towpath.pull_secrets.wish import SetWish

Props: TypeAlias = Mapping[str, Any]
Tell: TypeAlias = Callable[[str], None]

COMPUTED = ("failed", "made", "leftover", "drifted")
"""`failed`: namespace → step and reason. `made`: namespaces that are ours. `leftover`: where clearing failed.
`drifted`: what the last refresh found otherwise; those namespaces stand no more among `namespaces`, so that a preview
shows them come."""


def _unheard(_text: str) -> None:
    pass


def created(props: Props) -> dict[str, Any]:
    """Serve all namespaces."""
    return asyncio.run(_updated({**props, "namespaces": {}}, props, _unheard))


def has_changed(olds: Props, news: Props) -> bool:
    """Whether there is something to do, or to write down."""
    computed = {*COMPUTED, "__provider"}
    unfinished = any(olds.get(key) for key in ("failed", "leftover"))
    return unfinished or any(olds.get(key) != value for key, value in news.items() if key not in computed)


def updated(olds: Props, news: Props, tell: Tell = _unheard) -> dict[str, Any]:
    """Serve what is new, changed, drifted or failed before, then clear what is chosen no more."""
    return asyncio.run(_updated(olds, news, tell))


def found(props: Props) -> dict[str, Any]:
    """Look for drift; namespaces that drifted are left out of what is returned as there."""

    async def ask() -> list[str]:
        async with ClusterAccess.from_record(props["access"]).client() as client:
            return await drifted(client, SetWish.of(props))

    failed = props.get("failed") or {}
    gone = sorted({*(props.get("drifted") or []), *(name for name in asyncio.run(ask()) if name not in failed)})
    left = {name: entry for name, entry in props["namespaces"].items() if name not in gone}
    return {**props, "namespaces": left, "drifted": gone}


def deleted(props: Props, tell: Tell = _unheard) -> None:
    """Clear everything; say which namespaces stay. Raises PullSecretsError for what could not be cleared."""

    async def work() -> Cleared:
        async with ClusterAccess.from_record(props["access"]).client() as client:
            if await is_gone(client):
                return Cleared()
            names = _held(props)
            return await clear(client, props["owner"], props["secret_name"], names, props.get("made") or [])

    cleared = asyncio.run(work())
    for left in cleared.left:
        tell(left)
    raise_for("removing pull secrets", cleared.failed)


async def _updated(olds: Props, news: Props, tell: Tell) -> dict[str, Any]:
    renamed = any(olds.get(key) != news[key] for key in ("secret_name", "owner"))
    names = [name for name in news["namespaces"] if renamed or _entry(olds, name) != _entry(news, name)]
    retried = {*(olds.get("failed") or {}), *(olds.get("drifted") or [])}
    names = sorted({*names, *(name for name in news["namespaces"] if name in retried)})
    held = _held(olds)
    gone = held if renamed else sorted(set(held) - set(news["namespaces"]))
    served, leftover = Served(), dict[str, str]()
    if names or gone:
        async with ClusterAccess.from_record(news["access"]).client() as client:
            served = await serve(client, SetWish.of(news), names)
            kept = set(news["namespaces"])
            made = [name for name in olds.get("made") or [] if name not in kept]
            cleared = await clear(client, olds["owner"], olds["secret_name"], gone, made)
            leftover = cleared.failed
            for left in cleared.left:
                tell(left)
            dropped = [name for name in names if _has_cdi(olds, name) and not _has_cdi(news, name)]
            served.failed |= await clear_cdi(client, news["owner"], news["secret_name"], dropped)
    known = {*(olds.get("made") or []), *served.made}
    return {
        **{key: value for key, value in news.items() if key not in COMPUTED},
        "failed": {**leftover, **(news.get("refused") or {}), **served.failed},
        "made": sorted(known & {*news["namespaces"], *leftover}),
        "leftover": sorted(leftover),
        "drifted": [],
    }


def _held(props: Props) -> list[str]:
    """Name every namespace where something of ours may be."""
    return sorted({*props["namespaces"], *(props.get("leftover") or []), *(props.get("drifted") or [])})


def _has_cdi(props: Props, name: str) -> bool:
    return bool((props["namespaces"].get(name) or {}).get("cdi"))


def _entry(props: Props, name: str) -> Any:  # noqa: ANN401 compared only
    """Return all that decides what a namespace holds."""
    entry = props["namespaces"].get(name)
    if entry is None:
        return None
    ca_pem = props["ca_pem"] if entry.get("cdi") else None
    return entry | {"content": props["contents"][entry["content"]], "applies": props["applies"], "ca_pem": ca_pem}
