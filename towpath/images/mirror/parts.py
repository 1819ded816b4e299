"""Everything that one image consists of, read from its source, in the order in which it is pushed."""

from collections.abc import Iterator
from dataclasses import dataclass

from towpath.images.bounded import for_each
from towpath.images.mirror.image_source import ImageSource
from towpath.images.mirror.resolve import root_of
from towpath.images.mirror.wanted import Wanted
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest
from towpath.oci.errors import InvalidManifestError
from towpath.oci.manifest import Manifest
from towpath.registry_client.tree import MAX_DEPTH, MAX_MANIFESTS

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Referring:
    """What refers to an image: its manifests, the top one last, and the tag that it has for that, if any."""

    manifests: tuple[Manifest, ...]
    tag: str | None


@dataclass(frozen=True, slots=True)
class Parts:
    """An image's manifests, each below an index before it, and what refers to any of them."""

    manifests: tuple[Manifest, ...]
    referring: tuple[Referring, ...] = ()

    @property
    def top(self) -> Manifest:
        """The manifest that gets the tag."""
        return self.manifests[-1]

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Every blob, once."""
        return tuple({blob.digest: blob for part in self._all() for blob in part.blobs}.values())

    def _all(self) -> Iterator[Manifest]:
        yield from self.manifests
        for each in self.referring:
            yield from each.manifests


async def read_parts(source: ImageSource, digest: Digest, wanted: Wanted) -> Parts:
    """Read an image whole. Raises what the source raises, and MirrorError where a platform is not there."""
    root = root_of(await source.manifest(digest), wanted)
    top = root if isinstance(root, Manifest) else await source.manifest(root.digest)
    manifests = await _tree(source, top)
    referring = await _referring(source, manifests) if wanted.referring is not None else ()
    return Parts(manifests, referring)


async def _referring(source: ImageSource, manifests: tuple[Manifest, ...]) -> tuple[Referring, ...]:
    """Follow what refers to the image, and to that: a signature may be signed too."""
    found: list[Referring] = []
    seen: set[tuple[Digest, str | None]] = set()
    waiting = [part.digest for part in manifests]
    while waiting:
        for descriptor, tag in await source.referring(waiting.pop(0)):
            if (descriptor.digest, tag) in seen:
                continue
            seen.add((descriptor.digest, tag))
            if len(seen) > MAX_MANIFESTS:
                raise InvalidManifestError(f"{manifests[-1].digest}: over {MAX_MANIFESTS} manifests refer to it")
            tree = await _tree(source, await source.manifest(descriptor.digest))
            found.append(Referring(tree, tag))
            waiting += [part.digest for part in tree]
    return tuple(found)


async def _tree(source: ImageSource, top: Manifest) -> tuple[Manifest, ...]:
    """Read what is below `top`, and return it children first.

    Raises InvalidManifestError for indexes that lie too deep in one another, or name too much.
    """
    known = {top.digest: top}

    async def one(child: Descriptor) -> None:
        known[child.digest] = await source.manifest(child.digest)

    level = list(top.manifests)
    for _ in range(MAX_DEPTH):
        new = {child.digest: child for child in level if child.digest not in known}
        if not new:
            return tuple(reversed(list(_parents_first(top, known))))
        if len(known) + len(new) > MAX_MANIFESTS:
            raise InvalidManifestError(f"{top.digest} names more than {MAX_MANIFESTS} manifests")
        await for_each(new.values(), one, _AT_ONCE)
        level = [child for digest in new for child in known[digest].manifests]
    raise InvalidManifestError(f"{top.digest}: indexes lie in one another over {MAX_DEPTH} deep")


def _parents_first(top: Manifest, known: dict[Digest, Manifest]) -> Iterator[Manifest]:
    """Give each manifest once, after every index that names it: the last place where it is met counts."""
    depth = {top.digest: 0}
    waiting = [top.digest]
    while waiting:
        digest = waiting.pop(0)
        for child in known[digest].manifests:
            if depth.get(child.digest, -1) < depth[digest] + 1:
                depth[child.digest] = depth[digest] + 1
                waiting.append(child.digest)
    yield from (known[digest] for digest in sorted(depth, key=lambda digest: depth[digest]))
