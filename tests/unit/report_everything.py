"""A preview in which everything happens that a report has words for."""

import json
from typing import Any

from tests.unit.preview_stream import diagnostic, node_state, prelude, secret, step, stream, summary, urn

NODES = json.dumps({"members": {f"node-{n}": {} for n in range(1, 5)}, "rollout": {"max_unavailable": "50%"}})
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def everything() -> str:
    """The stream."""
    return stream(
        prelude(nodes=NODES),
        *_machines(),
        *_credentials(),
        *_images(),
        *_cluster(),
        {
            "policyEvent": {
                "resourceUrn": urn("pulumi:pulumi:Stack", "towpath-prod"),
                "message": "<{%fg 1%}>the lifetime is 900 days<{%reset%}>\nset it to 397",
                "policyName": "certificate-lifetime",
                "policyPackName": "towpath",
                "enforcementLevel": "mandatory",
            }
        },
        diagnostic("info", "images.mirror: 2 of 3 images are to be copied, 1.2 GB at most\n"),
        diagnostic("warning", "node-2 does not answer; it is tried last, after everything else\n"),
        diagnostic("debug", "beginning rpc register resource\n"),
        diagnostic("error", "preview failed because of @someone's <policy>"),
        summary("failed"),
    )


def _machines() -> list[dict[str, Any]]:
    before = {"restarts": {"docker": "a", "containerd": "a"}, "files": {"/etc/hosts": "a"}}
    after = {
        "restarts": {"docker": "b", "containerd": "a"},
        "files": {"/etc/hosts": "a", "/etc/docker/daemon.json#x": "b"},
    }
    server = ("RegistryContainer", "AppliedDocument")
    containers = {"containers": {"registry": "running a"}, "restarts": {"registry": "a"}}
    return [
        node_state(
            "node-1", {**before, "shown": {"no_proxy": ["a.test"]}}, {**after, "shown": {"no_proxy": ["b.test"]}}
        ),
        node_state("node-2", before, after),
        node_state("node-3", before, dict.fromkeys(("files", "restarts", "reloads", "containers"), UNKNOWN)),
        node_state("node-4", {**before, "drifted": True, "files": {"/etc/hosts": "c"}}, before),
        node_state("node-1", containers, {**containers, "restarts": {"registry": "b"}}, "update", *server),
    ]


def _credentials() -> list[dict[str, Any]]:
    rotation = urn("pulumi-python:dynamic/accounts:AccountRotation", "credentials-ci-rotation", "Credentials")
    wish = {"account": "ci", "wish": {"keep_previous": True, "every_days": 90}}
    other = urn("pulumi-python:dynamic/accounts:AccountRotation", "credentials-team-rotation", "Credentials")
    mine = {"account": "team", "wish": {"keep_previous": False}}
    leaf = urn("tls:index/locallySignedCert:LocallySignedCert", "certificate-leaf", "Certificates")
    login = urn("pulumi-python:dynamic/external:ExternalLogin", "external-quay", "ExternalLogins")
    password = urn("random:index/randomPassword:RandomPassword", "credentials-ci-2", "Credentials")
    validity = {"validityPeriodHours": 9528}
    return [
        step(
            "update",
            rotation,
            {**wish, "number": 1, "next_on": "2026-11-24"},
            {**wish, "number": 2.0, "next_on": "2027-02-22"},
        ),
        step("update", other, {**mine, "number": 4, "next_on": ""}, {**mine, "number": 5, "next_on": ""}),
        step("create-replacement", leaf, {**validity, "validityEndTime": "2026-12-24T00:00:00Z"}, validity),
        step("replace", leaf, {**validity, "validityEndTime": "2026-12-24T00:00:00Z"}, validity),
        step("update", login, {"host": "quay.io", "expires": "2026-11-25T08:00:00Z"}, {"host": "quay.io"}),
        step("replace", password, {"result": secret("correct-horse")}, {"length": 32}),
        step("delete-replaced", password, {"result": secret("correct-horse")}),
    ]


def _images() -> list[dict[str, Any]]:
    mirror = urn("pulumi-python:dynamic/images:ImageMirror", "mirror-copies", "MirroredImages")
    deletion = urn("pulumi-python:dynamic/images:ImageDeletion", "deleted-deletion", "DeletedImages")
    collection = urn("pulumi-python:dynamic/images:GarbageCollection", "garbage-collection", "CollectedGarbage")
    known = {"from": "quay.io/a:1", "digest": OLD}
    images = {"a:1": {**known, "digest": NEW}, "b:1": known, "c:1": known}
    gone = {"tags": ["1.0"], "reason": "older than 90 days"}
    plan = {
        "deletions": {
            f"team/a-small@{OLD}": {**gone, "frees": "900 bytes"},
            f"team/big@{NEW}": {**gone, "frees": "1,200,000 bytes (1.2 MB)"},
        },
        "untaggings": {"team/app:old": {"digest": OLD, "reason": "not among the last 5"}},
        "total": {"manifests": 2, "tags": 3, "frees": "at most 1,200,900 bytes (1.2 MB)"},
        "planned_at": "2026-11-24T19:00:00",
    }
    expected = "after a deletion, in the same up: pulls fail for about 2 s in all, in two restarts"
    empty = {"deletions": {}, "untaggings": {}, "total": {}, "planned_at": ""}
    return [
        step(
            "update",
            mirror,
            {"images": {"a:1": known, "b:1": known, "d:1": known}, "drift": {"b:1": "missing"}},
            {"images": images, "drift": {}},
        ),
        step("update", deletion, empty, plan),
        step(
            "update",
            collection,
            {"registry": "r:6000", "deletions": 1},
            {"registry": "r:6000", "deletions": UNKNOWN, "expected": expected},
        ),
    ]


def _cluster() -> list[dict[str, Any]]:
    pulls = urn("pulumi-python:dynamic/cluster:PullSecretSet", "pull-secrets-set", "PullSecrets")
    entries = urn("pulumi-python:dynamic/cluster:ServiceAccountEntries", "pull-secrets-accounts", "PullSecrets")
    pods = urn("kubernetes:apps/v1:Deployment", "registry-deployment", "RegistryDeployment")
    check = urn("pulumi-python:dynamic/registry:RegistryCheck", "registry-check", "RegistryDeployment")
    command = urn("command:remote:Command", "node-1-apply", "Node", "AppliedDocument")
    content = {"content": "0"}
    return [
        step(
            "update",
            pulls,
            {"namespaces": {"a": content, "b": content}, "contents": secret()},
            {"namespaces": {"b": content, "c": content}, "refused": {"d": "is being deleted"}, "contents": secret()},
        ),
        step("update", entries, {"accounts": {"a": ["default"]}}, {"accounts": {"b": ["default"]}}),
        step("update", pods, {}, {}),
        step(
            "update",
            check,
            {"rollout": {"sum/htpasswd": "a", "image": "registry:3"}},
            {"rollout": {"sum/htpasswd": "b", "image": "registry:3"}},
        ),
        step("update", command, {"stdin": secret("a document")}, {"stdin": secret()}),
        step("same", urn("pulumi:pulumi:Stack", "towpath-prod"), {}, {}),
    ]
