"""The collection after a deletion by the real CLI: what a preview says, what `up` does, grace, a kill in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab.collection_target import CollectionTarget
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import CHECKOUT, StackWorkspace, new_stack

PORT = 6047
COLLECTION = "pulumi-python:dynamic/images:GarbageCollection"


@pytest.fixture(scope="module")
def swept(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackWorkspace]:
    workspace = new_stack(lab, tmp_path_factory.mktemp("swept"), PORT)
    workspace.change("nodes", setup={"proxy": False}, members={"node-1": {"address": lab.nodes["node-1"]}})
    workspace.configure(images=images())
    workspace.up().ok()
    yield workspace
    workspace.pulumi("cancel", "--yes", "-s", workspace.stack)
    workspace.destroy("--continue-on-error").ok()
    lab.run("node-1", f"rm -rf /data/registry-{PORT}").check()


@pytest.fixture
def target(lab: LabAccess, swept: StackWorkspace) -> CollectionTarget:
    return CollectionTarget.of(lab, swept)


def images(*repositories: str, **collection: object) -> dict[str, object]:
    """Settings by which the tag 1 of these repositories goes."""
    policies = [{"repositories": name, "keep_tags": ["2"]} for name in repositories or ("none",)]
    return {"retention": {"policies": policies}, "collection": collection}


async def push(target: CollectionTarget, repository: str) -> None:
    """Push what is deleted and what is kept."""
    await target.fill(repository)
    await target.serves(repository)


def by_hand(workspace: StackWorkspace, *arguments: str) -> str:
    """What `images collect` prints."""
    return subprocess.run(
        [sys.executable, "-m", "towpath", "images", "collect", "-s", workspace.stack, *arguments],
        cwd=workspace.folder,
        env={**workspace.environment, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def counted(workspace: StackWorkspace) -> int:
    report = workspace.outputs()["images"]["collected"]
    return int(report.get("blobs", 0))


def test_a_deletion_is_swept_in_the_same_up_which_the_preview_announces(
    swept: StackWorkspace, target: CollectionTarget
) -> None:
    asyncio.run(push(target, "app"))
    container = target.state()
    swept.configure(images=images("app"))
    preview = swept.preview().ok().output
    assert "GarbageCollection" in preview
    assert "pulls fail for about 2 s in all" in preview
    assert target.state() == container
    asyncio.run(target.serves("app"))
    done = swept.up().ok().output
    assert "registry-apply" not in done
    assert counted(swept) >= 3
    assert target.state() == container
    swept.pulumi("preview", "--refresh", "--expect-no-changes", "-s", swept.stack).ok()
    asyncio.run(target.serves("app"))


def test_in_the_time_of_grace_nothing_is_swept_but_by_hand(swept: StackWorkspace, target: CollectionTarget) -> None:
    asyncio.run(push(target, "grace"))
    before = swept.outputs()["images"]["collected"]
    swept.configure(images=images("app", "grace", grace_hours=1000))
    swept.up().ok()
    assert swept.outputs()["images"]["collected"] == before
    swept.preview("--expect-no-changes").ok()
    assert by_hand(swept, "--dry-run").startswith("would sweep: ")
    assert by_hand(swept).startswith("swept: ")
    assert by_hand(swept) == "nothing to free, the registry was not touched\n"
    swept.configure(images=images("app", "grace"))
    swept.up().ok()
    after = swept.outputs()["images"]["collected"]
    assert after["at"] > before["at"]
    assert not after["touched"]


def test_pulumi_killed_during_a_collection_leaves_a_registry_that_serves_and_the_next_up_sweeps(
    swept: StackWorkspace, target: CollectionTarget
) -> None:
    asyncio.run(push(target, "killed"))
    container, before = target.state(), swept.outputs()["images"]["collected"]
    swept.configure(images=images("app", "grace", "killed"))
    with swept.start("up", "--yes", "--skip-preview", "-s", swept.stack) as engine:
        assert engine.stdout is not None
        for line in engine.stdout:
            if "GarbageCollection garbage-collection updating" in line:
                break
        else:
            pytest.fail("up never came to the collection")
        os.kill(engine.pid, signal.SIGKILL)
    asyncio.run(target.comes_back())
    swept.pulumi("cancel", "--yes", "-s", swept.stack).ok()
    swept.up().ok()
    assert swept.outputs()["images"]["collected"]["at"] > before["at"]
    assert target.state() == container
    asyncio.run(target.serves("killed"))
