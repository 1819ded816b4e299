"""What is asked before a plan is made, of whom, and what the answers hold: pods, copies, protected tags, lists."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from towpath.access.deployed_registry import deployed_registry
from towpath.access.writing_account import writing_account
from towpath.errors import SettingsError
from towpath.images.deletion.in_use import used_images
from towpath.images.deletion.question import mirrored_images, question_of
from towpath.images.deletion.survey import Findings, cautions
from towpath.images.deletion.watch import changes
from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.sources import Sources
from towpath.images.retention.decide import Facts, MirroredImage, RunningImage
from towpath.images.retention.plan import Plan
from towpath.images.retention.planner import make_plan
from towpath.images.retention.policy import Retention, RetentionPolicy
from towpath.images.retention.protection import protected_tags
from towpath.images.snapshot import ManifestRecord, RepositoryRecord, Snapshot
from towpath.oci import media_types
from towpath.oci.digest import Digest, digest_of
from towpath.settings import load_settings
from towpath.ssh.connection import Connection

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
REPOSITORIES = st.sampled_from(["app", "team/app", "z/y/x"])
A, B, C = (digest_of(name) for name in (b"a", b"b", b"c"))


def record(tags: dict[str, Digest], *more: ManifestRecord) -> RepositoryRecord:
    known = {each.digest: each for each in more}
    plain = {d: ManifestRecord(d, media_types.OCI_MANIFEST, 1) for d in tags.values() if d not in known}
    return RepositoryRecord("app", tags, {**plain, **known})


def test_images_in_use_count_by_path_tag_and_digest() -> None:
    found = used_images(
        [("registry.corp:5000/team/app:1", A), ("team/app@" + B, None), ("web", None), ("not a reference!", None)]
    )
    assert RunningImage("team/app", "1", A) in found
    assert RunningImage("team/app", None, B) in found
    assert RunningImage("library/web", "latest", None) in found


def test_what_is_copied_in_stays() -> None:
    snapshot = Snapshot("r:1", {"app": record({"1": A})})
    policy = RetentionPolicy(repositories="*", keep_tags=("none",), protected=("v.*",))
    facts = Facts(NOW, mirrored=frozenset({MirroredImage("app", "1")}))
    assert make_plan("dev", snapshot, Retention(policies=(policy,)), Facts(NOW)).deletions
    assert make_plan("dev", snapshot, Retention(policies=(policy,)), facts).empty


@pytest.mark.parametrize(
    ("image", "stays"),
    [
        ({"from": "./images/tool.tar"}, ("*", "everything")),
        ({"from": "./images/tool.tar", "to": "app"}, ("app", "all of it")),
        ({"from": "./images/tool.tar", "to": "app:9"}, ("app", "all of it")),
        ({"from": "up.test/x", "to": "app", "tags": {"newest": 1}}, ("app", "all of it")),
        ({"from": "up.test/app:9"}, ("app", "all of it")),
    ],
)
async def test_nothing_goes_where_a_source_that_cannot_be_read_may_have_its_copy(
    image: dict[str, Any], stays: tuple[str, str], tmp_path: Path
) -> None:
    loaded = settings(images={"mirror": [image]})
    async with Sources({}, tmp_path) as sources:
        mirrored = mirrored_images(await resolve(loaded.images.mirror, sources))
    untagged = ManifestRecord(B, media_types.OCI_MANIFEST, 1)
    snapshot = Snapshot("r:1", {"app": record({"1": A}, untagged)})
    retention = Retention(policies=(RetentionPolicy(repositories="*", keep_tags=("none",), delete_untagged=True),))
    assert len(make_plan("dev", snapshot, retention, Facts(NOW)).deletions) == 2
    made = make_plan("dev", snapshot, retention, Facts(NOW, mirrored=mirrored))
    assert made.empty
    ((repository, what, reason),) = ((held.repository, held.what, held.reason) for held in made.held)
    assert (repository, what) == stays
    assert image["from"] in reason


def test_the_digest_that_a_copy_is_about_to_take_stays_though_no_tag_leads_there_yet() -> None:
    untagged = record({}, ManifestRecord(A, media_types.OCI_MANIFEST, 1))
    policy = RetentionPolicy(repositories="*", delete_untagged=True)
    facts = Facts(NOW, mirrored=frozenset({MirroredImage("app", "1", A)}))
    assert make_plan("dev", Snapshot("r:1", {"app": untagged}), Retention(policies=(policy,)), facts).empty


def test_protected_tags_are_watched_but_for_copies() -> None:
    snapshot = Snapshot("r:1", {"app": record({"prod-1": A, "prod-2": B, "dev": C}), "x": record({"prod-1": A})})
    retention = Retention(policies=(RetentionPolicy(repositories="app", protected=("prod-.*",)),))
    mirrored = {MirroredImage("app", "prod-2")}
    assert protected_tags(snapshot, retention, mirrored) == {"app:prod-1": A}
    assert changes({"app:a": A, "app:b": B}, {"app:a": B}) == [f"app:a was {A}, is {B}", f"app:b was {B}, is missing"]


def settings(**groups: Any) -> Any:
    given: dict[str, Any] = {
        "nodes": {"members": {"a": {"address": "10.0.0.1"}}},
        "accounts": [{"name": "ci", "role": "push"}, {"name": "root", "role": "admin"}],
        **groups,
    }
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in given.items()})


def test_a_stack_that_was_never_up_has_no_registry_to_ask() -> None:
    assert deployed_registry({}, settings(), {}) is None


def test_the_registry_is_asked_where_it_is_now_as_an_account_that_it_knows() -> None:
    logins = {"ci": {"username": "ci.1", "password": "p"}}
    outputs = {"registry": {"host": "10.0.0.1:6000", "ca_pem": "PEM"}, "credentials": logins}
    found = deployed_registry(outputs, settings(), {})
    assert found is not None
    assert (found.registry, found.username, found.address) == ("10.0.0.1:6000", "ci.1", ("10.0.0.1", 6000))
    moved = deployed_registry(outputs, settings(registry={"port": 7000}), {})
    assert moved is not None
    assert (moved.registry, moved.address) == ("10.0.0.1:6000", None)


def test_a_kubeconfig_may_name_files_beside_it() -> None:
    kubeconfig = "clusters: [{name: c, cluster: {server: 'https://c.test', certificate-authority: ca.pem}}]"
    files = {"in/kubeconfig": kubeconfig, "in/ca.pem": "PEM"}
    outputs = {
        "registry": {"host": "10.0.0.1:6000", "ca_pem": None},
        "credentials": {"ci": {"username": "ci", "password": "p"}},
    }
    retention = {"retention": {"policies": [{"repositories": "*", "keep_last": 1}]}}
    loaded = settings(images=retention, cluster={"kubeconfig_file": "in/kubeconfig"})
    asked = question_of("dev", loaded, outputs, {"a": Connection("10.0.0.1", "")}, files.__getitem__)
    assert asked is not None
    assert asked.cluster is not None
    assert "certificate-authority-data: UEVN" in asked.cluster.kubeconfig
    assert asked.running is not None


@pytest.mark.parametrize("key", ["delete_untagged", "delete_orphaned_referrers"])
def test_a_policy_that_needs_the_storages_list_is_named_where_there_is_none(key: str) -> None:
    retention = Retention(
        policies=(RetentionPolicy(repositories="x"), RetentionPolicy.model_validate({"repositories": "*", key: True}))
    )
    unlisted = Findings(Snapshot("r:1", {}), unlisted="the storage of this registry cannot be listed")
    nothing = Plan(stack="dev", registry="r:1")
    (caution,) = cautions(unlisted, nothing, retention)
    assert caution.startswith(f"images.retention.policies[1].{key}: ")
    assert cautions(Findings(Snapshot("r:1", {})), nothing, retention) == []


def test_the_storage_of_a_container_is_listed_whatever_the_policies_say() -> None:
    outputs = {
        "registry": {"host": "10.0.0.1:6000", "ca_pem": None},
        "credentials": {"ci": {"username": "ci", "password": "p"}},
    }
    loaded = settings(images={"retention": {"policies": [{"repositories": "*", "keep_last": 1}]}})
    asked = question_of("dev", loaded, outputs, {"a": Connection("10.0.0.1", "")}, str)
    assert asked is not None
    assert asked.linked is not None


@pytest.mark.parametrize(
    ("known", "name"),
    [(None, "root"), (["ci", "pod", "root"], "root"), (["ci", "pod"], "ci"), (["b", "a"], "a")],
)
def test_images_are_written_as_an_administrator_else_as_who_may_push(known: list[str] | None, name: str) -> None:
    accounts = settings(
        accounts=[{"name": "pod", "role": "pull"}, {"name": "ci", "role": "push"}, {"name": "root", "role": "admin"}]
    ).accounts
    assert writing_account(accounts, known) == name


def test_times_of_pulls_that_nobody_knows_keep_nothing_and_are_refused() -> None:
    policy = {"repositories": "*", "keep_pulled_within_days": 30}
    with pytest.raises(SettingsError, match="keep_pulled_within_days"):
        settings(images={"retention": {"policies": [policy]}})
