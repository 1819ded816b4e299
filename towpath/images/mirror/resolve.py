"""What each image that is wanted is now at its source: the tags of a choice, digests, what refers to them.

A source that cannot be asked is noted with its image, and the others are asked all the same. An upstream is asked by
HEAD, which rate limits do not count, except where platforms or referrers are wanted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from towpath.errors import TowpathError
from towpath.images.bounded import for_each
from towpath.images.errors import MirrorError
from towpath.images.mirror.image_source import ContentSource, ImageSource
from towpath.images.mirror.platform_choice import choose_platforms
from towpath.images.mirror.source import EngineSource, FileSource, UpstreamSource
from towpath.images.mirror.sources import Sources, select_entry
from towpath.images.mirror.tag_choice import choose_tags, missing_names
from towpath.images.mirror.wanted import ALL_TAGS, Wanted
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest
from towpath.oci.errors import InvalidManifestError
from towpath.oci.manifest import Manifest
from towpath.oci.reference import Reference
from towpath.registry_client import manifest, tag
from towpath.registry_client.errors import (
    NotFoundError,
    RateLimitedError,
    ServerFailedError,
    TimedOutError,
    UnreachableError,
)
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.tree import MAX_DEPTH
from towpath.settings.mirror import MirrorImage, MirrorTags, split_target, target_of

AT_ONCE = 8
_PASSING = (RateLimitedError, ServerFailedError, TimedOutError, UnreachableError)


async def resolve(images: Iterable[MirrorImage], sources: Sources) -> list[Wanted]:
    """Return the images by target. Raises MirrorError where two would have the same target."""
    found: dict[int, list[Wanted]] = {}

    async def one(entry: tuple[int, MirrorImage]) -> None:
        found[entry[0]] = await _resolved(entry[1], sources)

    await for_each(enumerate(images), one, AT_ONCE)
    by_target: dict[str, Wanted] = {}
    for wanted in (each for _, several in sorted(found.items()) for each in several):
        other = by_target.setdefault(wanted.target, wanted)
        if other is not wanted:
            raise MirrorError(
                f"towpath:images.mirror: {other.source} and {wanted.source} would both become {wanted.target}; "
                "say in `to` what one of them is to be called"
            )
    return [by_target[target] for target in sorted(by_target)]


async def _resolved(image: MirrorImage, sources: Sources) -> list[Wanted]:
    origin = image.origin
    if isinstance(origin, UpstreamSource) and image.tags:
        return await _chosen(image, origin.reference, image.tags, sources)
    if isinstance(origin, UpstreamSource):
        wanted = _named(image, origin.reference)
        return [await _noted(wanted, lambda: _upstream(wanted, origin.reference, sources))]
    if isinstance(origin, FileSource):
        repository, tag = split_target(image.to) if image.to else (origin.path, None)
        target = f"{repository}:{tag or ALL_TAGS}"
        unread = Wanted(target, image.source, platforms=image.platforms, image=image.image or "")
        return [await _noted(unread, lambda: _file(unread, image, origin, sources))]
    wanted = _named(image, Reference.parse(origin.name))
    return [await _noted(wanted, lambda: _engine(wanted, origin, sources))]


def _named(image: MirrorImage, reference: Reference, chosen_by: str = "") -> Wanted:
    source = image.source if not chosen_by else f"{image.source}:{reference.tag}"
    return Wanted(
        target=target_of(image.to, reference),
        source=source,
        platforms=image.platforms,
        referring=() if image.referrers else None,
        pin=image.pin,
        chosen_by=chosen_by,
    )


async def _noted(wanted: Wanted, ask: Callable[[], Awaitable[Wanted]]) -> Wanted:
    try:
        return await ask()
    except (TowpathError, OSError) as error:
        return replace(wanted, problem=str(error), lasting=not isinstance(error, _PASSING))


async def _chosen(image: MirrorImage, reference: Reference, choice: MirrorTags, sources: Sources) -> list[Wanted]:
    repository = split_target(image.to)[0] if image.to else reference.repository
    place = replace(_named(image, reference, image.source), target=f"{repository}:{ALL_TAGS}", source=image.source)
    try:
        session = await sources.session(reference.registry)
        tags = [name async for name in tag.tags(session, reference.repository)]
    except (TowpathError, OSError) as error:
        return [replace(place, problem=str(error), lasting=not isinstance(error, _PASSING))]
    references = [replace(reference, tag=name) for name in choose_tags(tags, choice)]
    absent = [replace(reference, tag=name) for name in missing_names(tags, choice)]
    if not references and not absent:
        problem = f"{image.source}: the choice of tags fits none of its {len(tags)} tags"
        return [replace(place, problem=problem, lasting=True)]
    found: list[Wanted] = []

    async def one(each: Reference) -> None:
        wanted = _named(image, each, image.source)
        found.append(await _noted(wanted, lambda: _upstream(wanted, each, sources)))

    await for_each([*references, *absent], one, AT_ONCE)
    return found


async def _upstream(wanted: Wanted, reference: Reference, sources: Sources) -> Wanted:
    session = await sources.session(reference.registry)
    note = await _moved(wanted, reference, session) if reference.digest and reference.tag else ""
    if not wanted.platforms and wanted.referring is None:
        digest = reference.digest or (await manifest.head(session, reference.repository, reference.locator)).digest
        return replace(wanted, digest=digest, note=note)
    top = await manifest.get(session, reference.repository, reference.locator)
    source = await sources.repository(reference)
    return replace(await _with_parts(wanted, top, source), note=note)


async def _moved(wanted: Wanted, reference: Reference, session: RegistrySession) -> str:
    """Say where the tag beside a digest leads now, if elsewhere; the digest alone decides what is copied."""
    name = replace(reference, digest=None)
    try:
        now = (await manifest.head(session, reference.repository, name.locator)).digest
    except NotFoundError:
        return f"{name} is gone; {wanted.target} stays at {reference.digest}, as its `from` says"
    except TowpathError:
        return ""
    if now == reference.digest:
        return ""
    return f"{name} is {now} now; {wanted.target} stays at {reference.digest}, as its `from` says"


async def _file(wanted: Wanted, image: MirrorImage, origin: FileSource, sources: Sources) -> Wanted:
    content = await sources.content(origin.path)
    entry = await asyncio.to_thread(select_entry, content, origin.path, image.image or "")
    if image.to and split_target(image.to)[1]:
        target = image.to
    elif image.to or entry.repository:
        target = f"{image.to or entry.repository}:{entry.tag or 'latest'}"
    else:
        raise MirrorError(f"{origin.path}: its image brings no name; say in `to` what it is to be called here")
    named = replace(wanted, target=target, referring=() if image.referrers else None)
    return await _with_parts(named, content.manifest(entry.descriptor.digest), ContentSource(content))


async def _engine(wanted: Wanted, origin: EngineSource, sources: Sources) -> Wanted:
    engine = await sources.engine()
    return replace(wanted, digest=(await engine.inspect(origin.name)).image_id)


async def _with_parts(wanted: Wanted, top: Manifest, source: ImageSource) -> Wanted:
    """Choose the platforms, and list what refers to the image and to what is below it."""
    root = root_of(top, wanted)
    becomes = root.digest if root.digest != top.digest else ""
    found = replace(wanted, digest=top.digest, becomes=becomes)
    if wanted.referring is None:
        return found
    referring = [
        f"{tag or entry.artifact_type or 'artifact'} {entry.digest}"
        for digest in await _digests(root, source)
        for entry, tag in await source.referring(digest)
    ]
    return replace(found, referring=tuple(sorted(set(referring))))


def root_of(top: Manifest, wanted: Wanted) -> Descriptor | Manifest:
    """Return what of `top` is copied: all of it, one of its images, or an index of some. Raises MirrorError."""
    if not wanted.platforms or not top.is_index:
        return top
    return choose_platforms(top, wanted.platforms, wanted.source)


async def _digests(root: Descriptor | Manifest, source: ImageSource) -> list[Digest]:
    """Return `root` and everything below it; of the manifests below only indexes are read."""
    digests = [root.digest]
    level = list(root.manifests) if isinstance(root, Manifest) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return digests
        digests += [entry.digest for entry in level]
        inner = [await source.manifest(entry.digest) for entry in level if entry.media_type in media_types.INDEXES]
        level = [entry for index in inner for entry in index.manifests]
    raise InvalidManifestError(f"{root.digest}: indexes lie in one another over {MAX_DEPTH} deep")
