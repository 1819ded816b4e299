"""One entry in the `imagePullSecrets` of ServiceAccounts: put in beside those of others, and only ours taken out.

By JSON patch with a test of the resourceVersion: server-side apply would own the whole list, which is atomic.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from towpath.cluster.client import FIELD_MANAGER, JSON_PATCH, Call, ClusterClient
from towpath.cluster.errors import ClusterError, ConflictError, NotFoundError
from towpath.errors import TowpathError
from towpath.pull_secrets.account_patch import Entry, Patch, addition, removal
from towpath.pull_secrets.objects import reason

Accounts = Mapping[str, Iterable[str]]
"""Namespace → names of ServiceAccounts."""

_ATTEMPTS = 12
_UNPROCESSABLE = 422
_YOUNG_SECONDS = 10.0
_POLL_SECONDS = 0.1


async def add_entries(
    client: ClusterClient, accounts: Accounts, entry: Entry
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Put the entry in where it lacks. Returns the accounts where it is ours, and what failed by namespace."""
    ours: dict[str, list[str]] = {}

    async def one(namespace: str, name: str) -> None:
        if await _changed(client, namespace, name, lambda found: addition(found, entry)):
            ours.setdefault(namespace, []).append(name)

    failed = await _each(accounts, one)
    return {namespace: sorted(names) for namespace, names in sorted(ours.items())}, failed


async def remove_entries(client: ClusterClient, accounts: Accounts, entry: Entry) -> dict[str, str]:
    """Take the entry out; an account that is gone, or has it no more, is right too. Returns what failed."""

    async def one(namespace: str, name: str) -> None:
        try:
            await _changed(client, namespace, name, lambda found: removal(found, entry), wait=False)
        except NotFoundError:
            return

    return await _each(accounts, one)


async def lacking_entries(client: ClusterClient, accounts: Accounts, secret: str) -> dict[str, list[str]]:
    """Return the accounts that lack the entry, or are not there."""
    lacking: dict[str, list[str]] = {}

    async def one(namespace: str, name: str) -> None:
        try:
            found = await client.get(_path(namespace, name), _step("reading", namespace, name))
        except NotFoundError:
            found = {}
        if {"name": secret} not in (found.get("imagePullSecrets") or []):
            lacking.setdefault(namespace, []).append(name)

    pairs = [(namespace, name) for namespace, names in accounts.items() for name in names]
    await asyncio.gather(*(one(*pair) for pair in pairs))
    return lacking


async def _changed(
    client: ClusterClient,
    namespace: str,
    name: str,
    decide: Callable[[Mapping[str, Any]], tuple[Patch, bool]],
    *,
    wait: bool = True,
) -> bool:
    """Read, decide, and patch what was read; again from the start if somebody else was faster.

    `decide` says what to patch, and whether the entry is ours then.
    """
    step = _step("changing", namespace, name)
    for attempt in range(1, _ATTEMPTS + 1):
        found = await _there(client, namespace, name, step, wait=wait)
        patch, ours = decide(found)
        if not patch:
            return ours
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": found["metadata"]["resourceVersion"]}
        query = {"fieldManager": FIELD_MANAGER}
        try:
            await client.send(Call("PATCH", _path(namespace, name), step, query, [test, *patch], JSON_PATCH))
        except ClusterError as error:
            if attempt == _ATTEMPTS or not _overtaken(error):
                raise
            await asyncio.sleep(_POLL_SECONDS * attempt)
        else:
            return ours
    raise AssertionError("the last attempt returns or raises")


async def _there(client: ClusterClient, namespace: str, name: str, step: str, *, wait: bool) -> dict[str, Any]:
    """Read an account; that of a namespace which was made a moment ago comes a moment later."""
    waited = 0.0
    while True:
        try:
            return await client.get(_path(namespace, name), step)
        except NotFoundError:
            if not wait or name != "default" or waited >= _YOUNG_SECONDS or not await _namespace(client, namespace):
                raise
        await asyncio.sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS


async def _namespace(client: ClusterClient, name: str) -> bool:
    try:
        await client.get(f"/api/v1/namespaces/{name}", f"reading Namespace {name}")
    except NotFoundError:
        return False
    return True


def _overtaken(error: ClusterError) -> bool:
    """Whether somebody else changed it in between: a failed `test` of a JSON patch is no 409."""
    return isinstance(error, ConflictError) or error.status == _UNPROCESSABLE


async def _each(accounts: Accounts, work: Callable[[str, str], Awaitable[None]]) -> dict[str, str]:
    failed: dict[str, str] = {}

    async def one(namespace: str, name: str) -> None:
        try:
            await work(namespace, name)
        except NotFoundError as error:
            failed[namespace] = f"{error.step}: there is no such ServiceAccount; make it, or take it out of the rule"
        except TowpathError as error:
            failed[namespace] = reason(error)

    pairs = [(namespace, name) for namespace, names in accounts.items() for name in names]
    await asyncio.gather(*(one(*pair) for pair in pairs))
    return failed


def _path(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"


def _step(verb: str, namespace: str, name: str) -> str:
    return f"{verb} ServiceAccount {name} in namespace {namespace}"
