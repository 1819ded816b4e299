"""A plan carried out and undone on real registries of both releases, and what they have to say against it."""

import asyncio
import datetime as dt
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.lab.registry_server import ACCOUNT, CURRENT, DEBIAN, PASSWORD, RegistryServer
from tests.lab.test_registry_client_collection import fill, pulls_completely
from tests.lab.test_registry_client_real import index_of, open_session, push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.deletion.in_use import used_images
from towpath.images.deletion.restore import choose, restore
from towpath.images.deletion.saved_run import read_all
from towpath.images.deletion.step import to_inputs
from towpath.images.deletion.survey import Findings, Question, look, plan
from towpath.images.deletion.upkeep import delete_images
from towpath.images.errors import CapExceededError
from towpath.images.retention.plan import Plan
from towpath.images.retention.policy import Caps, DeletionRequest, Retention, RetentionPolicy
from towpath.oci.reference import Reference
from towpath.registry_client import manifest, tag
from towpath.registry_client.session import RegistrySession

T = TypeVar("T")
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
POLICY = RetentionPolicy(repositories="team/*", keep_semver=">=2", protected=("stable",))
BOTH = pytest.mark.parametrize("release", [CURRENT, DEBIAN])


def access(server: RegistryServer, password: str = PASSWORD) -> RegistryAccess:
    return RegistryAccess(server.host, ACCOUNT, password, server.ca_pem)


def with_session(server: RegistryServer, work: Callable[[RegistrySession], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_session(server) as session:
            return await work(session)

    return asyncio.run(run())


def question(server: RegistryServer, retention: Retention | None = None) -> Question:
    return Question("dev", access(server), retention or Retention(policies=(POLICY,)))


def found(server: RegistryServer, retention: Retention | None = None) -> Findings:
    return asyncio.run(look(question(server, retention)))


def planned(server: RegistryServer, retention: Retention | None = None, reviewed: Plan | None = None) -> Plan:
    return plan(question(server, retention), found(server, retention), reviewed=reviewed)


def inputs(server: RegistryServer, made: Plan, password: str = PASSWORD) -> dict[str, object]:
    record = access(server, password).to_record()
    return {"registry": server.host, "stack": "dev", "save_folder": "saved", "access": record, **to_inputs(made, NOW)}


def tags(server: RegistryServer, repository: str) -> list[str]:
    async def work(session: RegistrySession) -> list[str]:
        return sorted([name async for name in tag.tags(session, repository) if not name.startswith("sha256-")])

    return with_session(server, work)


def pulls(server: RegistryServer, label: str) -> None:
    with_session(server, lambda session: pulls_completely(session, "team/app", label))


@BOTH
def test_the_plan_is_carried_out_saved_and_put_back(tmp_path: Path, release: str) -> None:
    told: list[str] = []
    with RegistryServer(tmp_path / "registry", release=release) as server:
        with_session(server, fill)
        before = planned(server)
        outs = delete_images(inputs(server, before), 4, tmp_path, told.append)
        assert set(outs["deleted"]) == {f"{d.repository}@{d.digest}" for d in before.deletions}
        assert (outs["untagged"], outs["skipped"], outs["runs"]) == (["team/app:1.9.0"], [], 5)
        assert tags(server, "team/app") == ["2.0.0", "3.0.0"]
        assert planned(server).empty
        (run,) = read_all(tmp_path / "saved", "dev")
        assert run.outcome is not None
        assert set(run.outcome.deleted) == set(outs["deleted"])
        with_session(server, lambda session: restore(session, choose([run], [])))
        assert tags(server, "team/app") == ["1.0.0", "1.1.0", "1.2.0", "1.9.0", "2.0.0", "3.0.0"]
        for label in ("1.0.0", "1.1.0", "1.2.0", "1.9.0"):
            pulls(server, label)
        again = planned(server)
        assert {d.digest for d in again.deletions} == {d.digest for d in before.deletions}
        assert again.freed_bytes == before.freed_bytes


@BOTH
def test_what_a_broken_off_deletion_left_is_finished(tmp_path: Path, release: str) -> None:
    """A registry whose client is killed has deleted the manifest, and not yet the tags that led to it."""
    told: list[str] = []
    with RegistryServer(tmp_path / "registry", release=release) as server:
        with_session(server, fill)
        gone = with_session(server, lambda session: manifest.head(session, "team/app", "1.0.0")).digest
        left = server.storage / "docker/registry/v2/repositories/team/app/_manifests/tags/1.0.0"
        shutil.copytree(left, tmp_path / "left")
        with_session(server, lambda session: manifest.delete(session, "team/app", gone))
        shutil.copytree(tmp_path / "left", left, dirs_exist_ok=True)
        assert "1.0.0" in tags(server, "team/app")
        made = planned(server)
        assert [(u.tag, u.digest) for u in made.untaggings if u.digest is None] == [("1.0.0", None)]
        outs = delete_images(inputs(server, made), 0, tmp_path, told.append)
        assert "team/app:1.0.0" in outs["untagged"]
        assert (outs["skipped"], outs["failures"]) == ([], [])
        assert tags(server, "team/app") == ["2.0.0", "3.0.0"]
        assert planned(server).empty
        for label in tags(server, "team/app"):
            pulls(server, label)


@BOTH
def test_what_changed_since_the_plan_stays_and_keeps_what_it_needs(tmp_path: Path, release: str) -> None:
    """A tag that moved, one that came, and a new index that takes up the part of one that was to go."""
    told: list[str] = []

    async def change(session: RegistrySession) -> None:
        await manifest.put(session, "team/app", await manifest.get(session, "team/app", "1.0.0"), "stable")
        old = await manifest.get(session, "team/app", "1.1.0")
        first = await manifest.get(session, "team/app", old.manifests[0].digest)
        await manifest.put(session, "team/app", index_of(first, first), "4.0.0")
        await push_image(session, "team/app", "amd64", b"something else", "1.2.0")

    with RegistryServer(tmp_path / "registry", release=release) as server:
        with_session(server, fill)
        made = planned(server)
        with_session(server, change)
        outs = delete_images(inputs(server, made), 0, tmp_path, told.append)
        reasons = " | ".join(outs["skipped"])
        assert "gained the tag stable" in reasons
        assert "tag 1.2.0 was moved" in reasons
        assert "something that stays needs it" in reasons
        assert tags(server, "team/app") == ["1.0.0", "1.2.0", "2.0.0", "3.0.0", "4.0.0", "stable"]
        for label in tags(server, "team/app"):
            pulls(server, label)
        assert sum("stays" in line for line in told) == len(outs["skipped"])


@BOTH
def test_nothing_is_deleted_where_deletion_is_disabled_or_the_password_is_old(tmp_path: Path, release: str) -> None:
    with RegistryServer(tmp_path / "registry", release=release) as server:
        with_session(server, fill)
        made = planned(server)
        state = server.state()
        refused = "\n".join(delete_images(inputs(server, made, "the old one"), 0, tmp_path, print)["failures"])
        assert "401" in refused
        assert "0 were; the next" in refused
        assert "the old one" not in refused
        assert server.state() == state
        server.stop()
        server.delete_enabled = False
        with server:
            outs = delete_images(inputs(server, made), 0, tmp_path, print)
            assert ("deletion is disabled" in "\n".join(outs["failures"]), outs["runs"]) == (True, 0)
            assert planned(server) == made


@BOTH
def test_a_repository_that_vanished_is_gone_and_the_others_are_done(tmp_path: Path, release: str) -> None:
    policy = RetentionPolicy(repositories="*", keep_semver=">=2")
    with RegistryServer(tmp_path / "registry", release=release, blob_descriptor_cache=None) as server:
        with_session(server, fill)
        made = planned(server, Retention(policies=(policy,)))
        shutil.rmtree(server.storage / "docker/registry/v2/repositories/other")
        outs = delete_images(inputs(server, made), 0, tmp_path, print)
        assert not any(name.startswith("other@") for name in outs["deleted"])
        assert any(name.startswith("team/app@") for name in outs["deleted"])


def test_reading_and_planning_leave_the_storage_byte_identical(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        state = server.state()
        assert not planned(server).empty
        assert server.state() == state


def test_a_policy_that_matches_everything_is_stopped(tmp_path: Path) -> None:
    everything = Retention(
        policies=(RetentionPolicy(repositories="*", keep_tags=("no-such",)),), caps=Caps(max_deletions=5)
    )
    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        state = server.state()
        with pytest.raises(CapExceededError, match="nothing was deleted"):
            planned(server, everything)
        assert server.state() == state


def test_only_what_was_reviewed_goes(tmp_path: Path) -> None:
    async def more(session: RegistrySession) -> None:
        await push_image(session, "team/app", "s390x", b"pushed after the review", "1.3.0")
        await push_image(session, "team/app", "s390x", b"in place of 1.0.0", "1.0.0")

    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        reviewed = planned(server)
        with_session(server, more)
        made = planned(server, reviewed=reviewed)
        going = {label for d in made.deletions for label in d.tags if not label.startswith("sha256-")}
        assert going == {"1.1.0", "1.2.0"}
        delete_images(inputs(server, made), 0, tmp_path, print)
        assert tags(server, "team/app") == ["1.0.0", "1.3.0", "2.0.0", "3.0.0"]


def test_a_digest_asked_for_goes_though_no_tag_leads_to_it(tmp_path: Path) -> None:
    async def untagged(session: RegistrySession) -> str:
        return (await push_image(session, "team/app", "amd64", b"no tag leads here")).digest

    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        digest = with_session(server, untagged)
        asked = Retention(delete=(DeletionRequest(repositories="team/*", digests=(digest,)),))
        made = planned(server, asked)
        assert [d.digest for d in made.deletions] == [digest]
        assert delete_images(inputs(server, made), 0, tmp_path, print)["deleted"] == [f"team/app@{digest}"]


def test_after_a_collection_it_is_said_which_blobs_are_gone(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        delete_images(inputs(server, planned(server)), 0, tmp_path, print)
        server.stop()
        server.garbage_collect()
        server.start()
        wanted = Reference(server.host, "team/app", "1.2.0")
        chosen = choose(read_all(tmp_path / "saved", "dev"), [wanted])
        assert len(chosen) == 3, "the image, its signature and the list of signatures"
        result = with_session(server, lambda session: restore(session, chosen))
        assert any("blob sha256:" in line and "push the image again" in line for line in result.lost)
        assert "1.2.0" not in tags(server, "team/app")


def test_a_tag_that_leads_elsewhere_is_left_there(tmp_path: Path) -> None:
    async def taken(session: RegistrySession) -> str:
        return (await push_image(session, "team/app", "amd64", b"the new one", "1.0.0")).digest

    async def where(session: RegistrySession) -> str:
        return (await manifest.head(session, "team/app", "1.0.0")).digest

    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        delete_images(inputs(server, planned(server)), 0, tmp_path, print)
        digest = with_session(server, taken)
        result = with_session(server, lambda s: restore(s, choose(read_all(tmp_path / "saved", "dev"), [])))
        assert [line for line in result.left if line.startswith("team/app:1.0.0: leads to")]
        assert with_session(server, where) == digest


def test_a_running_digest_is_kept_with_its_index(tmp_path: Path) -> None:
    async def child(session: RegistrySession) -> str:
        return (await manifest.get(session, "team/app", "1.1.0")).manifests[0].digest

    with RegistryServer(tmp_path / "registry") as server:
        with_session(server, fill)
        running = used_images([(f"{server.host}/team/app", with_session(server, child)), ("team/app:1.0.0", None)])

        async def ask() -> object:
            return running

        asked = Question("dev", access(server), Retention(policies=(POLICY,)), running=ask)  # type: ignore[arg-type]
        made = plan(asked, asyncio.run(look(asked)))
        going = {label for d in made.deletions for label in d.tags if not label.startswith("sha256-")}
        assert going == {"1.2.0"}
