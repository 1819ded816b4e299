"""What kept manifests need, and in which order the others may go. No I/O.

Needed are, of a kept manifest: its children; its subject; what refers to it, by subject or by the name of a tag.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from towpath.images.snapshot import RepositoryRecord, companion_of
from towpath.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Links:
    """How the manifests of one repository hang together; all digests are of manifests that are there."""

    children: Mapping[Digest, tuple[Digest, ...]]
    parents: Mapping[Digest, tuple[Digest, ...]]
    subject: Mapping[Digest, Digest]
    referring: Mapping[Digest, tuple[Digest, ...]]


def links_of(repository: RepositoryRecord) -> Links:
    """Read a repository's links."""
    there = repository.manifests
    children = {d: tuple(c for c in record.children if c in there) for d, record in there.items()}
    parents: dict[Digest, list[Digest]] = {}
    for digest, below in children.items():
        for child in below:
            parents.setdefault(child, []).append(digest)
    subject = {d: record.subject for d, record in there.items() if record.subject and record.subject in there}
    referring: dict[Digest, list[Digest]] = {}
    for digest, of in subject.items():
        referring.setdefault(of, []).append(digest)
    for tag, digest in repository.tags.items():
        named = companion_of(tag)
        if named is not None and named in there and digest in there and named != digest:
            referring.setdefault(named, []).append(digest)
    return Links(children, _frozen(parents), subject, _frozen(referring))


def needed(links: Links, roots: Iterable[Digest]) -> set[Digest]:
    """Return the roots and everything that they need."""
    found: set[Digest] = set()
    waiting = list(roots)
    while waiting:
        digest = waiting.pop()
        if digest in found:
            continue
        found.add(digest)
        waiting.extend(links.children.get(digest, ()))
        waiting.extend(links.referring.get(digest, ()))
        if digest in links.subject:
            waiting.append(links.subject[digest])
    return found


def with_ancestors(links: Links, digests: Iterable[Digest]) -> set[Digest]:
    """Return the digests and every index that leads to one of them."""
    found: set[Digest] = set()
    waiting = list(digests)
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            waiting.extend(links.parents.get(digest, ()))
    return found


def going_along(links: Links, seeds: Iterable[Digest], kept: AbstractSet[Digest]) -> set[Digest]:
    """Return the seeds and what goes along: their parts, and what refers to them; never what is kept."""
    found: set[Digest] = set()
    waiting = list(seeds)
    while waiting:
        digest = waiting.pop()
        if digest not in found and digest not in kept:
            found.add(digest)
            waiting.extend(links.children.get(digest, ()))
            waiting.extend(links.referring.get(digest, ()))
    return found


def order(links: Links, digests: set[Digest]) -> list[Digest]:
    """Order deletions so that an interrupted one leaves nothing broken.

    An index goes before its children, an image before its signatures: what is left over is unused, not unusable.
    """
    ordered: list[Digest] = []
    waiting = set(digests)
    while waiting:
        tops = {digest for digest in waiting if not waiting.intersection(links.parents.get(digest, ()))}
        followers = {later for digest in waiting for later in links.referring.get(digest, ())}
        # A tag's name, or an index with a subject among its parts, can make a ring; an index goes first all the same.
        ready = sorted(tops - followers) or sorted(tops)[:1]
        ordered += ready
        waiting.difference_update(ready)
    return ordered


def _frozen(lists: Mapping[Digest, list[Digest]]) -> dict[Digest, tuple[Digest, ...]]:
    return {digest: tuple(sorted(set(entries))) for digest, entries in lists.items()}
