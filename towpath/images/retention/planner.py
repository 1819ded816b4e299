"""Policies and a snapshot to a plan. No I/O, and the same input always gives the same plan.

A repository that could not be read whole is left alone: what was not read may need what was.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from towpath.images.errors import IncompleteError
from towpath.images.retention.decide import Facts, Ruling, rule_on_dangling, rule_on_tags, running_digests
from towpath.images.retention.freed import with_freed_bytes
from towpath.images.retention.plan import Deletion, Held, Kind, Plan, Untagging
from towpath.images.retention.policy import DeletionRequest, Retention, RetentionPolicy
from towpath.images.retention.reach import Links, going_along, links_of, needed, order, with_ancestors
from towpath.images.snapshot import RepositoryRecord, Snapshot, companion_of
from towpath.oci.digest import Digest

_LEADS_NOWHERE = "leads nowhere, as after a deletion that was broken off"
_MOST_LEAD_NOWHERE = "most tags of the registry lead nowhere; see that its storage is whole"


@dataclass(frozen=True, slots=True)
class _Repository:
    record: RepositoryRecord
    policy: RetentionPolicy | None
    requests: tuple[DeletionRequest, ...]
    links: Links
    tags: Mapping[Digest, tuple[str, ...]]
    rulings: Mapping[str, Ruling]


def make_plan(stack: str, snapshot: Snapshot, retention: Retention, facts: Facts) -> Plan:
    """Plan. Raises IncompleteError where the snapshot was not meant to have every repository."""
    if not snapshot.whole:
        raise IncompleteError(
            f"{snapshot.registry}: only some repositories were read, but layers are shared by all; read all of it"
        )
    unread = _unread(snapshot, facts)
    unsure = _unsure(facts)
    doubtful = _is_doubtful(snapshot)
    if None in unsure:
        return _nothing(stack, snapshot, unsure[None])
    deletions: list[Deletion] = []
    untaggings: list[Untagging] = []
    held: list[Held] = []
    for name, record in sorted(snapshot.repositories.items()):
        policy, requests = retention.policy_for(name), retention.requests_for(name)
        if policy is None and not requests:
            continue
        if name in unread:
            held.append(Held(repository=name, what="all of it", reason=f"not read whole: {unread[name]}"))
            continue
        if name in unsure:
            held.append(Held(repository=name, what="all of it", reason=unsure[name]))
            continue
        rulings = rule_on_tags(record, policy, requests, facts)
        repository = _Repository(record, policy, requests, links_of(record), record.tags_of(), rulings)
        kept = _kept(repository, facts)
        deletions += _deletions(repository, kept)
        untaggings += _untaggings(repository, kept)
        dangling = rule_on_dangling(record, policy, requests, facts)
        if doubtful and dangling:
            held.append(Held(repository=name, what=", ".join(dangling), reason=_MOST_LEAD_NOWHERE))
        else:
            untaggings += [Untagging(repository=name, tag=tag, digest=None, reason=_LEADS_NOWHERE) for tag in dangling]
        held += _held(repository, kept)
    counted = with_freed_bytes(snapshot, deletions)
    return Plan(
        stack=stack,
        registry=snapshot.registry,
        deletions=counted,
        untaggings=tuple(untaggings),
        held=tuple(held),
        freed_bytes=sum(deletion.freed_bytes for deletion in counted),
        exact=not unread,
    )


def _is_doubtful(snapshot: Snapshot) -> bool:
    """Whether more tags lead nowhere than somewhere: more than a deletion leaves, as where a volume is not mounted."""
    records = snapshot.repositories.values()
    return sum(len(record.dangling) for record in records) > sum(len(record.tags) for record in records)


def _unread(snapshot: Snapshot, facts: Facts) -> dict[str, str]:
    """Return why a repository is not known well enough: a part not read, or an image in use that was not looked at."""
    unread = {failure.repository: failure.message for failure in reversed(snapshot.failures) if not failure.gone}
    gone = {failure.place for failure in snapshot.failures if failure.gone}
    for image in sorted(facts.running, key=str):
        record = snapshot.repositories.get(image.repository)
        place = f"{image.repository}@{image.digest}"
        if record and image.digest and image.digest not in record.manifests and place not in gone:
            unread.setdefault(image.repository, f"a pod uses {image.digest}, which was not looked at")
    return unread


def _unsure(facts: Facts) -> dict[str | None, str]:
    """Return why a repository, or every one, may have copies that are to stay, though it is not known which."""
    return {
        image.repository: f"images.mirror keeps a copy in it, and which is not known: {image.problem}"
        for image in sorted(facts.mirrored, key=str, reverse=True)
        if image.problem
    }


def _nothing(stack: str, snapshot: Snapshot, reason: str) -> Plan:
    return Plan(
        stack=stack,
        registry=snapshot.registry,
        held=(Held(repository="*", what="everything", reason=f"{reason}; say its repository in `to`"),),
    )


def _kept(repository: _Repository, facts: Facts) -> set[Digest]:
    record, links = repository.record, repository.links
    roots = {record.tags[tag] for tag, ruling in repository.rulings.items() if ruling.stays}
    roots |= with_ancestors(links, running_digests(record, facts.running))
    mirrored = {image.digest for image in facts.mirrored if image.repository == record.name}
    roots |= record.manifests.keys() & mirrored
    requested = {digest for request in repository.requests for digest in request.digests}
    may_go = requested | {digest for digest in record.manifests if _may_go_untagged(repository, digest)}
    roots |= {digest for digest in record.manifests if _stands_alone(repository, digest) and digest not in may_go}
    seeds = {digest for digest in record.manifests if digest in may_go or _has_own_tag(repository, digest)}
    kept = needed(links, roots)
    # What hangs together in a ring has nobody to decide on it: it goes only with something that was decided on.
    while loose := record.manifests.keys() - kept - going_along(links, seeds - kept, kept):
        roots |= loose
        kept = needed(links, roots)
    return kept


def _has_own_tag(repository: _Repository, digest: Digest) -> bool:
    return any(tag in repository.rulings for tag in repository.tags.get(digest, ()))


def _stands_alone(repository: _Repository, digest: Digest) -> bool:
    """Whether neither a tag of its own, nor an index, nor an image that it refers to decides on a manifest."""
    parts = repository.links.parents
    return not (_has_own_tag(repository, digest) or digest in parts or _refers_to(repository, digest))


def _refers_to(repository: _Repository, digest: Digest) -> bool:
    named = {companion_of(tag) for tag in repository.tags.get(digest, ())}
    return digest in repository.links.subject or bool(named & repository.record.manifests.keys())


def _may_go_untagged(repository: _Repository, digest: Digest) -> bool:
    policy = repository.policy
    if policy is None or not _stands_alone(repository, digest):
        return False
    return policy.delete_orphaned_referrers if _is_orphan(repository, digest) else policy.delete_untagged


def _is_orphan(repository: _Repository, digest: Digest) -> bool:
    """Whether it is there for an image that is gone."""
    return bool(repository.tags.get(digest)) or repository.record.manifests[digest].subject is not None


def _deletions(repository: _Repository, kept: set[Digest]) -> list[Deletion]:
    record = repository.record
    going = record.manifests.keys() - kept
    deletions = []
    for digest in order(repository.links, set(going)):
        kind, reason = _why(repository, digest, going)
        deletions.append(
            Deletion(
                repository=record.name,
                digest=digest,
                kind=kind,
                media_type=record.manifests[digest].media_type,
                tags=repository.tags.get(digest, ()),
                platforms=record.platforms(digest),
                created=record.created(digest),
                reason=reason,
                freed_bytes=0,
            )
        )
    return deletions


def _why(repository: _Repository, digest: Digest, going: AbstractSet[Digest | None]) -> tuple[Kind, str]:
    tags = repository.tags.get(digest, ())
    if reasons := dict.fromkeys(repository.rulings[tag].reason for tag in tags if tag in repository.rulings):
        return Kind.IMAGE, "; ".join(reasons)
    if any(digest in request.digests for request in repository.requests):
        return Kind.UNTAGGED, "asked for"
    links = repository.links
    subjects = {links.subject.get(digest), *(companion_of(tag) for tag in tags)} & going
    if subjects:
        return Kind.REFERRER, f"refers to {min(filter(None, subjects))}, which goes"
    if parents := going & set(links.parents.get(digest, ())):
        return Kind.PART, f"part of {min(filter(None, parents))}, which goes"
    if _is_orphan(repository, digest):
        return Kind.REFERRER, "refers to an image that is gone"
    return Kind.UNTAGGED, "no tag and no index leads to it"


def _untaggings(repository: _Repository, kept: set[Digest]) -> list[Untagging]:
    record = repository.record
    found = []
    for tag, ruling in sorted(repository.rulings.items()):
        digest = record.tags[tag]
        if ruling.stays or (digest in record.manifests and digest not in kept):
            continue
        co_tags = tuple(other for other in repository.tags[digest] if other != tag)
        found.append(Untagging(repository=record.name, tag=tag, digest=digest, co_tags=co_tags, reason=ruling.reason))
    return found


def _held(repository: _Repository, kept: set[Digest]) -> list[Held]:
    """Name what was asked for and stays: protected tags and used ones, digests that something kept needs."""
    record = repository.record
    reasons: dict[str, str] = {}
    for request in repository.requests:
        for tag, ruling in repository.rulings.items():
            if ruling.stays and request.names_tag(tag):
                reasons[tag] = ruling.reason
        for digest in kept.intersection(request.digests, record.manifests):
            reasons[digest] = _needed_by(repository, digest)
    return [Held(repository=record.name, what=what, reason=reason) for what, reason in sorted(reasons.items())]


def _needed_by(repository: _Repository, digest: Digest) -> str:
    rulings = {tag: repository.rulings[tag] for tag in repository.tags.get(digest, ()) if tag in repository.rulings}
    staying = [f"{tag}: {ruling.reason}" for tag, ruling in rulings.items() if ruling.stays]
    return "; ".join(staying) or "something that is kept needs it"
