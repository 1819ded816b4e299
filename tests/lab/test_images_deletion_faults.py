"""A deletion through something that goes wrong: nothing kept is lost, what went is saved, the next run finishes it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.dynamic.image_deletion_outcome import ImageDeletionOutcomeProvider
from tests.lab.misbehaving_transport import Answering, Misbehaving, break_off, refuse, time_out, web_server_404
from tests.lab.registry_server import CURRENT, DEBIAN, RegistryServer
from tests.lab.test_images_deletion_real import NOW, inputs, planned, pulls, tags, with_session
from tests.lab.test_registry_client_collection import fill
from tests.lab.test_registry_client_real import open_session, push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.deletion.carry_out import carry_out
from towpath.images.deletion.outcome import Outcome
from towpath.images.deletion.saved_run import SavedManifest
from towpath.images.deletion.step import Step, steps_of, to_inputs
from towpath.images.deletion.upkeep import delete_images
from towpath.images.errors import DeletionError, SavedManifestsError
from towpath.images.retention.policy import Retention, RetentionPolicy
from towpath.registry_client import manifest

KEPT = ["2.0.0", "3.0.0"]
DELETE_MANIFEST = r"^DELETE /v2/team/app/manifests/sha256"


@pytest.fixture(params=[CURRENT, DEBIAN])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path / "registry", release=request.param) as running:
        with_session(running, fill)
        yield running


def steps(server: RegistryServer) -> tuple[Step, ...]:
    return steps_of(to_inputs(planned(server), NOW))


def through(way: Misbehaving, wanted: tuple[Step, ...]) -> tuple[Outcome, list[SavedManifest]]:
    saved: list[SavedManifest] = []

    async def run() -> Outcome:
        async with way.session() as session:
            return await carry_out(session, wanted, saved.extend)

    return asyncio.run(run()), saved


def check_nothing_lost(server: RegistryServer, outcome: Outcome, saved: list[SavedManifest]) -> None:
    """What is kept pulls, what went was saved, each step has one end, and the next run does the rest."""
    for label in KEPT:
        pulls(server, label)
    names = {each.name for each in saved}
    assert {step.name for step in outcome.deleted} <= names
    rest = steps(server)
    assert {step.name for step in outcome.not_done if not step.untag} <= {step.name for step in rest} | names
    if rest:
        again, _ = through(Misbehaving(server), rest)
        assert not again.failures
    assert tags(server, "team/app") == KEPT
    assert steps(server) == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuse(401, "UNAUTHORIZED"), "401"),
        (refuse(405, "UNSUPPORTED"), "deletion is disabled"),
        (refuse(429, "TOOMANYREQUESTS"), "429"),
        (refuse(503, "UNKNOWN"), "503"),
        (time_out, "did not answer in time"),
        (break_off, "hung up"),
        (web_server_404, "not from a registry"),
    ],
    ids=["401", "405", "429", "503", "time-out", "cut", "another's 404"],
)
def test_a_deletion_that_fails_half_way_is_said_and_finished_later(
    server: RegistryServer, answer: Answering, words: str
) -> None:
    wanted = steps(server)
    outcome, saved = through(Misbehaving(server, DELETE_MANIFEST, answer, after=2), wanted)
    assert words in " ".join(outcome.failures)
    assert outcome.not_done
    assert not outcome.gone
    everything = [*outcome.deleted, *outcome.untagged, *outcome.not_done, *(step for step, _ in outcome.skipped)]
    assert sorted(step.name for step in everything) == sorted(step.name for step in wanted)
    check_nothing_lost(server, outcome, saved)


@pytest.mark.parametrize(("status", "failures", "spared"), [(405, 1, True), (503, 1, False)])
def test_what_every_repository_would_answer_ends_it_and_else_the_others_are_done(
    server: RegistryServer, status: int, failures: int, spared: bool
) -> None:
    everywhere = Retention(policies=(RetentionPolicy(repositories="*", keep_semver=">=2"),))
    wanted = steps_of(to_inputs(planned(server, everywhere), NOW))
    outcome, _ = through(Misbehaving(server, r"^DELETE /v2/other/", refuse(status)), wanted)
    assert len(outcome.failures) == failures
    assert {step.repository for step in outcome.not_done} == ({"other", "team/app"} if spared else {"other"})
    assert bool(outcome.deleted) is not spared


def test_a_deletion_that_was_done_though_the_answer_got_lost_is_gone(server: RegistryServer) -> None:
    """Sent again after the connection broke, it meets a definite 404."""

    async def done_and_cut(request: httpx.Request) -> httpx.Response:
        async with open_session(server) as session:
            digest = request.url.path.rpartition("/")[2]
            await manifest.delete(session, "team/app", digest)  # type: ignore[arg-type]
        raise httpx.ReadError("hung up", request=request)

    lost: list[str] = []

    async def once(request: httpx.Request) -> httpx.Response | None:
        if lost:
            return None
        lost.append(request.url.path)
        return await done_and_cut(request)

    wanted = steps(server)
    victim = next(step.digest for step in wanted if not step.untag)
    outcome, saved = through(Misbehaving(server, rf"^DELETE /v2/team/app/manifests/{victim}", once), wanted)
    assert not outcome.failures
    assert [step.digest for step in outcome.gone] == [victim]
    check_nothing_lost(server, outcome, saved)


def test_a_tag_whose_removal_lost_its_answer_stays_removed(server: RegistryServer) -> None:
    lost: list[str] = []

    async def once(request: httpx.Request) -> httpx.Response | None:
        if lost or request.url.path.rpartition("/")[2] in {str(step.digest) for step in wanted}:
            return None
        way = Misbehaving(server)
        response = await way.handle_async_request(request)
        await response.aread()
        await way.aclose()
        if response.status_code != 202:
            return None
        lost.append(request.url.path)
        raise httpx.ReadError("hung up", request=request)

    wanted = [step for step in steps(server) if step.untag]
    outcome, _ = through(Misbehaving(server, r"^DELETE /v2/team/app/manifests/", once), tuple(wanted))
    assert lost
    assert not outcome.failures
    assert "1.9.0" not in tags(server, "team/app")


def test_a_manifest_whose_bytes_are_not_its_own_is_not_deleted(server: RegistryServer) -> None:
    wanted = steps(server)
    victim = next(step for step in wanted if "1.0.0" in step.tags)

    async def other_bytes(_: httpx.Request) -> httpx.Response:
        kind = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
        return httpx.Response(200, content=b"{}", headers=kind)

    way = Misbehaving(server, r"^GET /v2/team/app/manifests/1\.0\.0$", other_bytes)
    outcome, saved = through(way, wanted)
    assert victim in [step for step, _ in outcome.skipped]
    assert "1.0.0" in tags(server, "team/app")
    check_nothing_lost(server, outcome, saved)


def test_a_tag_that_moves_at_the_last_moment_keeps_its_old_image(server: RegistryServer) -> None:
    """Between the look at the repository and the deletion, somebody pushes the tag again."""
    wanted = steps(server)
    victim = next(step for step in wanted if "1.2.0" in step.tags)
    moved: list[str] = []

    async def move(_: httpx.Request) -> None:
        if not moved:
            moved.append("1.2.0")
            async with open_session(server) as session:
                await push_image(session, "team/app", "amd64", b"pushed at the last moment", "1.2.0")

    outcome, _ = through(Misbehaving(server, r"^HEAD /v2/team/app/manifests/1\.2\.0$", move), wanted)
    assert [reason for step, reason in outcome.skipped if step == victim]
    assert "1.2.0" in tags(server, "team/app")
    pulls(server, "1.2.0")
    for label in KEPT:
        pulls(server, label)


def test_no_tags_at_all_is_no_reason_to_delete_what_had_one(server: RegistryServer) -> None:
    """`"tags": null` is a valid answer; here it says that every tag went meanwhile."""
    wanted = steps(server)

    async def null(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"name": "team/app", "tags": None})

    outcome, _ = through(Misbehaving(server, r"/tags/list", null), wanted)
    tagged = {step.name for step in wanted if step.tags and not step.untag}
    assert tagged.isdisjoint(step.name for step in outcome.deleted)
    assert set(KEPT) <= set(tags(server, "team/app"))


def test_what_cannot_be_saved_is_not_deleted(server: RegistryServer) -> None:
    def full(_: tuple[SavedManifest, ...]) -> None:
        raise SavedManifestsError("no space left on device")

    wanted = steps(server)

    async def run() -> Outcome:
        async with open_session(server) as session:
            return await carry_out(session, wanted, full)

    state = server.state()
    outcome = asyncio.run(run())
    assert outcome.failures == ["no space left on device"]
    assert sorted(step.name for step in outcome.not_done) == sorted(step.name for step in wanted)
    assert server.state() == state


def test_what_was_deleted_before_a_failure_counts(
    server: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state keeps it, so that its garbage is collected, and the outcome fails the `up`."""
    way = Misbehaving(server, DELETE_MANIFEST, refuse(503, "UNKNOWN"), after=4)
    wanted = inputs(server, planned(server))
    with monkeypatch.context() as patched:
        patched.setattr(RegistryAccess, "session", lambda _: way.session())
        outs = delete_images(wanted, 4, tmp_path, lambda _: None)
    assert outs["runs"] == 5
    assert outs["deleted"]
    with pytest.raises(DeletionError, match="deletions were not done") as failed:
        ImageDeletionOutcomeProvider().create({"failures": outs["failures"]})
    assert "503" in str(failed.value)
    assert delete_images(inputs(server, planned(server)), outs["runs"], tmp_path, lambda _: None)["failures"] == []
    assert tags(server, "team/app") == KEPT


def test_a_repository_that_cannot_be_read_whole_is_left_alone(server: RegistryServer) -> None:
    wanted = steps(server)
    state = server.state()
    outcome, _ = through(Misbehaving(server, r"^GET /v2/team/app/manifests/3\.0\.0", refuse(500)), wanted)
    assert {reason.partition(":")[0] for _, reason in outcome.skipped} == {"not read whole"}
    assert server.state() == state
