"""A Docker engine's images, by its API: which image a name is, and the image as `docker save` writes it.

Source: Docker Engine API 1.41, "Inspect an image" and "Export an image"; for DOCKER_HOST, DOCKER_TLS_VERIFY and
DOCKER_CERT_PATH docker(1), "Environment variables".
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

import httpx

from towpath.images.errors import MirrorError
from towpath.images.space import check_space
from towpath.oci.digest import is_digest

_LOCAL = "unix:///var/run/docker.sock"
_SECONDS = httpx.Timeout(60, connect=10)


@dataclass(frozen=True, slots=True)
class EngineImage:
    """What an engine knows of an image; its ID is no digest that registries use."""

    image_id: str
    size_bytes: int


class DockerEngine:
    """Opened with `async with`. Every call raises MirrorError that says what is wrong with the engine or the image."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        self._host = variables.get("DOCKER_HOST") or _LOCAL
        self._client = httpx.AsyncClient(
            transport=_transport(self._host, variables), base_url=_base_url(self._host, variables), timeout=_SECONDS
        )

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def inspect(self, name: str) -> EngineImage:
        """Return which image `name` is now."""
        try:
            answer = await self._client.get(f"/images/{quote(name)}/json")
        except httpx.HTTPError as error:
            raise self._unreachable(name, error) from error
        self._check(name, answer)
        try:
            document = answer.json()
            found = EngineImage(str(document["Id"]), int(document.get("Size", 0)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._error(name, "the answer is none of a Docker engine; check DOCKER_HOST") from None
        if not is_digest(found.image_id):
            raise self._error(name, "the answer is none of a Docker engine; check DOCKER_HOST")
        return found

    async def save(self, name: str, path: Path) -> None:
        """Write the image to `path` as `docker save` does. Raises NotEnoughSpaceError before anything is written."""
        check_space(path.parent, (await self.inspect(name)).size_bytes)
        try:
            async with self._client.stream("GET", "/images/get", params={"names": name}) as answer:
                if not answer.is_success:
                    await answer.aread()
                self._check(name, answer)
                with path.open("wb") as archive:
                    async for piece in answer.aiter_bytes():
                        archive.write(piece)
        except httpx.HTTPError as error:
            raise self._unreachable(name, error) from error

    def _check(self, name: str, answer: httpx.Response) -> None:
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise self._error(name, "there is no such image; build, load or pull it first")
        if not answer.is_success:
            raise self._error(name, f"{answer.status_code}, it does not give the image; see its log")

    def _unreachable(self, name: str, error: httpx.HTTPError) -> MirrorError:
        reason = str(error) or type(error).__name__
        return self._error(name, f"no answer ({reason}); check that it runs, DOCKER_HOST and who may use its socket")

    def _error(self, name: str, finding: str) -> MirrorError:
        return MirrorError(f"Docker engine {self._host}: image {name}: {finding}")


def _transport(host: str, variables: Mapping[str, str]) -> httpx.AsyncBaseTransport:
    if host.startswith("unix://"):
        return httpx.AsyncHTTPTransport(uds=host.removeprefix("unix://"))
    if not host.startswith("tcp://"):
        raise MirrorError(f"DOCKER_HOST is {host!r}; copying in speaks to unix:// and tcp:// only")
    if not _has_tls(variables):
        return httpx.AsyncHTTPTransport(trust_env=False)
    folder = Path(variables.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(str(folder / "cert.pem"), str(folder / "key.pem"))
    except (OSError, ssl.SSLError) as error:
        raise MirrorError(f"{folder}: ca.pem, cert.pem or key.pem cannot be read ({error})") from None
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False)


def _base_url(host: str, variables: Mapping[str, str]) -> str:
    if host.startswith("unix://"):
        return "http://docker"
    return f"{'https' if _has_tls(variables) else 'http'}://{urlsplit(host).netloc}"


def _has_tls(variables: Mapping[str, str]) -> bool:
    return bool(variables.get("DOCKER_TLS_VERIFY"))
