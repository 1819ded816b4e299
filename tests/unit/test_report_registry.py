"""What a report says of the registry and of settings that stacks share."""

import json
from typing import Any

import pytest

from tests.unit.preview_stream import diagnostic, node_state, prelude, step, stream, summary, urn
from towpath.report.compose import compose
from towpath.report.markdown import to_markdown
from towpath.report.stream import read_stream

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SERVER = ("RegistryContainer", "AppliedDocument")
DOCUMENT = {"containers": {"registry": "running"}, "restarts": {"registry": "1"}}
NOT_KNOWN: dict[str, Any] = dict.fromkeys(("files", "restarts", "reloads", "containers"), UNKNOWN)
DOCKER = node_state("a", {"restarts": {"docker": "1"}}, {"restarts": {"docker": "2"}})
LEAF = urn("tls:index/locallySignedCert:LocallySignedCert", "certificate-leaf", "Certificates")
CA = urn("tls:index/selfSignedCert:SelfSignedCert", "certificate-ca", "Certificates")


def _server(new: dict[str, Any], op: str = "update") -> dict[str, Any]:
    return node_state("a", DOCUMENT, new, op, *SERVER)


def _shown(*events: dict[str, Any]) -> str:
    return to_markdown(compose(read_stream(stream(*events, summary()))))


def test_a_restart_that_hangs_on_accounts_alone_is_not_sure() -> None:
    shown = _shown(_server(NOT_KNOWN))
    assert "1 registry container may restart" in shown
    assert "- `registry` on a may restart, known only in the up; pulls from it fail meanwhile\n" in shown


def test_another_certificate_restarts_the_registry_for_sure() -> None:
    shown = _shown(_server(NOT_KNOWN), step("replace", LEAF, {}, {}))
    assert "1 registry container restarts" in shown
    assert "- `registry` on a restarts, for another certificate; pulls from it fail meanwhile\n" in shown
    assert "by the same CA, so that clients need nothing" in shown
    assert "by the same CA" not in _shown(
        step("replace", LEAF, {}, {}), step("replace", CA, {}, {"isCaCertificate": True})
    )


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ({}, "- `registry` is down while `docker` on a restarts, unless Docker's live-restore is on there\n"),
        ({"setup": {"live_restore": False}}, "- `registry` is down while `docker` on a restarts\n"),
        ({"setup": {"live_restore": True}}, ""),
        (
            {"setup": {"live_restore": True}, "groups": {"g": {"setup": {"live_restore": False}}}},
            "- `registry` is down while `docker` on a restarts\n",
        ),
    ],
)
def test_a_runtime_takes_the_registry_down_with_it(nodes: dict[str, Any], said: str) -> None:
    config = prelude(nodes=json.dumps({"members": {"a": {"group": "g"}}, **nodes}))
    shown = _shown(config, DOCKER, _server(DOCUMENT, "same"))
    assert said in shown
    assert ("### Registry and caches" in shown) == bool(said)
    assert "### Registry and caches" not in _shown(config, _server(DOCUMENT, "same")), "no runtime restarts"


def _batches(text: str, config: dict[str, Any]) -> str:
    def read(path: str) -> str:
        if path != "stacks/shared.yaml":
            raise FileNotFoundError(path)
        return text

    events = (prelude(**config), DOCKER, node_state("b", {}, {}), summary())
    return to_markdown(compose(read_stream(stream(*events), read)))


def test_batches_follow_what_stacks_share() -> None:
    shared = "config: {towpath:nodes: {rollout: {max_unavailable: 2}}}"
    config = {"nodes": '{"members": {"a": {}, "b": {}}}', "defaults": "stacks/shared.yaml"}
    assert "`a`, batch 1 of 1" in _batches(shared, config)
    assert "`a`, batch not known" in _batches(shared, {**config, "defaults": "elsewhere.yaml"})
    own = '{"members": {"a": {}, "b": {}}, "rollout": {"max_unavailable": 1}}'
    assert "`a`, batch 1 of 2" in _batches(shared, {"nodes": own, "defaults": "elsewhere.yaml"})


def test_a_node_that_leaves_is_in_no_batch() -> None:
    gone = node_state("b", {"restarts": {"docker": "1"}}, {}, "delete")
    shown = _shown(prelude(nodes='{"members": {"a": {}}}'), DOCKER, gone)
    assert "- `b`, no more in the stack: restarts as it is taken back: `docker`\n" in shown


def test_components_do_not_drift_and_what_is_gone_does() -> None:
    component = {
        "op": "refresh",
        "urn": urn("towpath:index:Credentials", "credentials"),
        "old": {},
        "new": {"outputs": {}},
    }
    secret = urn("kubernetes:core/v1:Secret", "pull-secrets-a", "PullSecrets")
    gone = {"op": "refresh", "urn": secret, "old": {"outputs": {"kind": "Secret"}}, "new": None}
    events = [
        {key: {"metadata": each}} for each in (component, gone) for key in ("resourcePreEvent", "resOutputsEvent")
    ]
    shown = _shown(*events)
    assert "1 place drifted" in shown
    assert "- `pull-secrets-a` (Secret) is not there any more\n" in shown


def test_a_first_collection_is_announced_only_where_something_is_deleted() -> None:
    where = urn("pulumi-python:dynamic/images:GarbageCollection", "garbage-collection", "CollectedGarbage")
    made = step("create", where, None, {"registry": "r:6000", "deletions": UNKNOWN, "expected": "after a deletion"})
    shown = _shown(made)
    assert "- `r:6000`: set up; garbage is collected after a deletion\n" in shown
    assert "garbage is collected" not in shown.split("\n\n")[1]
    plan = {"deletions": {"a@sha256:1": {"frees": "9 bytes"}}, "total": {"frees": "9 bytes"}}
    deletion = urn("pulumi-python:dynamic/images:ImageDeletion", "retention-deletion", "DeletedImages")
    shown = _shown(step("create", deletion, None, plan), made)
    assert "1 image deleted (9 bytes); garbage is collected." in shown
    assert "- `r:6000`: garbage is collected after a deletion\n" in shown


def test_the_engines_own_providers_are_nobodys_change() -> None:
    made = step("create", urn("pulumi:providers:tls", "default_5_0_0"), None, {})
    ours = step("update", urn("pulumi:providers:kubernetes", "cluster"), {}, {})
    assert "**1 to update.**" in _shown(made, ours)


def test_a_roll_out_that_hangs_on_unknown_values_is_not_sure() -> None:
    pods = step("update", urn("kubernetes:apps/v1:Deployment", "registry-deployment", "RegistryDeployment"), {}, {})
    check = urn("pulumi-python:dynamic/registry:RegistryCheck", "registry-check", "RegistryDeployment")
    sums = {"x/config": "1", "x/htpasswd": "1", "x/tls": "1"}
    unknown = step("update", check, {"rollout": sums}, {"rollout": dict.fromkeys(sums, UNKNOWN)})
    shown = _shown(pods, unknown)
    assert "the registry may roll out anew" in shown
    assert "- `Deployment registry-deployment` rolls out anew, if what its pods read differs" in shown
    assert shown.count(" of its pods may change\n") == 3

    rotation = urn("pulumi-python:dynamic/accounts:AccountRotation", "credentials-ci-rotation", "Credentials")
    shown = _shown(pods, unknown, step("update", rotation, {"number": 1}, {"number": 2}))
    assert "the registry rolls out anew" in shown
    assert "- `htpasswd` of its pods changes, which replaces them\n" in shown
    assert "- `tls` of its pods may change\n" in shown
    assert "the registry rolls out anew" in _shown(pods), "for something that is no file"


def test_a_stack_that_is_made_restarts_what_it_has() -> None:
    config = prelude(nodes='{"members": {"a": {}}}')
    created = [node_state("a", {}, NOT_KNOWN, "create", *within) for within in ((), SERVER)]
    for each in created:
        del each["resourcePreEvent"]["metadata"]["old"]
    shown = _shown(config, *created)
    assert "runtimes may restart on 1 node." in shown
    assert "- `a`, batch 1 of 1: may restart as it is set up: `all runtimes`, known only in the up\n" in shown
    assert "- `a` on a starts\n" in shown


def test_a_namespace_that_cannot_be_served_is_not_gained() -> None:
    spaces = {"namespaces": {"a": {"content": "0"}, "b": {"content": "0"}}, "refused": {"b": "it is being deleted"}}
    where = urn("pulumi-python:dynamic/cluster:PullSecretSet", "pull-secrets-set", "PullSecrets")
    warned = diagnostic("warning", "namespace b cannot be served: it is being deleted")
    shown = _shown(step("create", where, None, spaces), warned)
    assert "1 namespace served: 1 gained, 0 lost." in shown
    assert "- gains `b`" not in shown
    assert "- cannot serve `b`: it is being deleted\n" in shown
    assert "### Warnings" not in shown


def test_what_stands_in_another_section_is_no_note() -> None:
    told = "images.retention: 2 manifests and 1 tags go, which frees 9 bytes once garbage is collected"
    assert "Notes" not in _shown(diagnostic("info", told))
    assert "Notes" in _shown(diagnostic("info", "something else"))


def test_a_secret_that_changes_beside_its_set_is_a_namespace() -> None:
    where = urn("kubernetes:core/v1:Secret", "pull-secrets-a", "PullSecrets")
    metadata = {"metadata": {"namespace": "team-a"}}
    shown = _shown(step("update", where, metadata, metadata), step("create", where, None, metadata))
    assert "- the pull secret of `team-a` is written anew\n" in shown
    assert "kubernetes:core/v1:Secret" not in shown
