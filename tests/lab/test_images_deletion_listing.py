"""A plan with and without what a registry's storage lists: an index without a tag needs its images as well."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tests.lab.registry_server import RegistryServer
from tests.lab.test_images_deletion_real import question, with_session
from tests.lab.test_registry_client_collection import fill
from tests.lab.test_registry_client_real import index_of
from towpath.images.deletion.survey import cautions, look, plan
from towpath.images.retention.policy import Retention, RetentionPolicy
from towpath.images.storage_listing import linked_manifests
from towpath.oci.digest import Digest
from towpath.registry_client import manifest
from towpath.registry_client.session import RegistrySession
from towpath.ssh.errors import CommandFailedError

POLICIES = (RetentionPolicy(repositories="x"), RetentionPolicy(repositories="team/*", keep_semver=">=2"))


async def untagged_index(session: RegistrySession) -> Digest:
    """Put an index without a tag over the image 1.2.0, which is to go."""
    image = await manifest.get(session, "team/app", "1.2.0")
    index = index_of(image, image)
    await manifest.put(session, "team/app", index, index.digest)
    return image.digest


def test_an_index_without_a_tag_keeps_its_images_where_the_storage_is_listed(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "registry") as server:

        async def listed() -> Mapping[str, Iterable[Digest]]:
            return linked_manifests(str(path) for path in server.storage.rglob("link"))

        async def refused() -> Mapping[str, Iterable[Digest]]:
            raise CommandFailedError("a", 1, "", "find: Permission denied")

        with_session(server, fill)
        image = with_session(server, untagged_index)
        asked = replace(question(server, Retention(policies=POLICIES)), linked=listed)
        found = asyncio.run(look(asked))
        made = plan(asked, found)
        assert image not in {deletion.digest for deletion in made.deletions}
        assert made.deletions
        assert made.exact
        assert cautions(found, made, asked.retention) == []
        for linked, reason in ((None, "cannot be listed"), (refused, "Permission denied")):
            unlisted = replace(asked, linked=linked)
            found = asyncio.run(look(unlisted))
            made = plan(unlisted, found)
            assert not made.exact
            (caution,) = cautions(found, made, asked.retention)
            assert reason in caution
            assert "may lose images" in caution
