"""What a state keeps of a plan, what is looked at again, what is saved, and when the resource has something to do."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.dynamic.image_deletion import ImageDeletionProvider
from components.dynamic.image_deletion_outcome import ImageDeletionOutcomeProvider
from components.dynamic.protected_tags import ProtectedTagsProvider
from towpath.access.registry_access import RegistryAccess
from towpath.cluster.access import ClusterAccess
from towpath.images.deletion.recheck import recheck
from towpath.images.deletion.saved_run import RunOutcome, SavedManifest, SavedRun, read_all, run_name, write
from towpath.images.deletion.step import Step, bytes_in_words, steps_of, to_inputs
from towpath.images.deletion.upkeep import delete_images
from towpath.images.errors import DeletionError, SavedManifestsError
from towpath.images.retention.decide import RunningImage
from towpath.images.retention.plan import Deletion, Kind, Plan, Untagging
from towpath.images.snapshot import ManifestRecord, RepositoryRecord
from towpath.oci import media_types
from towpath.oci.digest import Digest, digest_of
from towpath.oci.manifest import parse_manifest

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
REPOSITORIES = st.sampled_from(["app", "team/app", "z/y/x"])
A, B, C = (digest_of(name) for name in (b"a", b"b", b"c"))


def deletion(repository: str, digest: Digest, *tags: str, freed: int = 5) -> Deletion:
    return Deletion(
        repository=repository,
        digest=digest,
        kind=Kind.IMAGE,
        media_type=media_types.OCI_MANIFEST,
        tags=tags,
        created=NOW,
        reason="older than 30 days",
        freed_bytes=freed,
    )


def plan_of(*deletions: Deletion, untaggings: tuple[Untagging, ...] = ()) -> Plan:
    return Plan(stack="dev", registry="r:1", deletions=deletions, untaggings=untaggings, freed_bytes=12345678)


@given(st.lists(st.tuples(REPOSITORIES, st.binary(max_size=3)), unique=True, max_size=15))
def test_steps_come_back_from_a_state_in_the_plans_order(named: list[tuple[str, bytes]]) -> None:
    made = plan_of(*(deletion(name, digest_of(content), "1") for name, content in named))
    inputs = to_inputs(made, NOW)
    shuffled = {**inputs, "deletions": dict(sorted(inputs["deletions"].items()))}
    assert [(step.repository, step.digest) for step in steps_of(shuffled)] == [
        (name, digest_of(content)) for name, content in named
    ]


def test_a_tag_that_leads_nowhere_is_looked_at_again_like_any_other() -> None:
    untaggings = tuple(Untagging(repository="app", tag=tag, digest=None, reason="x") for tag in ("a", "b", "c"))
    made = steps_of(to_inputs(plan_of(untaggings=untaggings), NOW))
    assert [step.digest for step in made] == [None] * 3
    now = RepositoryRecord("app", {"b": A}, {A: ManifestRecord(A, "", 1)}, frozenset({"a"}))
    checked = recheck(made, now)
    assert [step.tags[0] for step in checked.agreed] == ["a"]
    assert [step.tags[0] for step in checked.gone] == ["c"]
    assert [(step.tags[0], why) for step, why in checked.skipped] == [("b", "it leads elsewhere by now")]


def test_the_inputs_say_what_a_reviewer_asks() -> None:
    untagging = Untagging(repository="app", tag="old", digest=B, co_tags=("new",), reason="asked for")
    inputs = to_inputs(plan_of(deletion("app", A, "1", "2", freed=12345678), untaggings=(untagging,)), NOW)
    assert inputs["deletions"][f"app@{A}"] == {
        "turn": 1,
        "tags": ["1", "2"],
        "platforms": [],
        "created": "2026-11-24T00:00:00Z",
        "kind": "image",
        "reason": "older than 30 days",
        "frees": "12,345,678 bytes (12.3 MB)",
    }
    assert inputs["untaggings"]["app:old"]["co_tags"] == ["new"]
    assert inputs["total"] == {"manifests": 1, "tags": 3, "frees": "12,345,678 bytes (12.3 MB)"}
    assert bytes_in_words(7, exact=False) == "at most 7 bytes"


def test_an_empty_plan_is_no_change_whatever_else_differs() -> None:
    """A login that rotated, and a plan that was carried out, are nothing to do."""
    provider = ImageDeletionProvider()
    done = {"access": {"password": "old"}, "registry": "r:1", **to_inputs(plan_of(deletion("app", A)), NOW)}
    again = {**done, **to_inputs(plan_of(deletion("app", A)), NOW + dt.timedelta(seconds=1))}
    nothing = {"access": {"password": "new"}, "registry": "r:1", **to_inputs(Plan(stack="dev", registry="r:1"), NOW)}
    assert nothing == {**nothing, **to_inputs(Plan(stack="dev", registry="r:1"), NOW + dt.timedelta(days=1))}
    assert not provider.diff("id", done, nothing).changes
    assert provider.diff("id", nothing, done).changes
    assert provider.diff("id", done, again).changes, "it was put back, and goes again"
    assert not provider.diff("id", done, {**nothing, "deletions": {}}).replaces


def test_a_refresh_finds_no_difference_and_a_destroy_asks_nobody() -> None:
    provider = ImageDeletionProvider()
    made = {"run": "x", "deleted": ["y"], "untagged": [], "skipped": [], "failures": ["no"], "runs": 3}
    state = {"access": {}, "registry": "r:1", **to_inputs(plan_of(deletion("app", A)), NOW), **made}
    found = provider.read("id", state)
    assert found.outs is not None
    assert found.inputs is not None
    assert found.outs == state
    assert {**found.inputs, **made} == state
    assert not provider.diff("id", state, found.inputs).changes
    provider.delete("id", state)


def record(tags: dict[str, Digest], *more: ManifestRecord) -> RepositoryRecord:
    known = {each.digest: each for each in more}
    plain = {d: ManifestRecord(d, media_types.OCI_MANIFEST, 1) for d in tags.values() if d not in known}
    return RepositoryRecord("app", tags, {**plain, **known})


def index(digest: Digest, *children: Digest) -> ManifestRecord:
    return ManifestRecord(digest, media_types.OCI_INDEX, 1, children=children)


@pytest.mark.parametrize(
    ("now", "agreed", "gone", "word"),
    [
        (record({"1": A}), 1, 0, ""),
        (record({}), 0, 1, ""),
        (record({"1": A, "2": A}), 0, 0, "gained the tag 2"),
        (record({"1": B}, ManifestRecord(A, media_types.OCI_MANIFEST, 1)), 0, 0, "tag 1 was moved"),
        (record({"1": A, "3": C}, index(C, A)), 0, 0, "needs it"),
        (record({"1": A, "3": C}, ManifestRecord(A, "", 1), ManifestRecord(C, "", 1, subject=A)), 0, 0, "needs it"),
    ],
    ids=["as it was", "gone", "gained", "lost", "new index", "new referrer"],
)
def test_a_step_holds_only_where_nothing_changed(now: RepositoryRecord, agreed: int, gone: int, word: str) -> None:
    found = recheck([Step("app", A, ("1",), "old")], now)
    assert (len(found.agreed), len(found.gone)) == (agreed, gone)
    assert word in "".join(reason for _, reason in found.skipped)
    assert len(found.agreed) + len(found.gone) + len(found.skipped) == 1


def test_what_an_image_that_stays_after_all_needs_stays_too() -> None:
    steps = [Step("app", C, ("3",), "old"), Step("app", A, (), "part")]
    found = recheck(steps, record({"3": C, "new": C}, index(C, A), ManifestRecord(A, "", 1)))
    assert not found.agreed
    assert {step.digest for step, _ in found.skipped} == {A, C}


@pytest.mark.parametrize(
    ("running", "stays"),
    [
        (RunningImage("app", "3"), {"3", "part"}),
        (RunningImage("app", None, A), {"3", "part"}),
        (RunningImage("app", "1"), {"1"}),
        (RunningImage("other", "3"), set()),
    ],
    ids=["its tag", "a part by digest", "the tag alone", "another repository"],
)
def test_what_a_pod_uses_by_now_stays_with_what_it_needs(running: RunningImage, stays: set[str]) -> None:
    """An index C under tag 3 with its part A, and a tag 1 that is to go while B stays."""
    now = record({"3": C, "1": B, "2": B}, index(C, A), ManifestRecord(A, media_types.OCI_MANIFEST, 1))
    steps = [Step("app", B, ("1",), "old", untag=True), Step("app", C, ("3",), "old"), Step("app", A, (), "part")]
    found = recheck(steps, now, [running])
    assert {"".join(step.tags) or step.reason for step, _ in found.skipped} == stays
    assert {reason for _, reason in found.skipped} <= {"a pod uses it by now"}
    assert len(found.agreed) == len(steps) - len(stays)


def test_nothing_is_deleted_where_the_cluster_cannot_be_asked_again(tmp_path: Path) -> None:
    """The registry is not even dialled."""
    inputs = {
        "registry": "127.0.0.1:1",
        "stack": "dev",
        "save_folder": "saved",
        "access": RegistryAccess("127.0.0.1:1", "ci", "p", None).to_record(),
        "cluster": ClusterAccess("no kubeconfig").to_record(),
        **to_inputs(plan_of(deletion("app", A, "1")), NOW),
    }
    outs = delete_images(inputs, 7, tmp_path, print)
    assert (outs["deleted"], outs["runs"]) == ([], 7)
    with pytest.raises(DeletionError, match="cluster could not be asked"):
        ImageDeletionOutcomeProvider().create({"failures": outs["failures"]})


def test_a_failure_is_forgotten_with_the_next_plan_though_that_is_empty(tmp_path: Path) -> None:
    provider, outcome = ImageDeletionProvider(), ImageDeletionOutcomeProvider()
    failed = {**to_inputs(plan_of(deletion("app", A)), NOW), "failures": ["no"], "runs": 3}
    nothing = to_inputs(Plan(stack="dev", registry="r:1"), NOW)
    assert provider.diff("id", failed, nothing).changes
    after = provider.update("id", failed, nothing).outs
    assert after is not None
    assert (after["failures"], after["runs"]) == ([], 3)
    assert not provider.diff("id", after, nothing).changes
    assert not outcome.diff("id", {"failures": []}, {"failures": "unknown in a preview"}).changes
    assert outcome.diff("id", {"failures": []}, {"failures": ["no"]}).changes


def test_a_registry_that_could_not_be_read_changes_no_watched_tag() -> None:
    provider = ProtectedTagsProvider()
    state = {"tags": {"app:1": A}, "read": True, "access": 1}
    unread = {"tags": {}, "read": False, "access": 2}
    assert not provider.diff("id", state, {**unread, "access": 1}).changes
    assert provider.diff("id", state, {"tags": {}, "read": True, "access": 1}).changes
    assert provider.diff("id", state, {**state, "access": 2}).changes, "a refresh logs in with what the state has"
    assert provider.update("id", state, unread).outs == {**unread, "tags": {"app:1": A}}


def saved_run() -> SavedRun:
    body = b'{"schemaVersion":2,"config":{"mediaType":"c","digest":"%s","size":1},"layers":[]}' % A.encode()
    manifest = parse_manifest(body, media_types.OCI_MANIFEST)
    return SavedRun(
        run=run_name(NOW), stack="dev", registry="r:1", manifests=(SavedManifest.of("app", manifest, ("1",), "old"),)
    )


def test_a_saved_run_comes_back_byte_for_byte_and_is_private(tmp_path: Path) -> None:
    run = saved_run()
    place = write(tmp_path, run)
    assert place.stat().st_mode & 0o077 == 0
    assert read_all(tmp_path, "dev") == [run]
    assert read_all(tmp_path, "other") == []
    assert run.manifests[0].manifest().digest == run.manifests[0].digest
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_run_in_parts_comes_back_as_one_and_what_is_left_of_them_is_not_counted_twice(tmp_path: Path) -> None:
    run = saved_run()
    other = run.manifests[0].model_copy(update={"repository": "zoo"})
    write(tmp_path, run.model_copy(update={"manifests": (other,)}), 0)
    write(tmp_path, run, 1)
    whole = run.model_copy(update={"manifests": (run.manifests[0], other)})
    assert read_all(tmp_path, "dev") == [whole]

    ended = whole.model_copy(update={"outcome": RunOutcome(deleted=("app:1",))})
    write(tmp_path, ended)
    assert read_all(tmp_path, "dev") == [ended]


def test_a_saved_manifest_that_was_changed_is_not_used(tmp_path: Path) -> None:
    run = saved_run()
    broken = run.manifests[0].model_copy(update={"digest": str(B)})
    with pytest.raises(SavedManifestsError, match="is broken"):
        broken.manifest()
    write(tmp_path, run).write_text("{}")
    with pytest.raises(SavedManifestsError, match="no file of saved manifests"):
        read_all(tmp_path, "dev")


def test_a_folder_that_cannot_be_written_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text("in the way")
    with pytest.raises(SavedManifestsError, match=r"images\.save_folder"):
        write(tmp_path, saved_run())
    assert [path.name for path in tmp_path.iterdir()] == ["dev"]
