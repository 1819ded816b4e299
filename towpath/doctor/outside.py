"""Ask the registry and its caches from here, over verified TLS, without a password and with each."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509

from towpath.doctor.subject import Subject
from towpath.https.connections import Response
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.transport import Limits, Transport

_ASKED_AT_ONCE = 8
_ANSWER_SECONDS = 15.0


@dataclass(frozen=True)
class Served:
    """The certificate that the server showed."""

    not_before: dt.datetime
    not_after: dt.datetime


@dataclass(frozen=True)
class Outside:
    """What came: statuses, or in words why none came. `trouble` None: the registry answers over verified TLS."""

    trouble: str | None = None
    served: Served | None = None
    anonymous: int | None = None
    accounts: Mapping[str, int | str] = field(default_factory=dict)
    caches: Mapping[str, int | str] = field(default_factory=dict)
    """By upstream host."""


async def look_from_here(subject: Subject, endpoint: Endpoint) -> Outside:
    """Ask everything; never raises for what a registry does or does not do."""
    transport = Transport(endpoint, Limits(concurrency=_ASKED_AT_ONCE, idle_seconds=_ANSWER_SECONDS))
    try:
        status, served = await _ask(transport, endpoint.base_url, None)
    except RegistryError as error:
        return Outside(trouble=_reason(error), caches=await _caches(subject, endpoint))
    finally:
        await transport.aclose()
    accounts, caches = await asyncio.gather(_accounts(subject, endpoint), _caches(subject, endpoint))
    return Outside(served=served, anonymous=status, accounts=accounts, caches=caches)


async def _accounts(subject: Subject, endpoint: Endpoint) -> dict[str, int | str]:
    # A server compares a bcrypt hash a request, on purpose slowly.
    turn = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def asked(login: Credentials) -> int | str:
        async with turn:
            return await _status(endpoint, login)

    answers = await asyncio.gather(*(asked(login) for login in subject.accounts.values()))
    return dict(zip(subject.accounts, answers, strict=True))


async def _caches(subject: Subject, endpoint: Endpoint) -> dict[str, int | str]:
    host = endpoint.registry.rpartition(":")[0]
    caches = subject.settings.registry.caches
    places = [Endpoint(f"{host}:{cache.port}", endpoint.ca_pem) for cache in caches.values()]
    answers = await asyncio.gather(*(_status(place, None) for place in places))
    return dict(zip(caches, answers, strict=True))


async def _status(endpoint: Endpoint, login: Credentials | None) -> int | str:
    transport = Transport(endpoint, Limits(idle_seconds=_ANSWER_SECONDS))
    try:
        status, _ = await _ask(transport, endpoint.base_url, login)
    except RegistryError as error:
        return _reason(error)
    finally:
        await transport.aclose()
    return status


async def _ask(transport: Transport, base_url: str, login: Credentials | None) -> tuple[int, Served | None]:
    headers = {"Authorization": login.basic} if login else {}
    response = await transport.send("GET", f"{base_url}/v2/", headers, None, "asking whether it is there")
    try:
        return response.head.status_code, _served(response)
    finally:
        response.close()


def _served(response: Response) -> Served | None:
    if not response.certificate:
        return None
    certificate = x509.load_der_x509_certificate(response.certificate)
    return Served(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _reason(error: RegistryError) -> str:
    return str(error).removeprefix(f"{error.registry}: {error.what}: ")
