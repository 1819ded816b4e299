"""Pushing blobs in chunks, resumed where it broke off (OCI distribution specification 1.1, "Pushing a blob in chunks").

A source is opened at an offset, so that nothing but one chunk is ever held in memory.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from towpath.oci.descriptor import Descriptor
from towpath.oci.errors import DigestMismatchError
from towpath.registry_client import blob, scope
from towpath.registry_client.answer import Answer
from towpath.registry_client.errors import (
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RefusedError,
    RegistryError,
    ServerFailedError,
    TimedOutError,
    UnreachableError,
)
from towpath.registry_client.session import Call, RegistrySession

CHUNK_BYTES = 8 * 1024 * 1024
Source = Callable[[int], AsyncIterator[bytes]]
"""Opens the content at an offset in bytes and gives it to its end."""

_RESUMPTIONS = 5
_RESUMPTION_WAIT_SECONDS = 0.25
_BROKEN_OFF = (UnreachableError, TimedOutError, ServerFailedError, RateLimitedError)
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")


@dataclass(frozen=True, slots=True)
class Upload:
    """An open upload: where its next chunk goes, what has arrived, and how small a chunk may be."""

    repository: str
    location: str
    offset: int = 0
    least_chunk_bytes: int = 0


@dataclass(slots=True)
class _Running:
    """The upload as of its last chunk that arrived, which outlives the failure of the next."""

    upload: Upload


async def push(
    session: RegistrySession,
    repository: str,
    descriptor: Descriptor,
    source: Source,
    *,
    mount_from: Iterable[str] = (),
    chunk_bytes: int = CHUNK_BYTES,
) -> int:
    """Make sure that the repository has the blob; returns how many bytes went over the wire, 0 if it was there.

    Raises what `push_missing` raises.
    """
    if await blob.exists(session, repository, descriptor.digest):
        return 0
    return await push_missing(session, repository, descriptor, source, mount_from=mount_from, chunk_bytes=chunk_bytes)


async def push_missing(
    session: RegistrySession,
    repository: str,
    descriptor: Descriptor,
    source: Source,
    *,
    mount_from: Iterable[str] = (),
    chunk_bytes: int = CHUNK_BYTES,
) -> int:
    """Mount or send a blob that the repository lacks; returns how many bytes went over the wire.

    Raises RegistryError, RefusedError where the content does not hash to the descriptor's digest, and what `source`
    raises.
    """
    upload = None
    for other in mount_from:
        location = await blob.mount(session, repository, descriptor.digest, other)
        if location is None:
            return 0
        if upload:
            await _give_up(session, upload)
        upload = _opened(session, repository, location)
    running = _Running(upload or await begin(session, repository))
    failures = 0
    while True:
        try:
            return await _send_rest(session, running, descriptor, source, chunk_bytes)
        except _BROKEN_OFF:
            failures += 1
            if failures > _RESUMPTIONS:
                raise
        except DigestMismatchError:
            await _give_up(session, running.upload)
            raise
        await session.sleep(_RESUMPTION_WAIT_SECONDS * failures)
        if await blob.exists(session, repository, descriptor.digest):
            return descriptor.size_bytes
        running.upload = await _resumed(session, running.upload)


async def begin(session: RegistrySession, repository: str) -> Upload:
    """Open an upload."""
    what = f"opening an upload to {repository}"
    answer = await session.send(Call("POST", f"/v2/{repository}/blobs/uploads/", what, scope.push(repository)))
    return _next(session, Upload(repository, ""), answer, what)


async def status(session: RegistrySession, upload: Upload) -> Upload:
    """Ask how much has arrived. Raises NotFoundError if the upload is gone."""
    what = f"asking how far an upload to {upload.repository} is"
    answer = await session.send(Call("GET", upload.location, what, scope.push(upload.repository)))
    arrived = _RANGE.fullmatch(answer.headers.get("range", ""))
    # A range of "0-0" stands for one byte and, with the reference implementation, for none: none is the safe reading.
    offset = int(arrived[1]) + 1 if arrived and arrived[1] != "0" else 0
    return _next(session, upload, answer, what, offset)


async def send_chunk(session: RegistrySession, upload: Upload, chunk: bytes) -> Upload:
    """Send the next chunk. Not retried: after a failure only `status` knows what arrived."""
    what = f"uploading bytes {upload.offset}-{upload.offset + len(chunk) - 1} to {upload.repository}"
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"{upload.offset}-{upload.offset + len(chunk) - 1}",
    }
    scopes = scope.push(upload.repository)
    answer = await session.send(Call("PATCH", upload.location, what, scopes, headers, chunk, repeatable=False))
    return _next(session, upload, answer, what, upload.offset + len(chunk))


async def finish(session: RegistrySession, upload: Upload, descriptor: Descriptor, last: bytes = b"") -> None:
    """Close an upload with its last bytes; the registry checks the digest of the whole."""
    what = f"finishing blob {upload.repository}@{descriptor.digest}"
    url = f"{upload.location}{'&' if '?' in upload.location else '?'}digest={descriptor.digest}"
    headers = {"Content-Type": "application/octet-stream"}
    if last and upload.offset:
        headers["Content-Range"] = f"{upload.offset}-{upload.offset + len(last) - 1}"
    await session.send(Call("PUT", url, what, scope.push(upload.repository), headers, last, repeatable=False))


async def cancel(session: RegistrySession, upload: Upload) -> None:
    """Give an upload up, so that its bytes are freed at once; the registry purges it later anyway."""
    what = f"giving up an upload to {upload.repository}"
    await session.send(Call("DELETE", upload.location, what, scope.push(upload.repository)))


async def _send_rest(
    session: RegistrySession, running: _Running, descriptor: Descriptor, source: Source, chunk_bytes: int
) -> int:
    size_bytes = max(chunk_bytes, running.upload.least_chunk_bytes)
    buffer = bytearray()
    async for piece in source(running.upload.offset):
        buffer += piece
        while len(buffer) > size_bytes:
            running.upload = await send_chunk(session, running.upload, bytes(buffer[:size_bytes]))
            del buffer[:size_bytes]
    upload = running.upload
    arriving = upload.offset + len(buffer)
    if arriving != descriptor.size_bytes:
        await _give_up(session, upload)
        what = f"uploading {upload.repository}@{descriptor.digest}"
        raise session.error(RefusedError, what, f"its source has {arriving} bytes, not {descriptor.size_bytes}")
    await finish(session, upload, descriptor, bytes(buffer))
    return descriptor.size_bytes


async def _resumed(session: RegistrySession, upload: Upload) -> Upload:
    try:
        return await status(session, upload)
    except (NotFoundError, RefusedError):
        return await begin(session, upload.repository)


async def _give_up(session: RegistrySession, upload: Upload) -> None:
    try:
        await cancel(session, upload)
    except RegistryError:
        return  # what matters is the failure that led here; the purger takes the rest


def _opened(session: RegistrySession, repository: str, location: str) -> Upload:
    what = f"opening an upload to {repository}"
    return Upload(repository, session.resolved(f"{session.endpoint.base_url}/", location, what))


def _next(session: RegistrySession, upload: Upload, answer: Answer, what: str, offset: int = 0) -> Upload:
    location = answer.headers.get("location")
    if not location:
        raise session.error(ProtocolError, what, "it does not say where the upload goes on", answer.status)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise session.error(ProtocolError, what, f"{answer.status} is no answer to this", answer.status)
    least = answer.headers.get("oci-chunk-min-length", "")
    least_bytes = int(least) if least.isdecimal() else upload.least_chunk_bytes
    return Upload(upload.repository, session.resolved(answer.url, location, what), offset, least_bytes)
