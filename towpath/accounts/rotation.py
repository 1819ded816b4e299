"""When an account rotates: by hand, by time, or because one of its keepers changed; never two steps at once.

Both slots would change in two steps at once, and consumers would be left without any password that is still good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from towpath.errors import TowpathError


class RotationError(TowpathError):
    """A rotation that would leave nobody time to move. The message names the setting and the way out."""


@dataclass(frozen=True)
class Wish:
    """What the settings say of an account's rotation."""

    by_hand: int
    """`rotation` of the settings."""
    every_days: int | None = None
    since: str = ""
    """ISO date from which the days count first; empty: the day on which the account was made."""
    keepers: Mapping[str, str] | None = None
    given: bool = False
    """Whether the settings give the password."""
    previous_given: bool = False
    keep_previous: bool = True
    overlaps: bool = True
    """Whether the registry can take a login in the middle of an `up`, and withdraw another at its end."""


@dataclass(frozen=True)
class Rotation:
    """Where an account stands. `number`, from 1 on, is of the password in force. Days are ISO, or empty."""

    number: int
    by_hand: int
    rotated_on: str
    next_on: str
    since: str = ""
    keepers: Mapping[str, str] | None = None
    given: bool = False


def first(wish: Wish, today: date) -> Rotation:
    """Return where a new account stands."""
    begun = wish.since if wish.every_days and wish.since else today.isoformat()
    at = Rotation(wish.by_hand, wish.by_hand, begun, "", wish.since, wish.keepers, wish.given)
    return _scheduled(at, wish)


def following(at: Rotation, wish: Wish, today: date) -> Rotation:
    """Return where an account stands now: as it was, or one step further. Raises RotationError."""
    by_hand = wish.by_hand - at.by_hand
    if abs(by_hand) > 1:
        raise RotationError(
            f"rotation goes from {at.by_hand} to {wish.by_hand}, which would withdraw both passwords at once; set it "
            f"to {at.by_hand + (1 if by_hand > 0 else -1)}, run `up`, then go on"
        )
    if wish.since != at.since and wish.since:
        at = replace(at, rotated_on=wish.since)
    kept = at.keepers is None or wish.keepers is None or dict(at.keepers) == dict(wish.keepers)
    due = bool(wish.every_days) and today >= _day(at.rotated_on) + timedelta(days=wish.every_days or 0)
    step = by_hand or int(due or not kept)
    if step and not wish.keep_previous and not wish.overlaps:
        raise RotationError(
            "keep_previous is false, and a Deployment would withdraw the old password before all have the new one; set "
            "it to true for this `up`, and to false for the next"
        )
    if step > 0 and at.given and not wish.given and wish.keep_previous and not wish.previous_given:
        raise RotationError(
            "the password was given and is now to be made, so that nobody knows the previous one any more; set "
            "previous_password to what it was, or keep_previous to false"
        )
    moved = replace(
        at,
        number=at.number + step,
        by_hand=wish.by_hand,
        rotated_on=today.isoformat() if step else at.rotated_on,
        since=wish.since,
        keepers=wish.keepers,
        given=wish.given,
    )
    return _scheduled(moved, wish)


def to_record(rotation: Rotation) -> dict[str, Any]:
    """Return plain values for a state."""
    keepers = None if rotation.keepers is None else dict(rotation.keepers)
    return {**vars(rotation), "keepers": keepers}


def from_record(record: Mapping[str, Any]) -> Rotation:
    """Make it again; numbers may have come back as floats, and what is None may be missing."""
    return Rotation(
        number=int(record["number"]),
        by_hand=int(record["by_hand"]),
        rotated_on=record["rotated_on"],
        next_on=record["next_on"],
        since=record["since"],
        keepers=record.get("keepers"),
        given=bool(record["given"]),
    )


def _scheduled(at: Rotation, wish: Wish) -> Rotation:
    if not wish.every_days:
        return replace(at, next_on="")
    return replace(at, next_on=(_day(at.rotated_on) + timedelta(days=wish.every_days)).isoformat())


def _day(text: str) -> date:
    return date.fromisoformat(text)
