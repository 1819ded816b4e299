"""Rotation: by hand, by time, by keepers; one step at a time, whatever comes together."""

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.dynamic.account_rotation import AccountRotationProvider
from towpath.accounts.rotation import RotationError, Wish, first, following, from_record, to_record
from towpath.accounts.slots import filled_by, slots
from towpath.settings.accounts import Account

TODAY = date(2026, 3, 1)
MONTHLY = Wish(1, every_days=30)


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_by_hand_it_is_the_number_of_the_settings() -> None:
    at = first(Wish(3), TODAY)
    assert (at.number, at.next_on) == (3, "")
    assert following(at, Wish(4), TODAY).number == 4
    assert following(at, Wish(2), TODAY).number == 2
    assert following(at, Wish(3), later(999)) == at


@pytest.mark.parametrize(("wished", "to"), [(3, 2), (7, 2)])
def test_two_steps_at_once_are_refused_with_the_way_out(wished: int, to: int) -> None:
    with pytest.raises(RotationError, match=f"from 1 to {wished}.* set it to {to}, run `up`"):
        following(first(Wish(1), TODAY), Wish(wished), TODAY)


def test_by_time_it_rotates_once_when_it_is_due_and_not_twice_after_a_long_pause() -> None:
    at = first(MONTHLY, TODAY)
    assert at.next_on == "2026-03-31"
    assert following(at, MONTHLY, later(29)) == at
    moved = following(at, MONTHLY, later(30))
    assert (moved.number, moved.rotated_on, moved.next_on) == (2, "2026-03-31", "2026-04-30")
    paused = following(at, MONTHLY, later(300))
    assert paused.number == 2
    assert following(paused, MONTHLY, later(300)) == paused


def test_the_first_day_may_be_given() -> None:
    at = first(dataclasses.replace(MONTHLY, since="2026-02-10"), TODAY)
    assert at.next_on == "2026-03-12"


def test_a_keeper_rotates_once_when_it_changes_and_not_when_it_comes_or_goes() -> None:
    at = first(Wish(1), TODAY)
    named = following(at, Wish(1, keepers={"staff": "a"}), TODAY)
    assert named.number == 1
    changed = following(named, Wish(1, keepers={"staff": "b"}), TODAY)
    assert changed.number == 2
    assert following(changed, Wish(1, keepers={"staff": "b"}), TODAY).number == 2
    assert following(changed, Wish(1), TODAY).number == 2


def test_a_given_password_is_made_only_where_the_previous_one_is_known_or_not_kept() -> None:
    at = first(Wish(1, given=True), TODAY)
    with pytest.raises(RotationError, match="set previous_password to what it was, or keep_previous to false"):
        following(at, Wish(2), TODAY)
    assert following(at, Wish(2, previous_given=True), TODAY).number == 2
    assert following(at, Wish(2, keep_previous=False), TODAY).number == 2


WISHES = st.builds(
    Wish,
    by_hand=st.integers(1, 4),
    every_days=st.none() | st.integers(1, 40),
    keepers=st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
)


@given(st.lists(st.tuples(WISHES, st.integers(0, 400)), min_size=2, max_size=8))
def test_whatever_comes_the_slot_left_behind_keeps_its_password(runs: list[tuple[Wish, int]]) -> None:
    """One slot at most is filled anew in an `up`, so that a password that was good before it is good after it."""
    at = first(runs[0][0], TODAY)
    for wish, day in runs[1:]:
        try:
            found = following(at, wish, later(day))
        except RotationError:
            assert abs(wish.by_hand - at.by_hand) > 1
            continue
        assert abs(found.number - at.number) <= 1
        assert found.number >= 1
        before = {number: filled_by(number, at.number) for number in (1, 2)}
        after = {number: filled_by(number, found.number) for number in (1, 2)}
        if found.number > at.number:
            kept = slots(Account(name="a"), at.number)[0]
            assert after[kept.number] == before[kept.number] == kept.rotation
        assert from_record(to_record(found)) == found
        at = found


def test_the_check_of_the_resource_knows_the_number_and_fails_where_it_must() -> None:
    provider = AccountRotationProvider()
    news: dict[str, Any] = {"account": "a", "wish": vars(Wish(1)), "number": 1, "next_on": ""}
    begun = provider.check({}, news)
    assert (begun.inputs["number"], begun.failures) == (1, [])
    again = provider.check(begun.inputs, news)
    assert not provider.diff("a", {**begun.inputs}, again.inputs).changes
    jump = provider.check(begun.inputs, {**news, "wish": vars(Wish(3))})
    assert "the account a: rotation goes from 1 to 3" in jump.failures[0].reason


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ({"password": "sesame", "rotate_after_days": 30}, "cannot make anew"),
        ({"password": "sesame", "keepers": {"a": "b"}}, "cannot make anew"),
        ({"rotate_since": "2026-01-31"}, "without rotate_after_days"),
        ({"rotate_after_days": 30, "rotate_since": "31.1.2026"}, "write YYYY-MM-DD"),
        ({"previous_password": "sesame"}, "before the first rotation"),
        ({"previous_password": "sesame", "rotation": 2, "keep_previous": False}, "keep_previous: false"),
        ({"previous_password": "sesame", "password": "sesame", "rotation": 2}, "previous_password is the password"),
    ],
)
def test_useless_settings_are_refused(account: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Account.model_validate({"name": "a", **account})
    assert "sesame" not in str(caught.value)


def test_a_day_without_quotes_is_a_day_too() -> None:
    account = Account.model_validate({"name": "a", "rotate_after_days": 1, "rotate_since": "2026-01-31T00:00:00Z"})
    assert account.rotate_since == "2026-01-31"


def test_a_registry_that_cannot_overlap_in_one_up_keeps_the_previous_login_through_a_rotation() -> None:
    at = first(Wish(1, overlaps=False), TODAY)
    with pytest.raises(RotationError, match="to true for this `up`, and to false for the next"):
        following(at, Wish(2, keep_previous=False, overlaps=False), TODAY)
    moved = following(at, Wish(2, overlaps=False), TODAY)
    assert following(moved, Wish(2, keep_previous=False, overlaps=False), TODAY).number == 2
