"""Blobs: asking for, reading with resumption, mounting (OCI distribution specification 1.1, "Pulling blobs")."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, Verifier, verify
from towpath.oci.errors import DigestMismatchError
from towpath.registry_client import scope
from towpath.registry_client.errors import NotFoundError, RefusedError, TimedOutError, UnreachableError
from towpath.registry_client.session import Call, RegistrySession

_RESUMPTIONS = 5
_RESUMPTION_WAIT_SECONDS = 0.25


async def exists(session: RegistrySession, repository: str, digest: Digest) -> bool:
    """Whether the repository has this blob."""
    try:
        await session.send(_call("HEAD", repository, digest))
    except NotFoundError:
        return False
    return True


async def get(session: RegistrySession, repository: str, descriptor: Descriptor) -> bytes:
    """Fetch a small blob whole, such as a configuration, and check its digest."""
    call = _call("GET", repository, descriptor.digest)
    answer = await session.send(call, max_bytes=max(descriptor.size_bytes, 1))
    verify(answer.body, descriptor.digest, f"{session.registry}: {call.what}")
    return answer.body


async def read(
    session: RegistrySession, repository: str, descriptor: Descriptor, verifier: Verifier | None = None
) -> AsyncIterator[bytes]:
    """Give a blob in pieces; after a broken connection it goes on where that broke off.

    A `verifier` that has already taken a part of the blob makes it begin after that part.
    Whether digest and size hold is known only at the end, when DigestMismatchError is raised: whoever stores the pieces
    must not let them count before. No more than the descriptor's size is ever given.
    """
    call = _call("GET", repository, descriptor.digest)
    verifier = verifier or Verifier(descriptor.digest)
    failures = 0
    while True:
        try:
            async for piece in read_from(session, repository, descriptor, verifier.size_bytes):
                verifier.update(piece)
                yield piece
            break
        except (UnreachableError, TimedOutError):
            failures += 1
            if failures > _RESUMPTIONS:
                raise
        await session.sleep(_RESUMPTION_WAIT_SECONDS * failures)
    verifier.finish(f"{session.registry}: {call.what}")


async def counted(pieces: AsyncIterator[bytes], told: Callable[[int], None]) -> AsyncIterator[bytes]:
    """Pass pieces on, and tell the size of each."""
    async for piece in pieces:
        told(len(piece))
        yield piece


async def read_from(
    session: RegistrySession, repository: str, descriptor: Descriptor, offset: int
) -> AsyncIterator[bytes]:
    """Give the bytes from `offset` to the end, unchecked but for their number; one connection, no resumption."""
    if offset >= descriptor.size_bytes:
        return
    ranged = {"Range": f"bytes={offset}-"} if offset else {}
    call = _call("GET", repository, descriptor.digest, ranged)
    left = descriptor.size_bytes - offset
    async with session.stream(call) as (answer, pieces):
        skip = offset if answer.status != HTTPStatus.PARTIAL_CONTENT else 0
        async for piece in pieces:
            kept = piece[skip:]
            skip = max(0, skip - len(piece))
            left -= len(kept)
            if left < 0:
                raise _wrong_size(session, call, descriptor, "more")
            if kept:
                yield kept
    if left:
        raise _wrong_size(session, call, descriptor, "fewer")


async def mount(session: RegistrySession, repository: str, digest: Digest, source: str) -> str | None:
    """Take a blob over from repository `source`; return None if that worked, else the upload opened instead."""
    what = f"mounting {digest} from {source} into {repository}"
    path = f"/v2/{repository}/blobs/uploads/?mount={digest}&from={source}"
    answer = await session.send(Call("POST", path, what, scope.mount(repository, source)))
    if answer.status == HTTPStatus.CREATED:
        return None
    location = answer.headers.get("location")
    if not location:
        raise session.error(RefusedError, what, "it neither mounts the blob nor opens an upload", answer.status)
    return str(location)


def _call(method: str, repository: str, digest: Digest, headers: dict[str, str] | None = None) -> Call:
    path = f"/v2/{repository}/blobs/{digest}"
    return Call(method, path, f"blob {repository}@{digest}", scope.pull(repository), headers or {})


def _wrong_size(session: RegistrySession, call: Call, descriptor: Descriptor, how: str) -> DigestMismatchError:
    return DigestMismatchError(
        f"{session.registry}: {call.what}: {how} than its {descriptor.size_bytes} bytes arrived, so it was not used"
    )
