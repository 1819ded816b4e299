"""The comparison of collections: what its user sees, what it takes for a loss, what it writes."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bench import harness
from bench.garbage_collection import report
from bench.garbage_collection.images import check
from bench.garbage_collection.measurement import Found
from bench.garbage_collection.observer import Observer, Seen
from bench.harness import Comparison
from bench.promise import Promise
from tests.unit.self_signed import certificate_for
from towpath.access.registry_access import RegistryAccess
from towpath.oci import media_types
from towpath.oci.manifest import Manifest, parse_manifest

WHERE = {"images_gone": 2, "layer_bytes": 10}
FOUND = Found(
    {"towpath": [10.0, 12.0], "plain": [1.0, 1.0]},
    {
        "towpath": [Seen(20, 0, 0.0, 4.0), Seen(30, 0, 0.0, 6.0)],
        "plain": [Seen(10, 4, 2.0, 2.0), Seen(10, 6, 3.0, 3.0)],
    },
    {"towpath": [True, True], "plain": [True, False]},
)


def image(layer: str) -> Manifest:
    parts = [{"mediaType": "x/y", "digest": f"sha256:{each * 64}", "size": 1} for each in ("c", layer)]
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": parts[0], "layers": parts[1:]}
    return parse_manifest(json.dumps(document).encode())


def watched(monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]) -> Seen:
    """Let somebody pull and push three times and more, of a registry that answers so after the first time."""
    answered: list[httpx.Request] = []

    def first_well(request: httpx.Request) -> httpx.Response:
        answered.append(request)
        well = httpx.Response(202, headers={"Location": "/upload"}) if request.method == "POST" else httpx.Response(200)
        return well if len(answered) <= 5 else answer(request)

    def client(_: Observer) -> httpx.Client:
        return httpx.Client(base_url="https://registry.test", transport=httpx.MockTransport(first_well))

    monkeypatch.setattr(Observer, "_client", client)
    access = RegistryAccess("10.0.0.1", "ci", "any", certificate_for("10.0.0.1")[0])
    with Observer(access, "kept", image("a")) as observer:
        deadline = time.monotonic() + 20
        while observer.seen.pulls < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    return observer.seen


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there", request=request)


def without_a_layer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(404 if request.url.path.endswith("a" * 64) else 202, headers={"Location": "/upload"})


def read_only(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200 if request.method == "GET" else 405)


@pytest.mark.parametrize(
    ("answer", "pulls_fail", "writes_fail"),
    [(broken, True, True), (without_a_layer, True, False), (read_only, False, True)],
)
def test_what_fails_is_counted_apart_for_pulls_and_writes(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[httpx.Request], httpx.Response],
    pulls_fail: bool,
    writes_fail: bool,
) -> None:
    seen = watched(monkeypatch, answer)

    assert seen.pulls >= 3
    assert seen.failed_pulls == (seen.pulls if pulls_fail else 0)
    assert (seen.seconds_without_pulls > 0) == pulls_fail
    assert (seen.seconds_without_writes > 0) == writes_fail


def test_nothing_is_measured_of_a_registry_that_does_not_work_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Observer, "_client", lambda _: httpx.Client(transport=httpx.MockTransport(broken)))
    access = RegistryAccess("10.0.0.1", "ci", "any", certificate_for("10.0.0.1")[0])

    with pytest.raises(RuntimeError, match="cannot be pulled from"), Observer(access, "kept", image("a")):
        pass


def test_a_layer_that_is_lost_or_left_ends_the_comparison() -> None:
    kept, gone = [image("a")], [image("b")]

    check({"a" * 64, "c" * 64}, kept, gone, "towpath")
    with pytest.raises(RuntimeError, match="plain lost 1 layers that are in use"):
        check({"c" * 64}, kept, gone, "plain")
    with pytest.raises(RuntimeError, match="plain left 1 layers of garbage"):
        check({"a" * 64, "b" * 64}, kept, gone, "plain")


def test_the_table_has_medians_of_seconds_and_all_pulls_and_one_round_of_loss_is_a_loss() -> None:
    lines = report.users_table(report.users_of(FOUND)).splitlines()

    assert "| towpath | 5.0 | 0.0 | 0 of 50 | yes |" in lines
    assert "| plain | 2.5 | 2.5 | 10 of 20 | no: pushed, and cannot be pulled |" in lines


def test_a_promise_is_in_the_result_and_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "_FOLDER", tmp_path)
    monkeypatch.delenv("SHORT", raising=False)
    promise = Promise("failed pulls", 0, 1)

    report.write(Comparison("gc", "GC", {}), FOUND, WHERE, [promise])

    written = json.loads((tmp_path / "results/gc.json").read_text())
    assert written["promises"] == [{"what": "failed pulls", "goal": 0, "found": 1}]
    assert written["users"]["plain"]["pushed_again"] is False
    assert "\nPromised: failed pulls, ≤ 0: missed; 1 found.\n" in (tmp_path / "results/gc.md").read_text()
