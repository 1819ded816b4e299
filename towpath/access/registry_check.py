"""See that a registry serves: it answers, its certificate holds, it lets its account in and nobody else."""

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.errors import TowpathError
from towpath.registry.config import PODS, SERVED_BY
from towpath.registry_client.answer import Answer
from towpath.registry_client.catalog import ping
from towpath.registry_client.errors import RegistryError, UnauthorizedError
from towpath.ssh.errors import SshError

PATIENCE_SECONDS = 60
ROUTE_SECONDS = 30
"""How long pods are waited for where another answers; a proxy on the way may take their header out."""
_PAUSE_SECONDS = 0.5
_LAST_SECONDS = 10


class RegistryCheckError(TowpathError):
    """The registry does not serve as it should."""


async def check_registry(record: Mapping[str, Any], patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Ask until it lets the account of a `RegistryAccess` record in, since routes to new pods take a moment.

    Then see that it does not let in somebody without a password. Raises RegistryCheckError.
    """
    access = RegistryAccess.from_record(record)
    try:
        async with asyncio.timeout(patience_seconds) as limit:
            await _until_it_serves(access)
            await _refuses_nobody(access)
    except TimeoutError:
        if not limit.expired():
            raise
        raise RegistryCheckError(await _last_words(access, patience_seconds)) from None


async def pods_answer(record: Mapping[str, Any], patience_seconds: float = ROUTE_SECONDS) -> bool:
    """Ask until the pods answer, and nobody who had the address and port before them; return whether they do.

    A container that publishes a node port's number answers until the node has its route to the pods. Whoever removes
    the container before that cuts clients off.
    """
    access = RegistryAccess.from_record(record)
    try:
        async with asyncio.timeout(patience_seconds) as limit:
            while not await _pods_answered(access):  # noqa: ASYNC110 nothing tells when a node has its new route
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        if not limit.expired():
            raise
        return False
    return True


async def _pods_answered(access: RegistryAccess) -> bool:
    try:
        answer = await _asked(access)
    except (RegistryError, SshError):
        return False
    return bool(answer.headers.get(SERVED_BY) == PODS)


async def _until_it_serves(access: RegistryAccess) -> None:
    while await _complaint(access) is not None:  # noqa: ASYNC110 nothing tells when a network has its new routes
        await asyncio.sleep(_PAUSE_SECONDS)


async def _refuses_nobody(access: RegistryAccess) -> None:
    try:
        await _asked(dataclasses.replace(access, username="nobody", password=""))
    except UnauthorizedError:
        return
    except (RegistryError, SshError) as error:
        raise RegistryCheckError(f"{error}; this was said to somebody without a password, who is to get 401") from None
    raise RegistryCheckError(f"{access.registry} lets everybody in; see who serves there under this name and port")


async def _complaint(access: RegistryAccess) -> str | None:
    """Return why it does not serve, or None."""
    try:
        await _asked(access)
    except (RegistryError, SshError) as error:
        return str(error)
    return None


async def _asked(access: RegistryAccess) -> Answer:
    async with access.session() as session:
        return await ping(session)


async def _last_words(access: RegistryAccess, seconds: float) -> str:
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            said = await _complaint(access)
    except TimeoutError:
        said = "no answer"
    return (
        f"{access.registry} does not serve within {seconds:g} s of its roll-out ({said}); see the pods' logs, and that "
        "registry.host and its port lead to the cluster from where this program asks (registry.access)"
    )
