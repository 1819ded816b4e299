"""Referrers: signatures, SBOMs and whatever else names an image as its `subject`.

OCI distribution specification 1.1, "Listing Referrers", and for registries without that call the "Referrers Tag
Schema": an index under the tag `<algorithm>-<hex>`.
"""

import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.errors import InvalidManifestError
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import manifest, scope
from towpath.registry_client.errors import NotFoundError, ProtocolError
from towpath.registry_client.page import pages
from towpath.registry_client.session import Call, RegistrySession


def fallback_tag(subject: Digest) -> str:
    """Return the tag under which a registry without the call keeps the list."""
    algorithm, _, encoded = subject.partition(":")
    return f"{algorithm[:32]}-{encoded[:64]}"


async def referrers(session: RegistrySession, repository: str, subject: Digest) -> tuple[Descriptor, ...]:
    """Return what refers to `subject`, in the registry's order; nothing refers to what is not there."""
    if session.features.referrers is not False:
        try:
            found = [entry async for entry in _listed(session, repository, subject)]
        except (NotFoundError, ProtocolError) as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            session.features.referrers = False
        else:
            session.features.referrers = True
            return tuple(found)
    index = await _fallback_index(session, repository, subject)
    return index.manifests if index else ()


async def put(session: RegistrySession, repository: str, referring: Manifest, tag: str | None = None) -> None:
    """Push a manifest that has a subject, and enter it into the list where the registry does not do that itself."""
    answer = await manifest.put(session, repository, referring, tag)
    if referring.subject is None or "oci-subject" in answer.headers:
        return
    subject = referring.subject.digest
    index = await _fallback_index(session, repository, subject)
    entries = index.manifests if index else ()
    if any(entry.digest == referring.digest for entry in entries):
        return
    artifact_type = referring.artifact_type or (referring.config.media_type if referring.config else "")
    entry = Descriptor(
        referring.media_type,
        referring.digest,
        len(referring.body),
        artifact_type=artifact_type,
        annotations=referring.annotations,
    )
    await manifest.put(session, repository, _index_of((*entries, entry)), fallback_tag(subject))


def _index_of(entries: tuple[Descriptor, ...]) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [entry.to_json() for entry in entries],
    }
    body = json.dumps(document).encode()
    return parse_manifest(body, digest=digest_of(body))


async def _fallback_index(session: RegistrySession, repository: str, subject: Digest) -> Manifest | None:
    try:
        found = await manifest.get(session, repository, fallback_tag(subject))
    except NotFoundError:
        return None
    return found if found.is_index else None


async def _listed(session: RegistrySession, repository: str, subject: Digest) -> AsyncIterator[Descriptor]:
    what = f"the referrers of {repository}@{subject}"
    accept = {"Accept": media_types.OCI_INDEX}
    call = Call("GET", f"/v2/{repository}/referrers/{subject}", what, scope.pull(repository), accept)
    async for document in pages(session, call):
        for entry in _entries(session, what, document):
            yield entry


def _entries(session: RegistrySession, what: str, document: dict[str, Any]) -> list[Descriptor]:
    entries = document.get("manifests")
    if not isinstance(entries, list):
        raise session.error(ProtocolError, what, "the answer is no index")
    try:
        return [Descriptor.from_json(entry, f"manifests[{position}]") for position, entry in enumerate(entries)]
    except InvalidManifestError as error:
        raise session.error(ProtocolError, what, str(error)) from None
