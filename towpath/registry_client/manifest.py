"""Manifests of all four kinds (OCI distribution specification 1.1, "Pulling manifests", "Pushing Manifests").

Every request accepts all four kinds: with fewer, a tag of an index answers the digest of one of its children.
"""

from collections.abc import Mapping

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of, is_digest, parse_digest
from towpath.oci.errors import DigestMismatchError, InvalidDigestError
from towpath.oci.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest
from towpath.registry_client import scope
from towpath.registry_client.answer import Answer
from towpath.registry_client.errors import NotFoundError, ProtocolError, RegistryError
from towpath.registry_client.session import Call, RegistrySession

_ACCEPT: Mapping[str, str] = {"Accept": media_types.ACCEPT}
_NEVER_STORED = digest_of(b"a manifest that no registry has")


async def head(session: RegistrySession, repository: str, locator: str) -> Descriptor:
    """Resolve a tag or a digest without fetching it. Raises NotFoundError and the other RegistryErrors."""
    call = _call("HEAD", repository, locator)
    answer = await session.send(call)
    named = answer.headers.get("docker-content-digest")
    length = answer.headers.get("content-length", "")
    if named is None or not length.isdecimal():
        return (await get(session, repository, locator)).descriptor
    digest = _named_digest(session, call, named)
    if is_digest(locator) and digest != locator:
        raise DigestMismatchError(f"{session.registry}: {call.what}: the registry calls it {digest}")
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    return Descriptor(media_type, digest, int(length))


async def get(session: RegistrySession, repository: str, locator: str) -> Manifest:
    """Fetch a manifest. Its bytes are checked against the digest asked for, and the one the registry names.

    Raises NotFoundError and the other RegistryErrors, DigestMismatchError, InvalidManifestError.
    """
    call = _call("GET", repository, locator)
    answer = await session.send(call, MAX_MANIFEST_BYTES)
    place = f"{session.registry}: {call.what}"
    named = answer.headers.get("docker-content-digest")
    wanted = parse_digest(locator) if is_digest(locator) else _named_digest(session, call, named) if named else None
    digest = digest_of(answer.body, wanted.partition(":")[0] if wanted else "sha256")
    if wanted and wanted != digest:
        raise DigestMismatchError(
            f"{place}: {len(answer.body)} bytes arrived that hash to {digest}, not to {wanted}; they were not used"
        )
    return parse_manifest(answer.body, answer.headers.get("content-type"), digest)


async def put(session: RegistrySession, repository: str, manifest: Manifest, tag: str | None = None) -> Answer:
    """Push a manifest's exact bytes under `tag`, else under its digest, and check the digest that it got.

    An answer without an `OCI-Subject` header means that the registry keeps no list of referrers: see `referrer.put`.
    """
    what = f"pushing manifest {repository}{f':{tag}' if tag else f'@{manifest.digest}'}"
    call = Call(
        "PUT",
        f"/v2/{repository}/manifests/{tag or manifest.digest}",
        what,
        scope.push(repository),
        {"Content-Type": manifest.media_type},
        manifest.body,
    )
    answer = await session.send(call)
    named = answer.headers.get("docker-content-digest")
    if named and named.startswith(manifest.digest.partition(":")[0]) and named != manifest.digest:
        raise DigestMismatchError(f"{session.registry}: {what}: the registry stored it as {named}")
    return answer


async def delete(session: RegistrySession, repository: str, digest: Digest) -> None:
    """Delete a manifest, and with it every tag of it. Raises NotFoundError, DeleteDisabledError and the others.

    After a broken connection the deletion is sent again, so that NotFoundError may also mean that the first did it.
    """
    await session.send(
        Call(
            "DELETE",
            f"/v2/{repository}/manifests/{digest}",
            f"deleting {repository}@{digest}",
            scope.delete(repository),
        )
    )


async def check_delete_enabled(session: RegistrySession, repository: str) -> None:
    """Raise DeleteDisabledError where nothing can be deleted, by asking to delete what is not there."""
    what = f"asking whether {repository} lets manifests be deleted"
    try:
        await session.send(
            Call("DELETE", f"/v2/{repository}/manifests/{_NEVER_STORED}", what, scope.delete(repository))
        )
    except NotFoundError:
        return
    raise session.error(ProtocolError, what, "it claims to have deleted what it never had")


def _call(method: str, repository: str, locator: str) -> Call:
    mark = "@" if is_digest(locator) else ":"
    path = f"/v2/{repository}/manifests/{locator}"
    return Call(method, path, f"manifest {repository}{mark}{locator}", scope.pull(repository), _ACCEPT)


def _named_digest(session: RegistrySession, call: Call, named: str) -> Digest:
    try:
        return parse_digest(named)
    except InvalidDigestError as error:
        finding: RegistryError = session.error(ProtocolError, call.what, f"its Docker-Content-Digest: {error}")
        raise finding from None
