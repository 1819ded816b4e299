"""Which of a registry's images the cluster's pods use."""

from collections.abc import Iterable

from towpath.cluster.access import ClusterAccess
from towpath.cluster.running_images import running_images
from towpath.images.retention.decide import RunningImage
from towpath.oci.digest import Digest, is_digest
from towpath.oci.errors import InvalidReferenceError
from towpath.oci.reference import Reference

_NO_REGISTRY = "docker.io"


async def images_in_use(access: ClusterAccess) -> frozenset[RunningImage]:
    """Ask the cluster. Raises KubeconfigError, ClusterError, SshError: what is not known whole protects nothing."""
    async with access.client() as client:
        return used_images(await running_images(client))


def used_images(images: Iterable[tuple[str, str | None]]) -> frozenset[RunningImage]:
    """Return which repositories, tags and digests pods use, from references as they name them and digests.

    The registry's name is left out: runtimes pull by mirrors, hosts entries and other names what is kept here.
    """
    found: set[RunningImage] = set()
    for text, digest in images:
        try:
            reference = Reference.parse(text, _NO_REGISTRY)
        except InvalidReferenceError:
            continue
        known = Digest(digest) if digest and is_digest(digest) else None
        tag = reference.tag if reference.tag or reference.digest else "latest"
        found.update(RunningImage(reference.repository, tag, each) for each in {reference.digest, known} if each or tag)
    return frozenset(found)
