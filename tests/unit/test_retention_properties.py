"""Random registries, policies and requests: what must hold of every plan, checked by naive walks of our own."""

import datetime as dt
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.images.retention.decide import Facts, RunningImage
from towpath.images.retention.plan import Plan, from_json, to_json
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import DeletionRequest, Retention, RetentionPolicy
from towpath.images.retention.review import reviewed_part
from towpath.images.snapshot import Blob, ManifestRecord, RepositoryRecord, Snapshot, companion_of
from towpath.oci import media_types
from towpath.oci.digest import Digest, digest_of

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
NAMES = ("app", "team/app", "tool")
TAGS = ("1.0.0", "1.1.0", "2.0.0-rc", "latest", "pr-1", "pr-2")


def named(name: object) -> Digest:
    return digest_of(str(name).encode())


@st.composite
def repositories(draw: st.DrawFn, name: str) -> RepositoryRecord:
    """Draw images over a small pool of layers, indexes of what came before, referrers, and tags of all kinds."""
    records: list[ManifestRecord] = []
    for number in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(["image", "image", "index", "referrer"]))
        # Half of the images are the same in every repository, as pushed copies are.
        digest = named(f"{draw(st.sampled_from(['', name]))}{number}{kind}")
        before = [record.digest for record in records]
        layers = draw(st.lists(st.sampled_from("abcde"), max_size=3, unique=True))
        blobs = tuple(Blob(named(f"layer {layer}"), 10 ** "abcde".index(layer)) for layer in layers)
        days = draw(st.none() | st.integers(0, 60))
        subjects = st.sampled_from([*before, named("absent")]) if before else st.just(named("absent"))
        records.append(
            ManifestRecord(
                digest,
                media_types.OCI_INDEX if kind == "index" else media_types.OCI_MANIFEST,
                100_000 * (number + 1),
                blobs=() if kind == "index" else blobs,
                children=tuple(draw(st.lists(st.sampled_from(before), max_size=3)))
                if kind == "index" and before
                else (),
                subject=draw(subjects) if kind == "referrer" else None,
                created=None if days is None or kind == "index" else NOW - dt.timedelta(days=days),
            )
        )
    manifests = {record.digest: record for record in records}
    tags: dict[str, Digest] = {}
    if manifests:
        tags = draw(st.dictionaries(st.sampled_from(TAGS), st.sampled_from(sorted(manifests)), max_size=5))
        for of in draw(st.lists(st.sampled_from([*sorted(manifests), named("absent")]), max_size=2)):
            suffix = draw(st.sampled_from(["", ".sig"]))
            tags[of.replace(":", "-") + suffix] = draw(st.sampled_from(sorted(manifests)))
    return RepositoryRecord(name, tags, manifests)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    return Snapshot("r.test", {name: draw(repositories(name)) for name in names})


globs = st.sampled_from(["*", "app", "team/*", "t*"])
patterns = st.sampled_from([".*", "pr-.*", "1\\..*", "latest"])
policies = st.builds(
    RetentionPolicy,
    repositories=globs,
    keep_last=st.none() | st.integers(1, 3),
    keep_newer_than_days=st.none() | st.integers(1, 50),
    keep_semver=st.none() | st.sampled_from([">=1.1", "^1", "2.0.0-rc"]),
    keep_tags=st.lists(patterns, max_size=1).map(tuple),
    protected=st.lists(patterns, max_size=1).map(tuple),
    delete_tags=st.none() | patterns,
    delete_untagged=st.booleans(),
    delete_orphaned_referrers=st.booleans(),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Snapshot, Retention, Facts]:
    held = draw(snapshots())
    known = sorted({digest for repository in held.repositories.values() for digest in repository.manifests})
    digests: Any = st.sampled_from(known) if known else st.nothing()
    requests = st.lists(
        st.builds(DeletionRequest, repositories=globs, tags=patterns)
        | st.builds(DeletionRequest, repositories=globs, digests=st.tuples(digests)),
        max_size=2,
    )
    running = set()
    for name, repository in held.repositories.items():
        if repository.manifests and draw(st.integers(0, 3)) == 0:
            running.add(RunningImage(name, digest=draw(st.sampled_from(sorted(repository.manifests)))))
        if repository.tags and draw(st.integers(0, 3)) == 0:
            running.add(RunningImage(name, tag=draw(st.sampled_from(sorted(repository.tags)))))
    retention = Retention(policies=tuple(draw(st.lists(policies, max_size=2))), delete=tuple(draw(requests)))
    return held, retention, Facts(NOW, frozenset(running))


def after(held: Snapshot, plan: Plan) -> Snapshot:
    """Do what the plan says, as a registry does it: a deleted manifest takes its tags along."""
    left = {}
    for name, repository in held.repositories.items():
        going = {d.digest for d in plan.deletions if d.repository == name}
        untagged = {u.tag for u in plan.untaggings if u.repository == name}
        left[name] = RepositoryRecord(
            name,
            {tag: to for tag, to in repository.tags.items() if to not in going and tag not in untagged},
            {digest: record for digest, record in repository.manifests.items() if digest not in going},
        )
    return replace(held, repositories=left)


def pulled(repository: RepositoryRecord, digest: Digest) -> set[Digest]:
    """Walk as a client pulls: everything below a manifest that was there."""
    found = {digest}
    for child in repository.manifests[digest].children:
        if child in repository.manifests:
            found |= pulled(repository, child)
    return found


def garbage_bytes(held: Snapshot, left: Snapshot) -> int:
    """What a collector sweeps: each blob once that some manifest had and none has any more."""

    def stored(of: Snapshot) -> dict[Digest, int]:
        return {
            blob.digest: blob.size_bytes
            for repository in of.repositories.values()
            for record in repository.manifests.values()
            for blob in (Blob(record.digest, record.size_bytes), *record.blobs)
        }

    remains = stored(left)
    return sum(size for digest, size in stored(held).items() if digest not in remains)


@settings(max_examples=120)
@given(cases())
def test_nothing_that_stays_lacks_a_part_and_bytes_are_those_a_collector_sweeps(
    case: tuple[Snapshot, Retention, Facts],
) -> None:
    held, retention, facts = case
    plan = make_plan("lab", held, retention, facts)
    left = after(held, plan)
    for name, repository in held.repositories.items():
        now = left.repositories[name]
        for digest in now.manifests:
            assert pulled(repository, digest) <= now.manifests.keys(), "what stays pulls completely"
            subject = repository.manifests[digest].subject
            assert subject not in repository.manifests or subject in now.manifests, "a signature keeps its image"
        for digest, record in repository.manifests.items():
            if record.subject in now.manifests:
                assert digest in now.manifests, "an image keeps its signatures"
        for tag, to in repository.tags.items():
            if companion_of(tag) in now.manifests:
                assert to in now.manifests, "and those that are tied to it by a tag's name"
    assert plan.freed_bytes == garbage_bytes(held, left)
    assert sum(deletion.freed_bytes for deletion in plan.deletions) == plan.freed_bytes


@settings(max_examples=120)
@given(cases())
def test_what_is_protected_running_or_nobodys_business_stays(case: tuple[Snapshot, Retention, Facts]) -> None:
    held, retention, facts = case
    left = after(held, make_plan("lab", held, retention, facts))
    for name, repository in held.repositories.items():
        now = left.repositories[name]
        policy = retention.policy_for(name)
        for tag, to in repository.tags.items():
            protected = policy and any(pattern in (".*", tag) for pattern in policy.protected)
            if protected and companion_of(tag) is None:
                assert now.tags.get(tag) == to
        for image in facts.running:
            if image.repository == name and image.digest:
                assert image.digest in now.manifests
            if image.repository == name and image.tag and companion_of(image.tag) is None:
                assert now.tags.get(image.tag) == repository.tags.get(image.tag)
        if policy is None and not retention.requests_for(name):
            assert now == repository
        if policy and not policy.touches_tags and not retention.requests_for(name):
            own = {tag: to for tag, to in repository.tags.items() if companion_of(tag) is None}
            assert own.items() <= now.tags.items()


@settings(max_examples=60)
@given(cases(), st.randoms(use_true_random=False))
def test_a_plan_is_the_same_in_any_order_and_survives_its_file(
    case: tuple[Snapshot, Retention, Facts], random: Any
) -> None:
    held, retention, facts = case
    plan = make_plan("lab", held, retention, facts)
    names = list(held.repositories)
    random.shuffle(names)
    shuffled = {}
    for name in names:
        repository = held.repositories[name]
        tags, manifests = list(repository.tags.items()), list(repository.manifests.items())
        random.shuffle(tags)
        random.shuffle(manifests)
        shuffled[name] = RepositoryRecord(name, dict(tags), dict(manifests))
    assert to_json(make_plan("lab", replace(held, repositories=shuffled), retention, facts)) == to_json(plan)
    assert from_json(to_json(plan), "plan.json") == plan


@settings(max_examples=60)
@given(cases())
def test_what_is_done_once_is_done(case: tuple[Snapshot, Retention, Facts]) -> None:
    held, retention, facts = case
    left = after(held, make_plan("lab", held, retention, facts))
    assert make_plan("lab", left, retention, facts).empty


@settings(max_examples=80)
@given(cases(), st.data())
def test_stopped_anywhere_a_deletion_leaves_every_tag_pulling_completely(
    case: tuple[Snapshot, Retention, Facts], data: st.DataObject
) -> None:
    held, retention, facts = case
    plan = make_plan("lab", held, retention, facts)
    done = data.draw(st.integers(0, len(plan.deletions)))
    left = after(held, plan.model_copy(update={"deletions": plan.deletions[:done], "untaggings": ()}))
    for name, now in left.repositories.items():
        for to in now.tags.values():
            assert pulled(held.repositories[name], to) <= now.manifests.keys()


@settings(max_examples=80)
@given(cases(), cases(), st.data())
def test_a_reviewed_part_is_within_both_and_breaks_nothing(
    case: tuple[Snapshot, Retention, Facts], earlier: tuple[Snapshot, Retention, Facts], data: st.DataObject
) -> None:
    held, retention, facts = case
    plan = make_plan("lab", held, retention, facts)
    some = data.draw(st.lists(st.sampled_from(plan.deletions), unique=True) if plan.deletions else st.just([]))
    for reviewed in (make_plan("lab", *earlier), plan.model_copy(update={"deletions": tuple(some)})):
        part = reviewed_part(plan, reviewed, held)
        chosen = {(d.repository, d.digest) for d in part.deletions}
        assert chosen <= {(d.repository, d.digest) for d in plan.deletions}
        assert chosen <= {(d.repository, d.digest) for d in reviewed.deletions}
        left = after(held, part)
        for name, now in left.repositories.items():
            for digest in now.manifests:
                assert pulled(held.repositories[name], digest) <= now.manifests.keys()
        assert part.freed_bytes == garbage_bytes(held, left)
    assert reviewed_part(plan, plan, held) == plan
