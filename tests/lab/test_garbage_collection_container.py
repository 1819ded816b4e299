"""A collection of the lab's registry container, and what goes wrong in the middle of it: it serves again, unchanged."""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.lab.collection_target import CANARY, CollectionTarget, layer_of
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace
from tests.lab.test_registry_client_collection import pulls_completely
from towpath.applier.bootstrap import Sudo
from towpath.images.collection.collect import Collected, collect
from towpath.images.collection.errors import CollectionError
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.retry import Retry
from towpath.registry_client.transport import Limits
from towpath.ssh.errors import SshError

KILL_PROGRAM = "kill -9 $(cat /run/towpath.lock)"


@pytest.fixture
def target(lab: LabAccess, stack: StackWorkspace) -> Iterator[CollectionTarget]:
    found = CollectionTarget.of(lab, stack)
    before = found.state()
    yield found
    asyncio.run(found.comes_back())
    assert found.state() == before


async def test_it_frees_what_was_deleted_and_the_stack_has_no_change(
    target: CollectionTarget, stack: StackWorkspace
) -> None:
    await target.fill("g-plain")
    done = await target.collected()
    assert done.touched
    assert done.bytes_before
    assert done.bytes_after
    assert done.bytes_before - done.bytes_after >= len(layer_of("g-plain"))
    await target.serves("g-plain")
    stack.pulumi("preview", "--refresh", "--expect-no-changes", "-s", stack.stack).ok()
    assert not (await target.collected()).touched


async def test_a_dry_run_writes_nothing(target: CollectionTarget) -> None:
    await target.fill("g-dry")
    listing = f"find {target.place.storage_folder} -printf '%p %s %T@ %C@\\n' | sort"
    before = target.lab.run("node-1", listing).stdout
    async with target.site() as site:
        assert "blob eligible for deletion" in await site.dry_run()
    assert target.lab.run("node-1", listing).stdout == before


async def test_pullers_meanwhile_get_the_right_bytes_or_an_error(target: CollectionTarget) -> None:
    """Two restarts cannot be hidden on one container: failed pulls are counted; a client that retries has none."""
    await target.fill("g-pulled")
    async with target.access.session() as session:
        await pulls_completely(session, "g-pulled", "2")
    good = [time.monotonic()]
    failed = patient = 0
    over = asyncio.Event()

    async def impatient() -> None:
        nonlocal failed
        while not over.is_set():
            async with target.access.session(Limits(idle_seconds=2, connect_seconds=2), Retry(attempts=1)) as session:
                try:
                    await pulls_completely(session, "g-pulled", "2")
                    good.append(time.monotonic())
                except RegistryError:
                    failed += 1
            await asyncio.sleep(0.05)

    async def retrying() -> None:
        nonlocal patient
        while not over.is_set():
            async with target.access.session() as session:
                await pulls_completely(session, "g-pulled", "2")
                patient += 1

    async def sweep() -> Collected:
        try:
            return await target.collected()
        finally:
            over.set()

    done, *_ = await asyncio.gather(sweep(), impatient(), impatient(), retrying())
    assert done.touched
    assert good[1:]
    assert patient
    gap = max(later - earlier for earlier, later in itertools.pairwise(sorted(good)))
    sys.stdout.write(f"{failed} failed, {len(good) - 1} did not; none for {gap:.1f} s; {done.lines[-1]}\n")


async def test_a_killed_client_leaves_a_registry_that_comes_back_by_itself(target: CollectionTarget) -> None:
    await target.fill("g-killed")
    target.freeze_and_be_killed()
    await target.comes_back()
    await target.serves("g-killed")


async def test_a_killed_program_is_replaced_by_its_watcher_which_ends_the_sweep_first(
    target: CollectionTarget,
) -> None:
    await target.fill("g-watched")
    name = target.place.container
    sweeping = f"docker run -d --name {name}-collector --label towpath.collector={name} registry:3"
    async with target.site() as site:
        await site.freeze()
        target.lab.run("node-1", f"{sweeping}; {KILL_PROGRAM}").check()
        with pytest.raises(SshError):
            await site.collect()
    await target.comes_back()
    await target.serves("g-watched")


async def test_a_lost_connection_in_the_middle_is_an_error_and_the_service_is_restored(
    target: CollectionTarget,
) -> None:
    await target.fill("g-lost")
    lost = iter([1])

    def tell(step: str) -> None:
        if step == "mark and sweep" and next(lost, 0):
            target.lab.run("node-1", KILL_PROGRAM).check()

    async with target.site() as site:
        with pytest.raises(CollectionError) as caught:
            await collect(target.access, site, CANARY, tell)
    assert "mark and sweep" in str(caught.value)
    assert "may still be read-only" not in str(caught.value)
    await target.serves("g-lost")


async def test_what_a_dead_machine_left_frozen_is_put_back_by_the_next_collection(target: CollectionTarget) -> None:
    await frozen_by_a_dead_machine(target, "g-dead")
    async with target.site() as site:
        assert site.recovered
        assert await target.takes_writes()
    await target.collected()
    await target.serves("g-dead")


async def test_a_machine_that_starts_again_puts_the_registry_back_by_itself(target: CollectionTarget) -> None:
    await frozen_by_a_dead_machine(target, "g-booted")
    wanted = target.lab.run("node-1", "systemctl daemon-reload; systemctl list-dependencies --plain multi-user.target")
    assert target.boot_unit in wanted.check().stdout
    target.lab.run("node-1", f"systemctl start {target.boot_unit}").check()
    await target.comes_back()
    await target.serves("g-booted")


async def frozen_by_a_dead_machine(target: CollectionTarget, repository: str) -> None:
    """Leave the registry read-only, and nobody on its node that would put it back."""
    await target.fill(repository)
    async with target.site() as site:
        await site.freeze()
        stop_watch = f"systemctl kill -s KILL towpath-collection-{target.place.container}"
        target.lab.run("node-1", f"{stop_watch}; {KILL_PROGRAM}").check()
    assert not await target.takes_writes()


async def test_an_applier_that_comes_meanwhile_waits_for_the_lock(target: CollectionTarget) -> None:
    async with target.site():
        holder = target.lab.run("node-1", "flock -n /run/towpath.lock true && echo free; cat /run/towpath.lock").stdout
        assert holder.strip().isdigit()


async def test_a_client_that_falls_silent_is_not_waited_for(
    target: CollectionTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("towpath.images.collection.container_site._IDLE_SECONDS", 2)
    await target.fill("g-silent")
    async with target.site() as site:
        await site.freeze()
        assert not await target.takes_writes()
        await target.comes_back()


async def test_a_user_who_is_not_root_collects_by_sudo_with_a_password(target: CollectionTarget) -> None:
    sudo = Sudo("password", target.lab.deploy_password)
    await target.fill("g-sudo")
    deploy = replace(target, connection=replace(target.connection, user="deploy", sudo=sudo))
    assert (await deploy.collected()).touched
    await target.serves("g-sudo")
