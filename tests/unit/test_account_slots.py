"""Slots: which user names of an account are valid after which rotation."""

import pytest
from pydantic import SecretStr

from towpath.accounts.slots import Slot, slots
from towpath.settings.accounts import Account


@pytest.mark.parametrize(
    ("rotation", "users"),
    [(1, ["a.1"]), (2, ["a.2", "a.1"]), (3, ["a.1", "a.2"]), (4, ["a.2", "a.1"])],
)
def test_a_rotation_moves_to_the_idle_slot_and_keeps_the_other(rotation: int, users: list[str]) -> None:
    found = slots(Account(name="a"), rotation)
    assert [slot.user for slot in found] == users
    assert [slot.active for slot in found] == [True, False][: len(found)]


def test_the_slot_left_behind_keeps_its_password() -> None:
    """Its keeper is the rotation that filled it: the next rotation must not change it."""
    active_before = slots(Account(name="a"), 5)[0]
    left_behind = slots(Account(name="a"), 6)[1]
    assert left_behind == Slot(active_before.account, active_before.number, active_before.rotation, active=False)


def test_the_previous_slot_can_be_withdrawn() -> None:
    assert [slot.user for slot in slots(Account(name="a", keep_previous=False), 2)] == ["a.2"]


def test_a_given_password_overlaps_only_where_the_previous_one_is_given() -> None:
    alone = Account(name="a", rotation=2, password=SecretStr("new"))
    both = Account(name="a", rotation=2, password=SecretStr("new"), previous_password=SecretStr("old"))
    assert [slot.user for slot in slots(alone, 2)] == ["a.2"]
    assert [slot.user for slot in slots(both, 2)] == ["a.2", "a.1"]
