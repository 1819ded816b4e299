"""Mirroring while something goes wrong: at the upstream, on the way, here, and with the process itself."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.faulty_proxy import Due, Fault, FaultyProxy
from tests.lab.mirror_pair import Driver, MirrorPair
from tests.lab.registry_server import ACCOUNT, CURRENT, PASSWORD, RegistryServer
from tests.lab.test_images_mirror_copying import head, push_multi, run, up
from tests.lab.test_registry_client_real import push_image
from towpath.access.registry_access import RegistryAccess
from towpath.images.errors import MirrorError, NotEnoughSpaceError
from towpath.images.mirror import copying, upkeep
from towpath.oci.digest import Digest
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, manifest, session, upload
from towpath.registry_client.errors import RegistryError, UnauthorizedError
from towpath.registry_client.retry import Retry

LARGE = bytes(range(256)) * 20_000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("source")) as running:
        yield running


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("target"), release=CURRENT) as running:
        yield running


@pytest.fixture
def pair(source: RegistryServer, target: RegistryServer, tmp_path: Path) -> MirrorPair:
    return MirrorPair(source, target, tmp_path)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "Retry", lambda: Retry(first_wait_seconds=0.01, longest_backoff_seconds=0.02))
    monkeypatch.setattr(upload, "_RESUMPTION_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(blob, "_RESUMPTION_WAIT_SECONDS", 0.01)


def pushed(pair: MirrorPair, repository: str, layer: bytes = b"layer", label: str = "1") -> Manifest:
    image: Manifest = run(pair.source, lambda opened: push_image(opened, repository, "amd64", layer, label))
    return image


def first_times(method: str, part: str, times: int, fault: Fault) -> Due:
    """A fault for the first requests of a path that has this part."""
    return lambda asked, path, before: fault if asked == method and part in path and before < times else None


def upstream_fault(pair: MirrorPair, due: Due) -> FaultyProxy:
    return FaultyProxy(pair.source, due)


def test_a_layer_cut_off_in_the_middle_goes_on_from_there(pair: MirrorPair) -> None:
    image = pushed(pair, "fault/cut", LARGE)
    layer = image.layers[0].digest
    with upstream_fault(pair, first_times("GET", layer, 2, Fault(cut_after_bytes=1_000_000))) as proxy:
        pair.through = proxy.host
        assert up(pair, Driver(), {"from": "up/fault/cut:1"}) == {"fault/cut:1": image.digest}
    assert [entry.rpartition("=")[2] for entry in proxy.ranges] == ["1000000-", "2000000-"]


def test_an_upload_cut_off_in_the_middle_goes_on_from_there(pair: MirrorPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK_BYTES", 1_000_000)
    image = pushed(pair, "fault/upload", LARGE)
    lost = 0

    def due(method: str, path: str, before: int) -> Fault | None:
        nonlocal lost
        if method == "PATCH" and (lost := lost + 1) == 3:
            return Fault(cut_request=True)
        return None

    with FaultyProxy(pair.target, due) as proxy:
        inputs = pair.inputs(asyncio.run(pair.resolved({"from": "up/fault/upload:1"})))
        inputs["access"] = RegistryAccess(proxy.host, ACCOUNT, PASSWORD, pair.target.ca_pem).to_record()
        assert Driver().up(inputs) == {"fault/upload:1": image.digest}
    patches = sum(1 for asked in proxy.asked if asked.startswith("PATCH"))
    assert patches == len(LARGE) // 1_000_000  # the third had arrived, so that nothing was sent again
    assert head(pair.target, "fault/upload", "1") == image.digest


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_that_passes_is_waited_for(pair: MirrorPair, status: int) -> None:
    image = pushed(pair, f"fault/passing-{status}")
    fault = Fault(status, (("Retry-After", "0"),))
    with upstream_fault(pair, first_times("GET", "/v2/fault/", 2, fault)) as proxy:
        pair.through = proxy.host
        wanted = {"from": f"up/fault/passing-{status}:1"}
        assert up(pair, Driver(), wanted) == {f"fault/passing-{status}:1": image.digest}


def test_a_body_that_is_not_its_digest_is_not_stored_and_the_image_has_no_tag(pair: MirrorPair) -> None:
    image = pushed(pair, "fault/corrupt", b"what was meant")
    layer = image.layers[0].digest
    with upstream_fault(pair, first_times("GET", layer, 99, Fault(corrupt=True))) as proxy:
        pair.through = proxy.host
        with pytest.raises(MirrorError, match=rf"fault/corrupt:1 from .*blob fault/corrupt@{layer}.*was not used"):
            up(pair, Driver(), {"from": "up/fault/corrupt:1"})
    assert not run(pair.target, lambda opened: blob.exists(opened, "fault/corrupt", layer))
    with pytest.raises(RegistryError, match="404"):
        head(pair.target, "fault/corrupt", "1")


def test_null_tags_are_no_tags(pair: MirrorPair) -> None:
    fault = Fault(200, (("Docker-Distribution-Api-Version", "registry/2.0"),), body=b'{"name":"x","tags":null}')
    with upstream_fault(pair, first_times("GET", "/tags/list", 99, fault)) as proxy:
        pair.through = proxy.host
        (found,) = asyncio.run(pair.resolved({"from": "up/fault/null", "tags": {"names": ["1.*"]}}))
    assert found.problem.endswith("fits none of its 0 tags")


def test_an_upstream_that_fails_keeps_what_was_copied_and_names_what_is_new(
    pair: MirrorPair, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pushed(pair, "fault/known")
    driver = Driver()
    with upstream_fault(pair, first_times("HEAD", "/v2/fault/", 0, Fault())) as proxy:
        pair.through = proxy.host
        up(pair, driver, {"from": "up/fault/known:1"})
    # Nobody listens there any more.
    images = asyncio.run(pair.resolved({"from": "up/fault/known:1"}, {"from": "up/fault/new:1"}))
    inputs, _ = driver.preview(pair.inputs(images))
    assert inputs["images"]["fault/known:1"]["digest"] == image.digest
    assert "fault/known:1 stays as it is" in capsys.readouterr().err
    with pytest.raises(MirrorError, match=r"1 of 2 images(?s:.*)fault/new:1 from .*did not answer"):
        driver.up(pair.inputs(images))


def test_a_tag_that_never_was_fails_the_preview(pair: MirrorPair) -> None:
    images = asyncio.run(pair.resolved({"from": "up/fault/never:1"}))
    checked = Driver().provider.check({}, pair.inputs(images))
    assert [failure.reason for failure in checked.failures] == [f"fault/never:1: {images[0].problem}"]
    assert "404" in images[0].problem


@pytest.mark.parametrize("status", [401, 403, 500])
def test_only_a_definite_404_counts_as_gone(pair: MirrorPair, status: int) -> None:
    pushed(pair, "fault/asked")
    driver = Driver()
    with FaultyProxy(pair.target, lambda *_: None) as proxy:
        inputs = pair.inputs(asyncio.run(pair.resolved({"from": "up/fault/asked:1"})))
        inputs["access"] = RegistryAccess(proxy.host, ACCOUNT, PASSWORD, pair.target.ca_pem).to_record()
        driver.up(inputs)
        before = dict(driver.outputs or {})
        proxy.due = lambda *_: Fault(status, (("Retry-After", "0"),))
        with pytest.raises(RegistryError, match=str(status)):
            driver.refresh()
    assert driver.outputs == before


def test_a_registry_that_is_gone_is_no_error_at_refresh_and_destroy(pair: MirrorPair) -> None:
    pushed(pair, "fault/gone")
    driver = Driver()
    with FaultyProxy(pair.target, lambda *_: None) as proxy:
        inputs = pair.inputs(asyncio.run(pair.resolved({"from": "up/fault/gone:1"})))
        inputs["access"] = RegistryAccess(proxy.host, ACCOUNT, PASSWORD, pair.target.ca_pem).to_record()
        driver.up(inputs)
    before = dict(driver.outputs or {})
    assert driver.refresh() == {}
    driver.provider.delete("id", driver.outputs or {})
    assert driver.outputs == before


def test_a_wrong_password_here_is_tried_once_and_every_image_is_named(pair: MirrorPair) -> None:
    for name in "abcdefgh":
        pushed(pair, f"fault/many-{name}")
    pair.password = "wrong"
    images = asyncio.run(pair.resolved(*({"from": f"up/fault/many-{name}:1"} for name in "abcdefgh")))
    with pytest.raises(MirrorError) as caught:
        Driver().up(pair.inputs(images))
    assert all(f"fault/many-{name}:1" in str(caught.value) for name in "abcdefgh")
    assert "401" in str(caught.value)
    assert str(caught.value).count(f"not tried, as {pair.target.host} failed before") == 4  # four began at once
    assert not isinstance(caught.value, UnauthorizedError)
    assert "wrong" not in str(caught.value).replace("missing or wrong", "")


def test_a_full_disk_here_is_said_with_its_image(source: RegistryServer, tmp_path: Path) -> None:
    disk = tmp_path / "full"
    (disk / "storage").mkdir(parents=True)
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "towpath-e", str(disk / "storage")]
    subprocess.run(mounted, check=True)
    try:
        with RegistryServer(disk) as target:
            pair = MirrorPair(source, target, tmp_path)
            pushed(pair, "fault/large", LARGE)
            small = pushed(pair, "fault/small", b"small")
            with pytest.raises(MirrorError, match=r"1 of 2 (?s:.*)fault/large:1 from .*disk") as caught:
                up(pair, Driver(), {"from": "up/fault/large:1"}, {"from": "up/fault/small:1"})
            assert "fault/small" not in str(caught.value)
            assert head(target, "fault/small", "1") == small.digest
    finally:
        subprocess.run(["umount", "--lazy", str(disk / "storage")], check=True)


def test_too_little_room_is_said_before_anything_is_copied(pair: MirrorPair, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed(pair, "fault/roomless", LARGE)

    class Full:
        @classmethod
        def from_record(cls, _: Any) -> "Full":
            return cls()

        async def check_room(self, needed_bytes: int) -> None:
            assert needed_bytes > len(LARGE)
            raise NotEnoughSpaceError("no room")

    monkeypatch.setattr(upkeep, "StorageFolder", Full)
    pair.storage = {"folder": "/data"}
    before = pair.target.state()
    with pytest.raises(NotEnoughSpaceError):
        up(pair, Driver(), {"from": "up/fault/roomless:1"})
    assert pair.target.state() == before


def test_killed_in_the_middle_the_next_run_ends_it_and_sends_only_the_rest(pair: MirrorPair, tmp_path: Path) -> None:
    """The layers come slowly, the first image is whole, the second is not: then the process is killed."""
    whole = run(pair.source, lambda opened: push_multi(opened, "fault/killed", "1"))
    late = pushed(pair, "fault/late", LARGE)
    program, killed = tmp_path / "program.py", threading.Event()
    with FaultyProxy(pair.source, lambda *_: None) as proxy:
        pair.through = proxy.host
        wanted = ({"from": "up/fault/killed:1"}, {"from": "up/fault/late:1"})
        inputs = pair.inputs(asyncio.run(pair.resolved(*wanted)))
        started = proxy.asked.count(f"GET /v2/fault/late/blobs/{late.layers[0].digest}")
        assert started == 0

        def due(method: str, path: str, before: int) -> Fault | None:
            if method == "GET" and late.layers[0].digest in path:
                killed.wait(600)
            return None

        proxy.due = due
        program.write_text(
            f"import sys; sys.path.insert(0, {str(Path.cwd())!r})\n"
            "from components.dynamic.image_mirror import ImageMirrorProvider\n"
            f"ImageMirrorProvider().create({inputs!r})\n"
        )
        process = subprocess.Popen([sys.executable, str(program)], stderr=subprocess.DEVNULL)
        try:
            _wait_for(lambda: _is_here(pair, "fault/killed", whole.digest))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed.set()
        with pytest.raises(RegistryError, match="404"):
            head(pair.target, "fault/late", "1")
        proxy.due = lambda *_: None
        proxy.asked.clear()
        assert Driver().up(inputs) == {"fault/killed:1": whole.digest, "fault/late:1": late.digest}
    assert not [asked for asked in proxy.asked if "fault/killed" in asked]


def _is_here(pair: MirrorPair, repository: str, digest: Digest) -> bool:
    try:
        return bool(run(pair.target, lambda opened: manifest.head(opened, repository, "1")).digest == digest)
    except RegistryError:
        return False


def _wait_for(condition: Any) -> None:
    for _ in range(1800):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("did not come about within 180 s")
