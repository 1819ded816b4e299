"""`images.retention` of a stack by the real CLI: what a preview shows, what `up` does, review, undo, caps, a kill."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.lab.cluster_access import ClusterAccess
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import CHECKOUT, Finished, StackWorkspace, new_stack
from tests.lab.test_images_deletion_cluster import deployment
from tests.lab.test_registry_client_collection import fill
from tests.lab.test_registry_client_real import push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.walk import Detail, Scope, walk
from towpath.registry_client import manifest
from towpath.registry_client.session import RegistrySession

PORT = 6058
HOST = f"10.89.0.11:{PORT}"
STORAGE = f"/data/registry-{PORT}"
POLICY = {"repositories": "team/*", "keep_semver": ">=2"}
OLD = ["1.0.0", "1.1.0", "1.2.0", "1.9.0"]
T = TypeVar("T")


@pytest.fixture(scope="module")
def retained(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackWorkspace]:
    """A stack whose registry has images, first without any retention."""
    workspace = new_stack(lab, tmp_path_factory.mktemp("retention"), PORT)
    workspace.change("nodes", setup={"proxy": False}, members={"node-1": {"address": lab.nodes["node-1"]}})
    workspace.configure(images=images({"repositories": "nothing/*"}))
    first = workspace.up().ok().output
    assert "images.retention" not in first
    assert workspace.preview("--expect-no-changes").ok()
    asked(workspace, fill)
    yield workspace
    workspace.destroy("--continue-on-error").ok()
    lab.run("node-1", f"rm -rf {STORAGE}").check()


def images(*policies: dict[str, Any], **further: Any) -> dict[str, Any]:
    """Return the settings; nothing is collected, so that everything can be put back."""
    retention = {"policies": list(policies), **further.pop("retention", {})}
    return {"retention": retention, "collection": {"when": "never"}, **further}


def asked(workspace: StackWorkspace, work: Callable[[RegistrySession], Awaitable[T]]) -> T:
    outputs = workspace.outputs()
    login = outputs["credentials"]["ci"]
    access = RegistryAccess(HOST, login["username"], login["password"], outputs["registry"]["ca_pem"])

    async def run() -> T:
        async with access.session() as session:
            return await work(session)

    return asyncio.run(run())


def tags(workspace: StackWorkspace) -> list[str]:
    async def work(session: RegistrySession) -> list[str]:
        found = await walk(session, Scope(Detail.TAGS, names=("team/app",)))
        return [tag for tag in found.repositories["team/app"].tags if not tag.startswith("sha256-")]

    return asked(workspace, work)


def stored(lab: LabAccess) -> str:
    return lab.run("node-1", f"find {STORAGE} -type f -printf '%p %s %T@\\n' | sort | md5sum").check().stdout


def towpath(workspace: StackWorkspace, *arguments: str) -> Finished:
    done = subprocess.run(
        [sys.executable, "-m", "towpath", *arguments, "-s", workspace.stack],
        cwd=workspace.folder,
        env={**workspace.environment, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return Finished(done.returncode, done.stdout)


def restore_all(workspace: StackWorkspace) -> None:
    towpath(workspace, "images", "restore", "--run", "last").ok()
    assert set(OLD) <= set(tags(workspace))


def test_a_preview_names_all_that_goes_and_up_does_that_and_restore_undoes_it(
    lab: LabAccess, retained: StackWorkspace
) -> None:
    retained.configure(images=images(POLICY))
    before = stored(lab)
    preview = retained.preview().ok().output
    plan = json.loads(towpath(retained, "images", "plan", "--format", "json").ok().output)
    assert len(plan["deletions"]) > len(OLD)
    for deletion in plan["deletions"]:
        assert f"{deletion['repository']}@{deletion['digest']}" in preview
        assert deletion["reason"] in preview
        assert f"{deletion['freed_bytes']:,} bytes" in preview
    assert f"manifests and 1 tags go, which frees {plan['freed_bytes']:,} bytes" in preview
    assert "[secret]" in preview, "the login"
    assert stored(lab) == before
    measured = json.loads(towpath(retained, "images", "usage", "--storage", "--format", "json").ok().output)
    assert measured["folder"] == STORAGE
    assert measured["bytes"] > plan["freed_bytes"]
    up = retained.up().ok().output
    assert f"{len(plan['deletions'])} manifests and 1 tags deleted" in up
    assert tags(retained) == ["2.0.0", "3.0.0"]
    retained.preview("--expect-no-changes").ok()
    listed = towpath(retained, "images", "restore").ok().output
    assert "team/app" in listed
    assert "(1.2.0)" in listed
    towpath(retained, "images", "restore", "team/app:1.2.0").ok()
    assert tags(retained) == ["1.2.0", "2.0.0", "3.0.0"]
    restore_all(retained)


def test_only_what_was_reviewed_goes(lab: LabAccess, retained: StackWorkspace) -> None:
    async def later(session: RegistrySession) -> None:
        await push_image(session, "team/app", "amd64", b"after the review", "1.3.0")

    retained.configure(images=images(POLICY))
    review = retained.folder / "review.json"
    towpath(retained, "images", "plan", "--out", str(review)).ok()
    asked(retained, later)
    retained.configure(images=images(POLICY, review_file="review.json"))
    up = retained.up().ok().output
    assert "not in the reviewed plan" in up
    assert tags(retained) == ["1.3.0", "2.0.0", "3.0.0"]
    review.write_text(review.read_text().replace(f'"stack": "{retained.stack}"', '"stack": "other"'))
    refused = retained.preview()
    assert refused.code != 0
    assert "the reviewed plan is of stack other" in refused.output
    restore_all(retained)


def test_a_policy_that_matches_everything_is_stopped_before_anything(lab: LabAccess, retained: StackWorkspace) -> None:
    everything = {"repositories": "*", "keep_tags": ["no-such-tag"]}
    retained.configure(images=images(everything, retention={"caps": {"max_deletions": 5}}))
    before = stored(lab)
    done = retained.up()
    assert done.code != 0
    assert "caps.max_deletions allows 5" in done.output
    assert stored(lab) == before


def test_a_registry_that_cannot_be_asked_loses_nothing(lab: LabAccess, retained: StackWorkspace) -> None:
    retained.configure(images=images(POLICY))
    lab.docker("stop", f"registry-{PORT}", node="node-1").check()
    try:
        warned = retained.preview().ok().output
        assert "nothing is deleted this time" in warned
    finally:
        lab.docker("start", f"registry-{PORT}", node="node-1").check()


def test_what_a_workload_of_the_cluster_would_start_stays(cluster: ClusterAccess, retained: StackWorkspace) -> None:
    kubeconfig = Path(cluster.lab.env["KUBECONFIG"])
    unreachable = retained.folder / "kubeconfig"
    unreachable.write_text(kubeconfig.read_text().replace("10.89.0.5:6443", "10.89.0.5:6444"))
    with cluster.namespace() as namespace:
        cluster.apply(namespace, deployment(f"{HOST}/team/app:1.2.0"))
        retained.configure(images=images(POLICY), cluster={"kubeconfig_file": str(kubeconfig)})
        plan = json.loads(towpath(retained, "images", "plan", "--format", "json").ok().output)
        going = {tag for deletion in plan["deletions"] for tag in deletion["tags"] if not tag.startswith("sha256-")}
        assert {"1.0.0", "1.1.0"} <= going
        assert "1.2.0" not in going
        retained.up().ok()
        assert tags(retained) == ["1.2.0", "2.0.0", "3.0.0"]
        assert re.findall(r"client-key-data: (\S+)", kubeconfig.read_text())[0] not in json.dumps(retained.export())
        restore_all(retained)
        retained.configure(cluster={"kubeconfig_file": str(unreachable)})
        warned = retained.preview().ok().output
        assert "nothing is deleted this time" in warned
        assert "10.89.0.5" in warned
    retained.configure(cluster=None)


def test_an_up_that_could_not_delete_fails_and_the_next_one_does_it(retained: StackWorkspace) -> None:
    retained.change("registry", delete_enabled=False)
    retained.configure(images=images(POLICY))
    failed = retained.up()
    assert failed.code != 0
    assert "deletion is disabled" in failed.output
    resources = retained.export()["deployment"]["resources"]
    (kept,) = (each["outputs"] for each in resources if each["type"].endswith("images:ImageDeletion"))
    assert kept["failures"]
    assert set(OLD) <= set(tags(retained))
    retained.change("registry", delete_enabled=True)
    retained.up().ok()
    assert tags(retained) == ["2.0.0", "3.0.0"]
    retained.preview("--expect-no-changes").ok()
    restore_all(retained)


def test_a_killed_deletion_is_finished_by_the_next_up(lab: LabAccess, retained: StackWorkspace) -> None:
    retained.configure(images=images(POLICY))
    process = retained.start("up", "--yes", "--skip-preview", "-s", retained.stack)
    saved = retained.folder / ".towpath/saved" / retained.stack
    known = set(saved.glob("*.json"))
    deadline = time.monotonic() + 180
    while set(saved.glob("*.json")) == known and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    retained.pulumi("cancel", "--yes", "-s", retained.stack)
    retained.up().ok()
    assert tags(retained) == ["2.0.0", "3.0.0"]
    retained.preview("--expect-no-changes").ok()
    retained.refresh("--expect-no-changes").ok()


def test_a_protected_tag_that_was_moved_or_removed_is_found(lab: LabAccess, retained: StackWorkspace) -> None:
    async def move(session: RegistrySession) -> tuple[str, str]:
        before = (await manifest.head(session, "team/app", "2.0.0")).digest
        moved = await manifest.get(session, "team/app", "3.0.0")
        await manifest.put(session, "team/app", moved, "2.0.0")
        return before, moved.digest

    protecting = {**POLICY, "keep_semver": ">=1", "protected": [r"2\..*"]}
    retained.configure(images=images(protecting, watch=True))
    retained.up().ok()
    retained.preview("--expect-no-changes").ok()
    before, digest = asked(retained, move)
    assert retained.refresh("--preview-only", "--expect-no-changes").code != 0
    assert f"team/app:2.0.0 was {before}, is {digest}" in retained.up().ok().output


def test_a_destroy_deletes_no_image_and_needs_no_login(lab: LabAccess, retained: StackWorkspace) -> None:
    retained.configure(images=images(POLICY))
    exported = json.dumps(retained.export())
    password = retained.outputs()["credentials"]["ci"]["password"]
    assert password not in exported
    retained.configure(images=None)
    before = stored(lab)
    done = retained.up().ok().output
    assert "ImageDeletion" in done
    assert stored(lab) == before
