"""Each rule by itself: which tags stay, with which reason, and what goes along."""

import datetime as dt
import json

import pytest
from pydantic import ValidationError

from tests.unit.test_images_listing import image, index, named, repository, snapshot
from towpath.images.errors import CapExceededError, IncompleteError, ReviewError
from towpath.images.retention.caps import enforce
from towpath.images.retention.decide import Facts, MirroredImage, RunningImage
from towpath.images.retention.plan import Kind, Plan, from_json, schema, to_json
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import Caps, DeletionRequest, Retention, RetentionPolicy
from towpath.images.retention.review import reviewed_part
from towpath.images.snapshot import Failure, ManifestRecord, RepositoryRecord, Snapshot
from towpath.oci import media_types
from towpath.oci.digest import Digest

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def aged(name: str, days: float | None, *layers: tuple[str, int]) -> ManifestRecord:
    made = image(name, *(layers or ((f"layer of {name}", 1000),)))
    return ManifestRecord(
        made.digest,
        made.media_type,
        made.size_bytes,
        made.blobs,
        platforms=made.platforms,
        created=None if days is None else NOW - dt.timedelta(days=days),
    )


def signature(name: str, subject: str) -> ManifestRecord:
    return ManifestRecord(named(name), media_types.OCI_MANIFEST, 10, subject=named(subject), artifact_type="sig")


def releases(count: int = 5) -> RepositoryRecord:
    """Images v0 (today) to v4 (40 days old), tagged 1.0.0 … 1.4.0 from the oldest on."""
    records = [aged(f"v{n}", n * 10) for n in range(count)]
    return repository("app", {f"1.{count - 1 - n}.0": f"v{n}" for n in range(count)}, *records)


def plan_of(
    held: Snapshot | RepositoryRecord,
    *policies: RetentionPolicy,
    delete: tuple[DeletionRequest, ...] = (),
    facts: Facts | None = None,
) -> Plan:
    whole = held if isinstance(held, Snapshot) else snapshot(held)
    return make_plan("lab", whole, Retention(policies=policies, delete=delete), facts or Facts(NOW))


def gone(plan: Plan) -> set[str]:
    return {tag for deletion in plan.deletions for tag in deletion.tags}


def policy(**rules: object) -> RetentionPolicy:
    return RetentionPolicy.model_validate({"repositories": "*", **rules})


@pytest.mark.parametrize(
    ("rules", "going"),
    [
        ({"keep_last": 2}, {"1.0.0", "1.1.0", "1.2.0"}),
        ({"keep_last": 9}, set()),
        ({"keep_newer_than_days": 25}, {"1.0.0", "1.1.0"}),
        ({"keep_newer_than_days": 20}, {"1.0.0", "1.1.0", "1.2.0"}),
        ({"keep_semver": ">=1.3"}, {"1.0.0", "1.1.0", "1.2.0"}),
        ({"keep_tags": ["1\\.0.*", ".*4.*"]}, {"1.1.0", "1.2.0", "1.3.0"}),
        ({"keep_tags": ["1"]}, {"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"}),
        ({"keep_last": 1, "keep_semver": "1.0"}, {"1.1.0", "1.2.0", "1.3.0"}),
        ({"keep_last": 1, "protected": ["1\\.[12]\\.0"]}, {"1.0.0", "1.3.0"}),
        ({"delete_tags": "1\\.[01]\\.0"}, {"1.0.0", "1.1.0"}),
        ({"delete_tags": "1\\.[012]\\.0", "keep_last": 1}, {"1.0.0", "1.1.0"}),
        ({"delete_untagged": True}, set()),
        ({}, set()),
    ],
)
def test_each_rule_keeps_what_it_says(rules: dict[str, object], going: set[str]) -> None:
    plan = plan_of(releases(), policy(**rules))
    assert gone(plan) == going
    assert plan.freed_bytes == len(going) * 1100
    assert all(deletion.kind is Kind.IMAGE for deletion in plan.deletions)


def test_the_first_policy_that_matches_counts_and_others_are_untouched() -> None:
    first = RetentionPolicy(repositories="app", keep_last=4)
    second = RetentionPolicy(repositories="*", keep_last=1)
    assert gone(plan_of(releases(), first, second)) == {"1.0.0"}
    assert plan_of(releases(), RetentionPolicy(repositories="team/*", keep_last=1)).empty


def test_an_unknown_age_is_never_taken_for_old() -> None:
    held = repository("app", {"a": "x", "b": "y", "c": "z"}, aged("x", None), aged("y", 5), aged("z", 500))
    assert gone(plan_of(held, policy(keep_last=1))) == {"c"}
    assert gone(plan_of(held, policy(keep_newer_than_days=1))) == {"b", "c"}


def test_an_index_is_as_old_as_its_youngest_image_and_goes_with_its_parts() -> None:
    old, young = aged("old", 100), aged("young", 3)
    held = repository(
        "app", {"multi": "both", "single": "alone"}, index("both", old, young), old, young, aged("alone", 10)
    )
    assert plan_of(held, policy(keep_newer_than_days=20)).empty
    plan = plan_of(held, policy(keep_tags=["single"]))
    assert (plan.deletions[0].kind, plan.deletions[0].digest) == (Kind.IMAGE, named("both"))
    assert {d.digest for d in plan.deletions if d.kind is Kind.PART} == {named("old"), named("young")}
    assert plan.deletions[0].platforms == ("linux/amd64",)


def test_a_part_that_another_kept_index_has_too_stays() -> None:
    shared, own = aged("shared", 1), aged("own", 1)
    held = repository("app", {"old": "i1", "new": "i2"}, index("i1", shared, own), index("i2", shared), shared, own)
    plan = plan_of(held, policy(keep_tags=["new"]))
    assert {d.digest for d in plan.deletions} == {named("i1"), named("own")}


def test_nested_indexes_keep_what_is_two_levels_down() -> None:
    leaf = aged("leaf", 100)
    inner, outer = (
        index("inner", leaf),
        ManifestRecord(named("outer"), media_types.OCI_INDEX, 50, children=(named("inner"),)),
    )
    held = repository("app", {"keep": "outer", "drop": "leaf"}, leaf, inner, outer)
    plan = plan_of(held, policy(keep_tags=["keep"]))
    assert not plan.deletions
    assert [(u.tag, u.reason) for u in plan.untaggings] == [("drop", "matches none of keep")]


def test_a_digest_with_a_kept_co_tag_is_untagged_and_not_deleted() -> None:
    held = repository("app", {"pr-1": "x", "release": "x"}, aged("x", 9))
    plan = plan_of(held, policy(delete_tags="pr-.*"))
    assert not plan.deletions
    (untagging,) = plan.untaggings
    assert (untagging.tag, untagging.co_tags, untagging.digest) == ("pr-1", ("release",), named("x"))


def test_signatures_stay_and_go_with_their_image_however_they_are_tied() -> None:
    companion = named("kept").replace(":", "-")
    other = named("gone").replace(":", "-")
    held = repository(
        "app",
        {"1": "kept", "2": "gone", f"{companion}.sig": "cosign kept", f"{other}.sig": "cosign gone", other: "list"},
        aged("kept", 1),
        aged("gone", 9),
        aged("cosign kept", None),
        aged("cosign gone", None),
        signature("sig kept", "kept"),
        signature("sig gone", "gone"),
        signature("sig of sig", "sig gone"),
        index("list", signature("sig gone", "gone")),
    )
    plan = plan_of(held, policy(keep_last=1, delete_untagged=True))
    going = [named(name) for name in ("gone", "cosign gone", "sig gone", "list", "sig of sig")]
    assert {d.digest for d in plan.deletions} == set(going)
    assert plan.deletions[0].digest == named("gone")
    assert {d.kind for d in plan.deletions[1:]} == {Kind.REFERRER}


def test_untagged_and_orphaned_manifests_go_only_when_asked_to() -> None:
    orphan_tag = f"{named('long gone').replace(':', '-')}.sig"
    held = repository(
        "app",
        {"1": "x", orphan_tag: "tied by name"},
        aged("x", 1),
        aged("nobody's", 1),
        signature("lost", "long gone"),
        aged("tied by name", None),
    )
    assert plan_of(held, policy(keep_last=1)).empty
    untagged = plan_of(held, policy(delete_untagged=True))
    assert [(d.digest, d.kind) for d in untagged.deletions] == [(named("nobody's"), Kind.UNTAGGED)]
    orphaned = plan_of(held, policy(delete_orphaned_referrers=True))
    assert {d.digest for d in orphaned.deletions} == {named("lost"), named("tied by name")}


def running(*images: RunningImage) -> Facts:
    return Facts(NOW, frozenset(images))


def test_what_pods_use_stays_by_tag_by_digest_and_by_part() -> None:
    part = aged("part", 90)
    held = repository(
        "app",
        {"a": "x", "b": "y", "c": "whole", "d": "z"},
        aged("x", 9),
        aged("y", 9),
        aged("z", 9),
        part,
        index("whole", part),
    )
    facts = running(
        RunningImage("app", tag="a"), RunningImage("app", digest=named("y")), RunningImage("app", digest=named("part"))
    )
    plan = plan_of(held, policy(delete_tags=".*"), facts=facts)
    assert gone(plan) == {"d"}
    elsewhere = running(RunningImage("other", tag="a"))
    assert gone(plan_of(held, policy(delete_tags=".*"), facts=elsewhere)) == {"a", "b", "c", "d"}


def test_a_running_digest_that_was_not_looked_at_holds_the_whole_repository() -> None:
    """Its children are not known, so nothing of the repository is known to be unused."""
    facts = running(RunningImage("app", digest=named("unseen")))
    plan = plan_of(releases(), policy(keep_last=1), facts=facts)
    assert plan.empty
    assert not plan.exact
    assert "which was not looked at" in plan.held[0].reason
    looked = Snapshot("r.test", {"app": releases()}, (Failure("app", f"app@{named('unseen')}", "404", gone=True),))
    assert len(plan_of(looked, policy(keep_last=1), facts=facts).deletions) == 4


def test_pulled_images_stay_for_as_long_as_the_policy_says() -> None:
    pulls = {("app", named("v4")): NOW - dt.timedelta(days=2), ("app", named("v3")): NOW - dt.timedelta(days=20)}
    plan = plan_of(releases(), policy(keep_pulled_within_days=7), facts=Facts(NOW, pulled=pulls))
    assert "1.0.0" not in gone(plan)
    assert gone(plan) == {"1.1.0", "1.2.0", "1.3.0", "1.4.0"}


def test_requests_take_what_policies_keep_but_not_what_is_protected() -> None:
    asked = DeletionRequest(repositories="app", tags="1\\.[34]\\.0", digests=(named("v4"),))
    plan = plan_of(releases(), policy(keep_last=5, protected=["1\\.4\\.0"]), delete=(asked,))
    assert gone(plan) == {"1.3.0", "1.0.0"}
    assert {d.reason for d in plan.deletions} == {"asked for"}
    assert [(h.what, h.reason) for h in plan.held] == [("1.4.0", "protected")]
    assert gone(plan_of(releases(), delete=(asked,))) == {"1.4.0", "1.3.0", "1.0.0"}


def broken_off(*tags: str) -> RepositoryRecord:
    """A repository with one image of four tags, and tags that lead nowhere."""
    held = repository("app", {f"2.0.{n}": "kept" for n in range(4)}, aged("kept", 0))
    return RepositoryRecord(held.name, held.tags, held.manifests, frozenset(tags))


@pytest.mark.parametrize(
    ("rules", "going"),
    [
        ({"keep_semver": ">=2"}, {"1.0.0", "main"}),
        ({"keep_last": 5, "keep_newer_than_days": 900}, {"1.0.0", "2.1.0", "main"}),
        ({"keep_last": 1, "protected": ["2\\..*"]}, {"1.0.0", "main"}),
        ({"keep_tags": ["main"]}, {"1.0.0", "2.1.0"}),
        ({"delete_tags": "1\\..*"}, {"1.0.0"}),
        ({"delete_untagged": True}, set()),
    ],
)
def test_a_tag_that_leads_nowhere_goes_unless_its_name_keeps_it(rules: dict[str, object], going: set[str]) -> None:
    plan = plan_of(broken_off("1.0.0", "2.1.0", "main"), policy(**rules))
    assert {(u.tag, u.digest) for u in plan.untaggings} == {(tag, None) for tag in going}


def test_a_tag_that_leads_nowhere_stays_where_somebody_waits_for_it_or_nobody_decides() -> None:
    held = broken_off("1.0.0", "1.1.0", "1.2.0")
    facts = Facts(NOW, running(RunningImage("app", tag="1.0.0")).running, frozenset([MirroredImage("app", "1.1.0")]))
    assert [u.tag for u in plan_of(held, policy(keep_last=1), facts=facts).untaggings] == ["1.2.0"]
    asked = DeletionRequest(repositories="app", tags="1\\.2.*")
    assert [u.tag for u in plan_of(held, delete=(asked,)).untaggings] == ["1.2.0"]
    assert plan_of(held, RetentionPolicy(repositories="other", keep_last=1)).empty


def test_a_signatures_tag_that_leads_nowhere_goes_after_its_image_only() -> None:
    kept, lost = (f"{named(name).replace(':', '-')}.sig" for name in ("kept", "lost"))
    plan = plan_of(broken_off(kept, lost), policy(keep_semver=">=2"))
    assert [u.tag for u in plan.untaggings] == [lost]


def test_tags_stay_where_more_lead_nowhere_than_somewhere() -> None:
    """As where a volume is not mounted, or a copy of one is not done: with its tags an image could not be put back."""
    held = broken_off(*(f"1.{n}.0" for n in range(5)))
    plan = plan_of(held, policy(keep_semver=">=2"))
    assert plan.empty
    assert [(h.what, h.reason) for h in plan.held] == [
        ("1.0.0, 1.1.0, 1.2.0, 1.3.0, 1.4.0", "most tags of the registry lead nowhere; see that its storage is whole")
    ]
    beside = snapshot(held, repository("b", {"1": "one"}, aged("one", 9)))
    assert len(plan_of(beside, policy(keep_semver=">=2")).untaggings) == 5


def test_caps_count_tags_that_lead_nowhere() -> None:
    held = snapshot(broken_off("1.0.0", "1.1.0", "1.2.0"))
    plan = plan_of(held, policy(keep_semver=">=2"))
    enforce(plan, held, Caps(max_deletions=3, max_repository_share=0.75))
    with pytest.raises(CapExceededError) as caught:
        enforce(plan, held, Caps(max_deletions=2, max_repository_share=0.5))
    assert "0 manifests and 3 tags that lead nowhere would go, caps.max_deletions allows 2" in str(caught.value)
    assert "3 of 4 images of app would go, caps.max_repository_share allows 50%" in str(caught.value)


def test_who_agreed_to_a_deletion_agreed_to_its_end() -> None:
    reviewed = plan_of(repository("app", {"1.0.0": "old"}, aged("old", 9)), policy(keep_semver=">=2"))
    later = snapshot(broken_off("1.0.0", "1.1.0"))
    part = reviewed_part(plan_of(later, policy(keep_semver=">=2")), reviewed, later)
    assert [u.tag for u in part.untaggings] == ["1.0.0"]


def test_a_digest_that_a_kept_index_needs_is_held_with_the_reason() -> None:
    part = aged("part", 1)
    held = repository("app", {"1": "whole"}, part, index("whole", part))
    plan = plan_of(held, delete=(DeletionRequest(repositories="app", digests=(named("part"),)),))
    assert plan.empty
    assert plan.held[0].reason == "something that is kept needs it"


def test_shared_layers_count_once_over_the_whole_registry() -> None:
    base = ("base", 5000)
    one, two, kept = aged("one", 9, base, ("a", 1)), aged("two", 9, base, ("b", 2)), aged("kept", 1, base, ("c", 4))
    alone = snapshot(repository("x", {"1": "one"}, one), repository("y", {"1": "two"}, two))
    everything = policy(delete_tags=".*")
    assert plan_of(alone, everything).freed_bytes == 5000 + 1 + 2 + 200
    shared = snapshot(*alone.repositories.values(), repository("z", {"1": "kept"}, kept))
    assert plan_of(shared, RetentionPolicy(repositories="[xy]", delete_tags=".*")).freed_bytes == 1 + 2 + 200
    twin = snapshot(repository("x", {"1": "one"}, one), repository("z", {"1": "one"}, one))
    assert plan_of(twin, RetentionPolicy(repositories="x", delete_tags=".*")).freed_bytes == 0


def test_a_repository_that_was_not_read_whole_is_left_alone() -> None:
    held = Snapshot("r.test", {"app": releases()}, (Failure("app", "app:x", "500, the registry failed"),))
    plan = plan_of(held, policy(keep_last=1))
    assert plan.empty
    assert not plan.exact
    assert "500" in plan.held[0].reason
    with pytest.raises(IncompleteError, match="read all of it"):
        plan_of(Snapshot("r.test", {"app": releases()}, whole=False), policy(keep_last=1))


@pytest.mark.parametrize(
    "rules",
    [
        {"keep_last": 0},
        {"keep_newer_than_days": 0},
        {"keep_semver": "newest"},
        {"keep_tags": ["("]},
        {"protected": ["["]},
        {"keep_lats": 5},
        {"repositories": ""},
        {"repositories": " app"},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(rules: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        policy(**rules)
    with pytest.raises(ValidationError, match="asks for nothing"):
        DeletionRequest(repositories="app")


def test_caps_stop_a_policy_with_a_typo_and_name_all_that_is_passed() -> None:
    held = snapshot(releases())
    plan = plan_of(held, policy(keep_tags=["1"]))
    enforce(plan, held, Caps())
    enforce(plan, held, Caps(max_deletions=5, max_repository_share=1))
    with pytest.raises(CapExceededError, match="nothing was deleted") as caught:
        enforce(plan, held, Caps(max_deletions=4, max_repository_share=0.5))
    assert "5 manifests would go, caps.max_deletions allows 4" in str(caught.value)
    assert "5 of 5 images of app would go, caps.max_repository_share allows 50%" in str(caught.value)


def test_a_plan_survives_its_file_and_a_broken_one_is_named() -> None:
    plan = plan_of(releases(), policy(keep_last=2))
    assert from_json(to_json(plan), "plan.json") == plan
    assert to_json(from_json(to_json(plan), "plan.json")) == to_json(plan)
    assert set(json.loads(to_json(plan))) == set(schema()["properties"])  # type: ignore[call-overload]
    for text in (
        "",
        "[]",
        to_json(plan).replace('"version": 1', '"version": 2'),
        to_json(plan).replace("sha256:", "x:"),
    ):
        with pytest.raises(ReviewError, match=r"plan\.json: is no plan"):
            from_json(text, "plan.json")


def test_only_what_was_reviewed_and_is_still_eligible_goes() -> None:
    reviewed = plan_of(releases(), policy(keep_last=3))
    later = snapshot(
        repository(
            "app",
            {"1.0.0": "v4", "1.9.0": "v3", "2.0.0": "new"},
            aged("v4", 40),
            aged("v3", 30),
            aged("new", 0),
        )
    )
    now = plan_of(later, policy(keep_last=1))
    part = reviewed_part(now, reviewed, later)
    assert [d.digest for d in part.deletions] == [named("v4")]
    assert {(h.what, h.reason) for h in part.held} == {(named("v3"), "gained the tag 1.9.0 since the review")}
    assert part.freed_bytes == 1100
    unseen = reviewed_part(now, reviewed.model_copy(update={"deletions": ()}), later)
    assert unseen.empty
    assert {h.reason for h in unseen.held} == {"eligible, but not in the reviewed plan"}


def test_a_reviewed_part_that_a_new_index_needs_stays() -> None:
    part = aged("part", 9)
    reviewed = plan_of(repository("app", {"old": "part"}, part), policy(delete_tags="old"))
    later = snapshot(repository("app", {"old": "part", "old2": "new index"}, part, index("new index", part)))
    now = plan_of(later, policy(delete_tags="old.*"))
    assert len(now.deletions) == 2
    cut = reviewed_part(now, reviewed, later)
    assert not cut.deletions
    assert "needed by what was not reviewed" in {h.reason for h in cut.held}


def test_a_review_of_another_stack_or_registry_is_refused() -> None:
    plan = plan_of(releases(), policy(keep_last=1))
    for field in ("stack", "registry"):
        with pytest.raises(ReviewError, match=field):
            reviewed_part(plan, plan.model_copy(update={field: "other"}), snapshot(releases()))


def test_digests_that_are_asked_for_are_checked() -> None:
    with pytest.raises(ValidationError, match="no digest"):
        DeletionRequest(repositories="app", digests=(Digest("sha256:12"),))


def test_a_ring_that_a_tags_name_makes_goes_only_with_something_decided_and_its_index_first() -> None:
    """The tag says that the index is about its own part, so each seems to be there for the other."""
    part = aged("part", 9)
    ring = f"{named('part').replace(':', '-')}.sig"
    held = repository("app", {ring: "whole"}, part, index("whole", part))
    everything = policy(delete_tags=".*", delete_untagged=True, delete_orphaned_referrers=True)
    assert plan_of(held, everything).empty
    tagged = repository("app", {ring: "whole", "1": "whole"}, part, index("whole", part))
    assert [d.digest for d in plan_of(tagged, everything).deletions] == [named("whole"), named("part")]
