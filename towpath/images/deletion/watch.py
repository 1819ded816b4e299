"""Looking after tags that are protected: what was moved or removed behind the stack's back."""

import asyncio
from collections.abc import Mapping
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.images.bounded import for_each
from towpath.registry_client import manifest
from towpath.registry_client.errors import NotFoundError, UnreachableError, UntrustedCertificateError
from towpath.registry_client.session import RegistrySession
from towpath.ssh import errors as ssh

MISSING = "missing"


def look_after(access: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, str]:
    """Return where the tags lead now, or that one is missing; by `repository:tag`.

    A registry that cannot be reached shows nothing new. Raises RegistryError, SshError for any other answer that is
    not definite.
    """
    return asyncio.run(_look_after(RegistryAccess.from_record(access), tags)) if tags else {}


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Say in words what became of the tags that were known."""
    return [
        f"{name} was {digest}, is {new.get(name, MISSING)}"
        for name, digest in sorted(old.items())
        if new.get(name, MISSING) != digest
    ]


async def _look_after(access: RegistryAccess, tags: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}

    try:
        async with access.session() as session:

            async def one(name: str) -> None:
                found[name] = await _where(session, name)

            await for_each(tags, one, session.limits.concurrency)
    except UntrustedCertificateError:
        raise
    except (UnreachableError, ssh.UnreachableError):
        return dict(tags)
    return dict(sorted(found.items()))


async def _where(session: RegistrySession, name: str) -> str:
    repository, _, tag = name.rpartition(":")
    try:
        return (await manifest.head(session, repository, tag)).digest
    except NotFoundError:
        return MISSING
