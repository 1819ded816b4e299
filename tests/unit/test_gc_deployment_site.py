"""A collection of a Deployment, on a fake API server: what is touched when, and that it is put back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import yaml

from tests.unit.fake_cluster import SAID, FakeCluster, variable
from towpath.cluster.client import Call
from towpath.cluster.errors import ConflictError, NotFoundError
from towpath.images.collection import collector_run, deployment_site, lease, rollout
from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace
from towpath.images.collection.deployment_site import DeploymentSite, put_back
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.lease import Lease
from towpath.images.collection.read_only import read_only_config
from towpath.images.collection.report import CollectorError
from towpath.images.collection.shared_cache import SharedCache
from towpath.images.collection.write_lock import locked

PLACE = RegistryDeploymentPlace("registry", "registry")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_run, "POLL_SECONDS", 0)
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0)
    monkeypatch.setattr(lease, "DURATION_SECONDS", 0.1)
    monkeypatch.setattr(lease, "LOOKED_EVERY_SECONDS", 0.02)


class Cluster:
    """Stands for a `ClusterAccess`."""

    def __init__(self, fake: FakeCluster) -> None:
        self._fake = fake

    @asynccontextmanager
    async def client(self, **_: object) -> AsyncIterator[object]:
        yield self._fake.client()


class Cache(SharedCache):
    """A Redis that is there, or not."""

    fake: FakeCluster
    reachable = True

    async def check(self) -> None:
        if not self.reachable:
            raise CollectionError("Redis cannot be emptied")

    async def flush(self) -> int:
        await self.check()
        assert self.fake.read_only
        assert not self.fake.jobs
        self.fake.log.append("flushed")
        return 1


def way(fake: FakeCluster, cache: Cache | None = None) -> DeploymentWay:
    return DeploymentWay(Cluster(fake), cache)  # type: ignore[arg-type]


def cache(fake: FakeCluster) -> Cache:
    made = Cache("redis:6379")
    object.__setattr__(made, "fake", fake)
    return made


def told(_: str) -> None:
    return


@asynccontextmanager
async def opened(fake: FakeCluster, with_cache: Cache | None = None) -> AsyncIterator[DeploymentSite]:
    async with deployment_site.deployment_site(way(fake, with_cache), PLACE, 60, told) as site:
        yield site


@pytest.mark.parametrize("running", [0, 5])
async def test_a_kubelet_that_does_not_know_the_pod_yet_is_asked_again(running: int) -> None:
    async with opened(FakeCluster(running=running, unheard=3)) as site:
        assert await site.dry_run() == SAID


async def test_a_log_that_is_nowhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_run, "LOG_SECONDS", 0)
    async with opened(FakeCluster(unheard=1000)) as site:
        with pytest.raises(NotFoundError):
            await site.dry_run()


async def test_a_dry_run_leaves_the_deployment_alone() -> None:
    fake = FakeCluster()
    async with opened(fake) as site:
        assert await site.dry_run() == SAID
    assert fake.log == ["dry run", "job removed", "lease given up"]
    assert fake.generation == 1
    (job,) = fake.ran
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert {mount["name"]: mount.get("readOnly") for mount in container["volumeMounts"]}["images"] is True


async def test_a_whole_collection_sweeps_only_between_read_only_pods_and_leaves_the_deployment_as_it_was() -> None:
    fake = FakeCluster({"replicas": 2, "storage": {"s3": {"bucket": "b"}}})
    before = fake.deployment()
    async with opened(fake, cache(fake)) as site:
        await site.freeze()
        assert variable(fake.deployment())
        assert await site.collect() == SAID
        await site.thaw()
    assert fake.log == ["read-only", "sweep", "job removed", "flushed", "writable", "lease given up"]
    after = fake.deployment()
    for document in (before, after):
        del document["metadata"]["generation"], document["status"]
    assert after == before


def test_the_variable_says_what_the_config_file_would() -> None:
    config = yaml.safe_load(read_only_config("storage: {filesystem: {}}"))
    fake = FakeCluster()
    fake.applied = locked("registry", "registry", "someone")
    assert yaml.safe_load(variable(fake.deployment()) or "") == config["storage"]["maintenance"]


async def test_a_failed_sweep_is_an_error_and_the_registry_takes_writes_again() -> None:
    fake = FakeCluster(job_fails=True)
    async with opened(fake) as site:
        await site.freeze()
        with pytest.raises(CollectorError, match="failed while it swept"):
            await site.collect()
    assert not fake.read_only
    assert not fake.jobs


async def test_pods_that_do_not_come_up_read_only_are_taken_back() -> None:
    fake = FakeCluster(stuck=True)
    async with opened(fake) as site:
        with pytest.raises(CollectionError, match="do not come up"):
            await site.freeze()
    assert fake.log[:2] == ["read-only", "writable"]


async def test_an_interruption_in_the_middle_of_a_sweep_ends_the_sweep_first(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCluster()

    sweeping = asyncio.Event()

    async def never(*_: object) -> bool:
        sweeping.set()
        await asyncio.sleep(3600)
        return True

    monkeypatch.setattr(collector_run.CollectorRuns, "_ended", never)

    async def sweep() -> None:
        async with opened(fake) as site:
            await site.freeze()
            await site.collect()

    task = asyncio.create_task(sweep())
    await sweeping.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fake.log == ["read-only", "sweep", "job removed", "writable", "lease given up"]


async def test_what_a_killed_client_left_is_put_back_first() -> None:
    fake = FakeCluster()
    killed = Lease(fake.client(), "registry", "registry")
    await killed._take(told)
    site = DeploymentSite(fake.client(), PLACE, killed, 60)
    await site.freeze()
    fake.jobs["left"] = {"metadata": {"name": "left"}}
    async with opened(fake, cache(fake)) as found:
        assert found.recovered
        assert fake.log == ["read-only", "job removed", "flushed", "writable"]
    assert fake.lease is None


async def test_an_up_puts_back_what_was_left_and_otherwise_asks_one_question() -> None:
    fake = FakeCluster()
    assert not await put_back(way(fake), PLACE, told)
    assert fake.log == []
    fake.applied = locked("registry", "registry", "killed")
    assert await put_back(way(fake), PLACE, told)
    assert not fake.read_only
    fake.gone = True
    assert not await put_back(way(fake), PLACE, told)


async def test_another_collection_that_is_alive_is_left_alone() -> None:
    fake = FakeCluster()
    async with opened(fake) as site:
        await site.freeze()
        with pytest.raises(CollectionError, match="under way"):
            async with Lease(fake.client(), "registry", "registry").held(told):
                pytest.fail("two at once")
        assert fake.read_only


async def test_a_lease_whose_request_is_heard_twice_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCluster()
    client = fake.client()
    heard = client.send

    async def twice(call: Call) -> dict[str, Any]:
        answer = await heard(call)
        if call.method == "POST":
            raise ConflictError(client.server, call.step, "somebody else was first")
        return answer

    monkeypatch.setattr(client, "send", twice)
    async with Lease(client, "registry", "registry").held(told):
        assert fake.lease
    assert fake.lease is None


async def test_who_was_taken_over_touches_nothing_more() -> None:
    fake = FakeCluster()
    mine = Lease(fake.client(), "registry", "registry")
    await mine._take(told)
    site = DeploymentSite(fake.client(), PLACE, mine, 60)
    await site.freeze()
    assert fake.lease
    fake.lease = {**fake.lease, "spec": {"holderIdentity": "another"}}
    fake.jobs["of-another"] = {"metadata": {"name": "of-another"}}
    for step in (site.collect, site.thaw, site.end):
        with pytest.raises(CollectionError, match="taken over"):
            await step()
    assert fake.read_only
    assert "of-another" in fake.jobs
    assert fake.lease


async def test_a_cache_that_cannot_be_emptied_refuses_before_anything_is_touched() -> None:
    fake = FakeCluster()
    unreachable = cache(fake)
    object.__setattr__(unreachable, "reachable", False)
    async with opened(fake, unreachable) as site:
        with pytest.raises(CollectionError, match="cannot be emptied"):
            await site.freeze()
        await site.thaw()
    assert fake.generation == 1


@pytest.mark.parametrize(("modes", "pinned"), [(["ReadWriteOnce"], True), (["ReadWriteMany"], False)])
async def test_the_collector_runs_where_the_volume_is(modes: list[str], pinned: bool) -> None:
    fake = FakeCluster({}, access_modes=modes)
    async with opened(fake) as site:
        await site.dry_run()
    assert ("affinity" in fake.ran[0]["spec"]["template"]["spec"]) == pinned


async def test_a_volume_for_one_pod_is_refused_untouched() -> None:
    fake = FakeCluster({}, access_modes=["ReadWriteOncePod"])
    async with opened(fake) as site:
        with pytest.raises(CollectionError, match="ReadWriteOncePod"):
            await site.dry_run()
    assert fake.generation == 1


async def test_a_collectors_pod_is_as_the_registrys_and_not_behind_its_service() -> None:
    fake = FakeCluster({"tolerations": [{"key": "dedicated", "operator": "Exists"}], "replicas": 1})
    async with opened(fake) as site:
        await site.dry_run()
    template = fake.original["spec"]["template"]["spec"]
    job = fake.ran[0]["spec"]["template"]
    (container,), (server,) = job["spec"]["containers"], template["containers"]
    for key in ("securityContext", "volumes", "tolerations"):
        assert job["spec"][key] == template[key]
    assert (container["image"], container["securityContext"]) == (server["image"], server["securityContext"])
    assert not {"livenessProbe", "lifecycle", "ports"} & container.keys()
    assert not fake.original["spec"]["selector"]["matchLabels"].items() <= job["metadata"]["labels"].items()
