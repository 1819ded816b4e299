"""When a collection is due, and what its resource keeps, with the collection itself replaced."""

import datetime as dt
from typing import Any

import pytest

from towpath.images.collection import upkeep
from towpath.images.collection.collect import Collected
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.schedule import is_due

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
DONE = Collected(True, 3, 0, 1000, 400, 1.44, 1.01, ("swept",))


def inputs(**changed: Any) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys((*upkeep.WISH, *upkeep.MEANS), "same")
    return record | {"when": "after_deletions", "grace_hours": 0.0, "deletions": 0, "expected": "1 s"} | changed


def outputs(**changed: Any) -> dict[str, Any]:
    return {**inputs(), "collected": 0.0, "deleted_at": "", "report": {}, **changed}


def told(_: str) -> None:
    """Take what is said."""


def days(number: int) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    done: list[int] = []

    def run(props: dict[str, Any], _: object) -> Collected:
        done.append(int(props["deletions"]))
        return DONE

    monkeypatch.setattr(upkeep, "run", run)
    return done


@pytest.mark.parametrize(
    ("olds", "news", "due"),
    [
        ({}, {}, False),
        ({"collected": 2, "deletions": 2}, {"deletions": 2.0}, False),
        ({}, {"deletions": 1}, True),
        ({}, {"deletions": UNKNOWN}, True),
        ({}, {"when": "always"}, True),
        ({}, {"deletions": 1, "grace_hours": 24}, False),
        ({"deletions": 1, "deleted_at": days(-2).isoformat()}, {"deletions": 1, "grace_hours": 24}, True),
        ({"deletions": 1, "deleted_at": days(-2).isoformat()}, {"deletions": 1, "grace_hours": 72}, False),
        ({"deletions": 1, "deleted_at": days(-2).isoformat()}, {"deletions": 2, "grace_hours": 24}, False),
    ],
)
def test_when_it_is_due(olds: dict[str, Any], news: dict[str, Any], due: bool) -> None:
    assert is_due(outputs(**olds), inputs(**news), NOW) is due


@pytest.mark.parametrize("key", [*upkeep.WISH, *upkeep.MEANS])
def test_other_settings_and_credentials_are_taken_down_without_a_collection(runs: list[int], key: str) -> None:
    changed: dict[str, Any] = {key: {"when": "never", "grace_hours": 5.0, "deletions": 0.5}.get(key, "other")}
    assert upkeep.is_changed(outputs(), inputs(**changed), NOW) or key == "deletions"
    if key != "deletions":
        assert upkeep.keep_up(outputs(), inputs(**changed), NOW, told)[key] == changed[key]
    assert runs == []


def test_what_is_only_told_is_no_change() -> None:
    assert not upkeep.is_changed(outputs(), inputs(expected="2 s"), NOW)


def test_a_deletion_is_collected_once(runs: list[int]) -> None:
    first = upkeep.keep_up({}, inputs(deletions=1), NOW, told)
    assert first["collected"] == 1
    assert first["report"] == {
        "touched": True,
        "blobs": 3,
        "manifests": 0,
        "bytes_before": 1000,
        "bytes_after": 400,
        "read_only_seconds": 1.4,
        "down_seconds": 1.0,
        "at": "2026-11-24T12:00:00+00:00",
    }
    assert not upkeep.is_changed(first, inputs(deletions=1), days(1))
    assert upkeep.keep_up(first, inputs(deletions=1, expected="2 s"), days(1), told)["report"] == first["report"]
    assert runs == [1]


def test_the_time_of_grace_begins_with_the_last_deletion_and_ends_in_a_collection(runs: list[int]) -> None:
    first = upkeep.keep_up({}, inputs(deletions=1, grace_hours=48.0), NOW, told)
    second = upkeep.keep_up(first, inputs(deletions=2, grace_hours=48.0), days(1), told)
    assert not upkeep.is_changed(second, inputs(deletions=2, grace_hours=48.0), days(2))
    assert runs == []
    assert upkeep.is_changed(second, inputs(deletions=2, grace_hours=48.0), days(3))
    third = upkeep.keep_up(second, inputs(deletions=2, grace_hours=48.0), days(3), told)
    assert runs == [2]
    assert (third["collected"], third["deleted_at"]) == (2, "")


def test_a_collection_that_fails_leaves_the_state_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: dict[str, Any], __: object) -> Collected:
        raise CollectionError("no")

    monkeypatch.setattr(upkeep, "run", run)
    with pytest.raises(CollectionError):
        upkeep.keep_up(outputs(), inputs(deletions=1), NOW, told)
