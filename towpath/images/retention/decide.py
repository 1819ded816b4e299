"""Ruling on each tag of a repository by its policy, with the reason in words.

Reasons hold no dates and no ages, so that the same registry gives the same plan tomorrow.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from towpath.images.retention.policy import DeletionRequest, RetentionPolicy
from towpath.images.retention.semver_range import SemverRange, parse_version
from towpath.images.snapshot import RepositoryRecord, companion_of
from towpath.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class RunningImage:
    """An image that a pod uses, as far as is known."""

    repository: str
    tag: str | None = None
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class MirroredImage:
    """An image that the stack keeps a copy of under a tag. Its digest may not be known, and the copy yet to be made."""

    repository: str | None
    """None: a source that could not be read did not say."""
    tag: str
    digest: Digest | None = None
    problem: str = ""
    """Why its source did not say what it is: then nothing of the repository may go, as any tag or digest may be it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the registry: the time, what runs, what is copied in, and when what was pulled last."""

    now: dt.datetime
    running: frozenset[RunningImage] = frozenset()
    mirrored: frozenset[MirroredImage] = frozenset()
    pulled: Mapping[tuple[str, Digest], dt.datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a tag stays, and why."""

    stays: bool
    reason: str


def running_digests(repository: RepositoryRecord, running: Iterable[RunningImage]) -> set[Digest]:
    """Return the digests of a repository that run, by tag or by digest."""
    found: set[Digest] = set()
    for image in running:
        if image.repository != repository.name:
            continue
        if image.digest:
            found.add(image.digest)
        if image.tag and image.tag in repository.tags:
            found.add(repository.tags[image.tag])
    return found


def rule_on_tags(
    repository: RepositoryRecord, policy: RetentionPolicy | None, requests: Iterable[DeletionRequest], facts: Facts
) -> dict[str, Ruling]:
    """Rule on every tag but those that go with another image by their name (see `companion_of`)."""
    own = {tag: digest for tag, digest in repository.tags.items() if companion_of(tag) is None}
    running = running_digests(repository, facts.running)
    mirrored = _mirrored_tags(repository, facts)
    asked = {tag for tag, digest in own.items() for request in requests if _asks_for(request, tag, digest)}
    governed = {tag: digest for tag, digest in own.items() if policy and _governs(policy, tag)}
    by_rule = _keep_rules(repository, policy, governed, facts) if policy else {}
    rulings = {}
    for tag, digest in own.items():
        if _is_protected(policy, tag):
            rulings[tag] = Ruling(stays=True, reason="protected")
        elif digest in running:
            rulings[tag] = Ruling(stays=True, reason="in use by a pod")
        elif tag in mirrored:
            rulings[tag] = Ruling(stays=True, reason="images.mirror copies it in")
        elif tag in asked:
            rulings[tag] = Ruling(stays=False, reason="asked for")
        elif tag in by_rule:
            rulings[tag] = by_rule[tag]
        else:
            rulings[tag] = Ruling(stays=True, reason="no policy covers it")
    return rulings


def rule_on_dangling(
    repository: RepositoryRecord, policy: RetentionPolicy | None, requests: Iterable[DeletionRequest], facts: Facts
) -> list[str]:
    """Return the tags that lead nowhere and go: none that a name protects, or that anybody waits for.

    Nothing is lost with them, so rules on the age of images do not hold them.
    """
    waited_for = {image.tag for image in facts.running if image.repository == repository.name}
    waited_for |= _mirrored_tags(repository, facts)
    going = []
    for tag in sorted(repository.dangling - waited_for):
        asked = any(request.names_tag(tag) for request in requests)
        if not _is_protected(policy, tag) and (asked or _goes_dangling(repository, policy, tag)):
            going.append(tag)
    return going


def _goes_dangling(repository: RepositoryRecord, policy: RetentionPolicy | None, tag: str) -> bool:
    if policy is None or not _governs(policy, tag) or _kept_by_name(policy, tag):
        return False
    return companion_of(tag) not in repository.manifests


def _mirrored_tags(repository: RepositoryRecord, facts: Facts) -> set[str]:
    return {image.tag for image in facts.mirrored if image.repository == repository.name}


def _is_protected(policy: RetentionPolicy | None, tag: str) -> bool:
    return policy is not None and any(re.fullmatch(pattern, tag) for pattern in policy.protected)


def _asks_for(request: DeletionRequest, tag: str, digest: Digest) -> bool:
    return digest in request.digests or request.names_tag(tag)


def _governs(policy: RetentionPolicy, tag: str) -> bool:
    if not policy.touches_tags:
        return False
    return policy.delete_tags is None or re.fullmatch(policy.delete_tags, tag) is not None


def _keep_rules(
    repository: RepositoryRecord, policy: RetentionPolicy, governed: Mapping[str, Digest], facts: Facts
) -> dict[str, Ruling]:
    created = {digest: repository.created(digest) for digest in set(governed.values())}
    newest = _newest(created, policy.keep_last or 0)
    against = _misses(policy)
    rulings = {}
    for tag, digest in governed.items():
        kept = (
            _kept_by_age(policy, digest, created[digest], newest, facts.now)
            or _kept_by_name(policy, tag)
            or _kept_by_pull(policy, facts.pulled.get((repository.name, digest)), facts.now)
        )
        rulings[tag] = Ruling(stays=kept is not None, reason=kept or against)
    return rulings


def _newest(created: Mapping[Digest, dt.datetime | None], count: int) -> frozenset[Digest]:
    dated = sorted(((moment, digest) for digest, moment in created.items() if moment), reverse=True)
    return frozenset(digest for _, digest in dated[:count])


def _kept_by_age(
    policy: RetentionPolicy, digest: Digest, created: dt.datetime | None, newest: frozenset[Digest], now: dt.datetime
) -> str | None:
    days = policy.keep_newer_than_days
    if policy.keep_last is None and days is None:
        return None
    if created is None:
        return "its age is not known"
    if digest in newest:
        return f"one of the {policy.keep_last} newest"
    if days is not None and created > now - dt.timedelta(days=days):
        return f"made within {days:g} days"
    return None


def _kept_by_name(policy: RetentionPolicy, tag: str) -> str | None:
    version = parse_version(tag) if policy.keep_semver is not None else None
    if version is not None and version in SemverRange(policy.keep_semver or "*"):
        return f"version in {policy.keep_semver}"
    matching = next((pattern for pattern in policy.keep_tags if re.fullmatch(pattern, tag)), None)
    return f"matches {matching}" if matching is not None else None


def _kept_by_pull(policy: RetentionPolicy, pulled: dt.datetime | None, now: dt.datetime) -> str | None:
    days = policy.keep_pulled_within_days
    if days is None or pulled is None or pulled <= now - dt.timedelta(days=days):
        return None
    return f"pulled within {days:g} days"


def _misses(policy: RetentionPolicy) -> str:
    """Say in words which keep rules none of the deleted fulfils."""
    misses = []
    if policy.keep_last is not None:
        misses.append(f"not one of the {policy.keep_last} newest")
    if policy.keep_newer_than_days is not None:
        misses.append(f"older than {policy.keep_newer_than_days:g} days")
    if policy.keep_semver is not None:
        misses.append(f"version not in {policy.keep_semver}")
    if policy.keep_tags:
        misses.append(f"matches none of {', '.join(policy.keep_tags)}")
    if policy.keep_pulled_within_days is not None:
        misses.append(f"not known to be pulled within {policy.keep_pulled_within_days:g} days")
    if policy.delete_tags is not None:
        misses.append(f"matches {policy.delete_tags}")
    return ", ".join(misses)
