"""Many deletions at once in one repository of a real registry: none leaves a tag behind, none takes another's."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.registry_server import CURRENT, DEBIAN, RegistryServer
from tests.lab.test_images_deletion_real import with_session
from tests.lab.test_registry_client_real import index_of, open_session, push_image
from towpath.images.deletion.carry_out import carry_out
from towpath.images.deletion.outcome import Outcome
from towpath.images.deletion.step import Step
from towpath.oci.digest import Digest
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest
from towpath.registry_client.session import RegistrySession

if TYPE_CHECKING:
    from towpath.images.deletion.saved_run import SavedManifest

GOING, KEPT, INDEXES = 60, 12, 8


def stored_tags(server: RegistryServer) -> dict[str, str]:
    """Read where each tag leads from the storage itself: a list that the server makes may leave a broken one out."""
    links = server.storage.glob("docker/registry/v2/repositories/team/app/_manifests/tags/*/current/link")
    return {link.parent.parent.name: link.read_text() for link in links}


def tag_folders(server: RegistryServer) -> set[str]:
    return {each.name for each in server.storage.glob("docker/registry/v2/repositories/team/app/_manifests/tags/*")}


async def fill(session: RegistrySession) -> tuple[list[Step], dict[str, str]]:
    """Push images of two tags each and indexes, all to go, beside others to keep, of which some lose a tag."""
    steps, kept = [], {}
    for number in range(KEPT):
        found = await push_image(session, "team/app", "amd64", b"kept %d" % number, f"kept-{number}")
        kept[f"kept-{number}"] = str(found.digest)
        if number % 3 == 0:
            await manifest.put(session, "team/app", found, f"alone-{number}")
            steps.append(Step("team/app", found.digest, (f"alone-{number}",), "old", untag=True))
    for number in range(GOING):
        found = await push_image(session, "team/app", "amd64", b"old %d" % number, f"old-{number}")
        await manifest.put(session, "team/app", found, f"also-{number}")
        steps.append(Step("team/app", found.digest, (f"also-{number}", f"old-{number}"), "old"))
    parts: list[Digest] = []
    for number in range(INDEXES):
        part = await push_image(session, "team/app", "arm64", b"part %d" % number)
        top = await manifest_index(session, part, f"index-{number}")
        steps.append(Step("team/app", top, (f"index-{number}",), "old"))
        parts.append(part.digest)
    return [*steps, *(Step("team/app", digest, (), "part") for digest in parts)], kept


async def manifest_index(session: RegistrySession, part: Manifest, label: str) -> Digest:
    top = index_of(part)
    await manifest.put(session, "team/app", top, label)
    return top.digest


@pytest.mark.parametrize("release", [CURRENT, DEBIAN])
def test_no_tag_is_left_or_lost_when_many_manifests_go_at_once(tmp_path: Path, release: str) -> None:
    """Each deletion looks through all tags of the repository while others take theirs away."""
    saved: list[SavedManifest] = []

    async def work() -> Outcome:
        async with open_session(server) as session:
            return await carry_out(session, steps, saved.extend)

    with RegistryServer(tmp_path / "registry", release=release) as server:
        steps, kept = with_session(server, fill)
        outcome = asyncio.run(work())
        assert (outcome.failures, outcome.skipped, outcome.gone, outcome.not_done) == ([], [], [], [])
        assert [*outcome.untagged, *outcome.deleted] == steps
        assert stored_tags(server) == kept
        assert tag_folders(server) == set(kept)
        left = server.storage.glob("docker/registry/v2/repositories/team/app/_manifests/revisions/sha256/*/link")
        assert {link.parent.name for link in left} == {digest.removeprefix("sha256:") for digest in kept.values()}
