"""What the resource of the copied images keeps, carries over and takes for a change, without any registry."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.dynamic.image_mirror import ImageMirrorProvider
from towpath.images.mirror.pins import carry_over
from towpath.images.mirror.room import parse_free_bytes
from towpath.images.mirror.upkeep import Milestones, copy_in
from towpath.images.mirror.wanted import Wanted

OLD, NEW = f"sha256:{'0' * 64}", f"sha256:{'1' * 64}"
IMAGE = Wanted("team/app:1", "r.test/team/app:1", OLD)
TEXTS = st.text("abc:/.-", max_size=8)


@given(
    st.builds(
        Wanted,
        target=TEXTS,
        source=TEXTS,
        digest=TEXTS,
        becomes=TEXTS,
        platforms=st.lists(TEXTS).map(tuple),
        image=TEXTS,
        referring=st.none() | st.lists(TEXTS).map(tuple),
        pin=st.booleans(),
        chosen_by=TEXTS,
        problem=TEXTS,
        lasting=st.booleans(),
        note=TEXTS,
    )
)
def test_a_record_gives_the_same_image_again(wanted: Wanted) -> None:
    assert Wanted.from_record(wanted.target, wanted.to_record()) == wanted


def records(*images: Wanted) -> dict[str, dict[str, Any]]:
    return {image.target: image.to_record() for image in images}


def test_a_moved_tag_is_followed_unless_it_is_pinned() -> None:
    pinned = replace(IMAGE, target="team/pinned:1", pin=True)
    moved = [replace(IMAGE, digest=NEW), replace(pinned, digest=NEW)]
    carried = carry_over(records(IMAGE, pinned), moved)
    assert {target: record["digest"] for target, record in carried.records.items()} == {
        "team/app:1": NEW,
        "team/pinned:1": OLD,
    }
    assert carried.notes == [f"r.test/team/app:1 is {NEW} now; team/pinned:1 stays at {OLD}, as it is pinned"]


@pytest.mark.parametrize("change", [{"source": "other.test/app:1"}, {"platforms": ("linux/amd64",)}])
def test_a_pin_holds_for_its_source_and_platforms_only(change: dict[str, Any]) -> None:
    pinned = replace(IMAGE, pin=True)
    carried = carry_over(records(pinned), [replace(pinned, digest=NEW, **change)])
    assert carried.records["team/app:1"]["digest"] == NEW


def test_a_source_that_does_not_answer_changes_nothing_and_problems_never_come_into_the_state() -> None:
    silent = replace(IMAGE, digest="", problem="r.test: time-out", note="a note")
    carried = carry_over(records(IMAGE), [silent])
    assert carried.records == records(IMAGE)
    assert carried.notes == ["r.test: time-out; team/app:1 stays as it is"]
    assert not carried.failures
    new = carry_over({}, [silent])
    assert new.records == {"team/app:1": {"from": "r.test/team/app:1", "digest": ""}}
    assert not new.failures


def test_what_was_never_there_is_a_failure_and_what_was_lost_upstream_stays() -> None:
    lost = replace(IMAGE, digest="", problem="r.test: 404", lasting=True)
    assert carry_over({}, [lost]).failures == ["team/app:1: r.test: 404"]
    assert carry_over(records(IMAGE), [lost]).records == records(IMAGE)
    assert carry_over(records(replace(IMAGE, source="other.test/x:1")), [lost]).failures


def test_of_a_choice_of_tags_that_cannot_be_read_all_images_stay() -> None:
    one, two = (
        replace(IMAGE, target=f"team/app:{n}", source=f"r.test/team/app:{n}", chosen_by="r.test/team/app")
        for n in (1, 2)
    )
    place = Wanted("team/app:*", "r.test/team/app", chosen_by="r.test/team/app", problem="r.test: 503")
    other = replace(IMAGE, target="other:1", source="r.test/other:1")
    assert carry_over(records(one, two, other), [place]).records == records(one, two)


def inputs(*images: Wanted, **changes: Any) -> dict[str, Any]:
    return {
        "registry": "here.test:6000",
        "images": records(*images),
        "drift": {},
        "access": {"registry": "here.test:6000", "username": "ci", "password": "old", "ca_pem": None},
        "ways": {"r.test": {"registry": "r.test", "password": "token"}},
        "storage": {},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"ways": {"r.test": {"registry": "r.test", "password": "another token"}}}, False),
        ({"access": {"registry": "here.test:6000", "username": "ci", "password": "new"}}, True),
        ({"access": {"registry": "here.test:6000", "username": "ci", "password": "old"}}, False),
        ({"registry": "there.test:6000"}, True),
        ({"images": {}}, True),
        ({"images": records(replace(IMAGE, digest=NEW))}, True),
    ],
)
def test_what_counts_as_a_change_and_that_nothing_replaces(changes: dict[str, Any], expected: bool) -> None:
    olds = inputs(IMAGE) | {"placed": {"team/app:1": OLD}}
    result = ImageMirrorProvider().diff("id", olds, inputs(IMAGE) | changes)
    assert result.changes is expected
    assert result.replaces == []


def test_a_refresh_that_found_something_is_a_change() -> None:
    olds = inputs(IMAGE, drift={"team/app:1": "is missing"}) | {"placed": {"team/app:1": OLD}}
    assert ImageMirrorProvider().diff("id", olds, inputs(IMAGE)).changes is True


def test_an_image_that_is_not_wanted_any_more_is_forgotten_and_nobody_is_asked() -> None:
    """Nothing listens at here.test: asking it would fail."""
    other = replace(IMAGE, target="team/other:1")
    old = inputs(IMAGE, other) | {"placed": {"team/app:1": OLD, "team/other:1": OLD}}
    assert copy_in(inputs(IMAGE), old, Path(), lambda _: None) == {"team/app:1": OLD}


def test_a_long_copying_tells_a_few_times_and_a_short_one_never() -> None:
    told: list[str] = []
    milestones = Milestones(told.append)
    for done in range(1001):
        milestones(done * 1_000_000, 1_000_000_000)
    assert told == [f"copied {n} MB of 1.0 GB" for n in ("200.0", "400.0", "600.0", "800.0")] + [
        "copied 1.0 GB of 1.0 GB"
    ]
    for done in range(101):
        Milestones(told.append)(done, 100)
    assert len(told) == 5


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Filesystem 1-blocks Used Available Capacity Mounted on\n/dev/x 100 60 40 60% /data\n", 40),
        ("", None),
        ("df: /data: no such file", None),
    ],
)
def test_the_free_bytes_are_read_from_df(printed: str, expected: int | None) -> None:
    assert parse_free_bytes(printed) == expected
