"""A set of namespaces served at once: what fails in one stops no other, and is said by namespace and step."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from towpath.cluster.client import ClusterClient
from towpath.cluster.errors import NotFoundError
from towpath.errors import TowpathError
from towpath.pull_secrets.errors import PullSecretsError
from towpath.pull_secrets.made_namespaces import ensure_namespace, remove_namespace
from towpath.pull_secrets.manifests import cdi_config_map_name, cdi_secret_name, is_ours
from towpath.pull_secrets.objects import Objects, differs, reason
from towpath.pull_secrets.wish import NamespaceWish, SetWish

_MISSING = "the namespace does not exist; make it, set create, or take it out of the rule's names"


@dataclass
class Served:
    """How it went."""

    failed: dict[str, str] = field(default_factory=dict)
    """Namespace → step and reason."""
    made: list[str] = field(default_factory=list)
    """Namespaces that were missing."""


async def serve(client: ClusterClient, wish: SetWish, names: Iterable[str]) -> Served:
    """Bring some of the set's namespaces to what they are to hold."""
    served = Served()
    objects = Objects(client, wish.owner)
    wanted = [wish.namespaces[name] for name in names]
    await _look_ahead(objects, {(each["kind"], each["metadata"]["name"]) for one in wanted for each in one.objects})

    async def one(name: str) -> None:
        namespace = wish.namespaces[name]
        if namespace.made is not None and await ensure_namespace(client, namespace.made):
            served.made.append(name)
        for each in namespace.objects:
            await objects.apply(each, adopt=wish.adopt)

    served.failed = await _each((each.name for each in wanted), one)
    return served


@dataclass
class Cleared:
    """How it went."""

    failed: dict[str, str] = field(default_factory=dict)
    """Namespace → step and reason."""
    left: list[str] = field(default_factory=list)
    """Namespaces that were made by us and stay, each with what others have in it."""


async def clear(client: ClusterClient, owner: str, secret: str, names: Iterable[str], made: Iterable[str]) -> Cleared:
    """Delete our objects from namespaces, and those namespaces that were made by us and hold nothing of others."""
    return await _clear(client, owner, [("Secret", secret), *_cdi(secret)], names, frozenset(made))


async def clear_cdi(client: ClusterClient, owner: str, secret: str, names: Iterable[str]) -> dict[str, str]:
    """Delete what was made for CDI alone. Returns what failed."""
    return (await _clear(client, owner, _cdi(secret), names, frozenset())).failed


async def _clear(
    client: ClusterClient, owner: str, kinds: list[tuple[str, str]], names: Iterable[str], made: frozenset[str]
) -> Cleared:
    names, cleared = list(names), Cleared()
    objects = Objects(client, owner)
    if names:
        await _look_ahead(objects, kinds)

    async def one(name: str) -> None:
        for kind, called in kinds:
            await objects.delete(kind, called, name)
        if name in made and (left := await remove_namespace(client, name, owner)):
            cleared.left.append(left)

    cleared.failed = await _each(names, one)
    return cleared


async def drifted(client: ClusterClient, wish: SetWish) -> list[str]:
    """Name the namespaces that hold something else than they are to."""
    objects = Objects(client, wish.owner)
    every = [each for namespace in wish.namespaces.values() for each in namespace.objects]
    await _look_ahead(objects, {(each["kind"], each["metadata"]["name"]) for each in every})

    async def has_drifted(namespace: NamespaceWish) -> bool:
        for wanted in namespace.objects:
            found = await objects.find(wanted["kind"], wanted["metadata"]["name"], namespace.name)
            if found is None or not is_ours(found, wish.owner) or differs(found, wanted):
                return True
        return False

    answers = await asyncio.gather(*(has_drifted(each) for each in wish.namespaces.values()))
    return [name for name, answer in zip(wish.namespaces, answers, strict=True) if answer]


def raise_for(what: str, failed: Mapping[str, str]) -> None:
    """Raise PullSecretsError if something failed."""
    if failed:
        raise PullSecretsError(what, failed)


def _cdi(secret: str) -> list[tuple[str, str]]:
    return [("Secret", cdi_secret_name(secret)), ("ConfigMap", cdi_config_map_name(secret))]


async def _look_ahead(objects: Objects, kinds: Iterable[tuple[str, str]]) -> None:
    await asyncio.gather(*(objects.look_ahead(kind, name) for kind, name in kinds))


async def _each(names: Iterable[str], work: Callable[[str], Awaitable[None]]) -> dict[str, str]:
    failed: dict[str, str] = {}

    async def one(name: str) -> None:
        try:
            await work(name)
        except NotFoundError as error:
            failed[name] = f"{error.step}: {_MISSING}"
        except TowpathError as error:
            failed[name] = reason(error)

    await asyncio.gather(*(one(name) for name in names))
    return failed
