"""Copying images into a registry from a layout or an archive: digests kept, what is there not sent again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from towpath.images.bounded import for_each
from towpath.images.content import Content
from towpath.images.errors import InvalidLayoutError
from towpath.images.layout import Named
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest
from towpath.oci.manifest import Manifest
from towpath.oci.reference import Reference, check_repository
from towpath.registry_client import manifest, referrer, upload
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.tree import MAX_DEPTH

OnBytes = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """One image: where it is now, and how many bytes of blobs were sent for it."""

    reference: Reference
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class Naming:
    """Where images go: `name` for one that brings no repository, `prefix` before every repository."""

    name: str | None = None
    prefix: str = ""


@dataclass(slots=True)
class _Run:
    session: RegistrySession
    content: Content
    on_bytes: OnBytes
    total_bytes: int
    done_bytes: int = 0
    homes: dict[Digest, str] = field(default_factory=dict)
    placed: dict[Digest, set[str]] = field(default_factory=dict)


async def import_images(
    session: RegistrySession, content: Content, naming: Naming, on_bytes: OnBytes
) -> list[Imported]:
    """Push every image, then what refers to them. One image after the other, its blobs many at once.

    Raises InvalidLayoutError before anything is sent where a part is missing or a name is; FormatError, RegistryError.
    """
    targets = [(named, _target(named, naming)) for named in content.entries]
    trees = {named.descriptor.digest: _tree(content, named.descriptor.digest) for named, _ in targets}
    parts = {part.digest: part for tree in trees.values() for part in tree}
    referring = [named for named, target in targets if target is None and parts[named.descriptor.digest].subject]
    if unnamed := [n for n, target in targets if target is None and n not in referring]:
        raise InvalidLayoutError(f"{unnamed[0].descriptor.digest} brings no repository's name; give it with --name")
    placed = {part.digest for named, target in targets if target for part in trees[named.descriptor.digest]}
    order = _referring_order({named.descriptor.digest: trees[named.descriptor.digest] for named in referring}, placed)
    blobs = {blob.digest: blob for part in parts.values() for blob in part.blobs}
    run = _Run(session, content, on_bytes, sum(blob.size_bytes for blob in blobs.values()))
    done = [
        Imported(target, await _push(run, target, trees[named.descriptor.digest]))
        for named, target in targets
        if target is not None
    ]
    for tree in order:
        await _push_referring(run, tree)
    on_bytes(run.total_bytes, run.total_bytes)
    return done


def _target(named: Named, naming: Naming) -> Reference | None:
    repository, tag = named.repository, named.tag
    if repository is None:
        if naming.name is None:
            return None
        given = Reference.parse(naming.name, "localhost")
        repository, tag = given.repository, tag or given.tag
    return Reference("", check_repository(naming.prefix + repository), tag, named.descriptor.digest)


def _tree(content: Content, top: Digest) -> list[Manifest]:
    """Return a manifest and everything below it, each once, children before their parents."""
    found: dict[Digest, Manifest] = {}

    def visit(digest: Digest, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise InvalidLayoutError(f"{top}: indexes lie in one another over {MAX_DEPTH} deep")
        if digest in found:
            return
        part = content.manifest(digest)
        for child in part.manifests:
            visit(child.digest, depth + 1)
        found[digest] = part

    visit(top, 0)
    return list(found.values())


async def _push(run: _Run, target: Reference, tree: list[Manifest]) -> int:
    top = tree[-1]
    for part in tree:
        run.placed.setdefault(part.digest, set()).add(target.repository)
    if await _is_there(run.session, target.repository, target.tag or top.digest, top.digest):
        for blob in _blobs(tree):
            run.homes.setdefault(blob.digest, target.repository)
        return 0
    sent = await _push_blobs(run, target.repository, tree)
    for part in tree[:-1]:
        await manifest.put(run.session, target.repository, part)
    await referrer.put(run.session, target.repository, top, target.tag)
    return sent


def _referring_order(trees: dict[Digest, list[Manifest]], placed: set[Digest]) -> list[list[Manifest]]:
    """Order what refers to images so that each comes after its subject: a signature may be signed too."""
    waiting, order, known = dict(trees), [], set(placed)
    while waiting:
        ready = [d for d, tree in waiting.items() if tree[-1].subject and tree[-1].subject.digest in known]
        if not ready:
            raise InvalidLayoutError(f"{min(waiting)} refers to an image that is not among those to copy")
        for digest in ready:
            tree = waiting.pop(digest)
            order.append(tree)
            known.update(part.digest for part in tree)
    return order


async def _push_referring(run: _Run, tree: list[Manifest]) -> None:
    """Push what refers to an image into every repository that has that image."""
    top = tree[-1]
    repositories = run.placed[top.subject.digest] if top.subject else set()
    for repository in sorted(repositories):
        await _push(run, Reference("", repository, None, top.digest), tree)


async def _push_blobs(run: _Run, repository: str, tree: list[Manifest]) -> int:
    sent = 0

    async def one(blob: Descriptor) -> None:
        nonlocal sent
        home = run.homes.get(blob.digest)
        mount_from = [home] if home and home != repository else []
        count = await upload.push(
            run.session, repository, blob, lambda offset: run.content.stream(blob.digest, offset), mount_from=mount_from
        )
        sent += count
        if blob.digest not in run.homes:
            run.homes[blob.digest] = repository
            run.done_bytes += blob.size_bytes
            run.on_bytes(run.done_bytes, run.total_bytes)

    await for_each(_blobs(tree), one, run.session.limits.concurrency)
    return sent


def _blobs(tree: list[Manifest]) -> Iterator[Descriptor]:
    yield from {blob.digest: blob for part in tree for blob in part.blobs}.values()


async def _is_there(session: RegistrySession, repository: str, locator: str, digest: Digest) -> bool:
    try:
        return (await manifest.head(session, repository, locator)).digest == digest
    except NotFoundError:
        return False
