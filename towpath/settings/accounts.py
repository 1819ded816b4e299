"""Accounts of the registry."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from towpath.settings.types import AccountName, Day, Line, Password, Section

GENERATED_COST = 5
"""bcrypt cost for passwords of 128 bits and more: a slow hash adds nothing to them, and every pull pays for it."""
GIVEN_COST = 12
"""bcrypt cost for passwords that people chose."""


class Account(Section):
    """An account. It has two slots with user names of their own (`NAME.1`, `NAME.2`), so that rotation can overlap."""

    name: AccountName = Field(description="printable ASCII without ':'")
    role: Literal["pull", "push", "admin"] = Field(
        "pull", description="what it is for; htpasswd cannot enforce it, whoever logs in can push"
    )
    password: Password | None = Field(None, description="secret, at most 72 bytes; left out: 190 random bits")
    previous_password: Password | None = Field(
        None, description="secret; with a given password: what it was before the last rotation, so that it stays valid"
    )
    bcrypt_cost: int | None = Field(None, ge=4, le=17, description="default: 5 for made passwords, 12 for given ones")
    rotation: int = Field(
        1, ge=1, description="raise by one to rotate: the other slot gets a new password, this one stays valid"
    )
    rotate_after_days: int | None = Field(
        None, ge=1, le=3650, description="the first `up` after so many days rotates it; for made passwords"
    )
    rotate_since: Day | None = Field(
        None, description="the day from which they count first, e.g. '2026-01-31'; default: when the account was made"
    )
    keepers: dict[str, Line] | None = Field(
        None, description="any texts; another value of one rotates once; for made passwords"
    )
    keep_previous: bool = Field(
        True,
        description="false withdraws the slot that the last rotation left behind, in the same `up` once nodes and "
        "namespaces have the new one",
    )

    @property
    def rotates_itself(self) -> bool:
        """Whether rotations happen that `rotation` does not count."""
        return self.rotate_after_days is not None or self.keepers is not None

    @model_validator(mode="after")
    def _rotations_hold(self) -> Self:
        if self.password is not None and self.rotates_itself:
            raise ValueError(
                "has a password of yours, which rotate_after_days and keepers cannot make anew; take the password out, "
                "or raise rotation by hand"
            )
        if self.rotate_since is not None and self.rotate_after_days is None:
            raise ValueError("rotate_since has no meaning without rotate_after_days; set both or neither")
        if self.previous_password is None:
            return self
        if not self.keep_previous:
            raise ValueError("previous_password has no meaning with keep_previous: false; keep one of them")
        if self.rotation == 1 and not self.rotates_itself:
            raise ValueError(
                "previous_password has no meaning before the first rotation; raise rotation by one with it"
            )
        if self.password is not None and self.password.get_secret_value() == self.previous_password.get_secret_value():
            raise ValueError("previous_password is the password; a rotation needs another one")
        return self

    def cost(self, *, given: bool) -> int:
        """Return the bcrypt cost in force for a password that was given or made."""
        if self.bcrypt_cost is not None:
            return self.bcrypt_cost
        return GIVEN_COST if given else GENERATED_COST


def _unique(accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    counts = Counter(account.name for account in accounts)
    if twice := sorted(name for name, count in counts.items() if count > 1):
        raise ValueError(f"the account {', '.join(twice)} stands here twice; rename or remove one")
    slots = {f"{name}.{slot}" for name in counts for slot in (1, 2)}
    if clash := sorted(slots & counts.keys()):
        raise ValueError(f"the account {', '.join(clash)} has the name of another account's slot; rename one")
    return accounts


Accounts = Annotated[tuple[Account, ...], AfterValidator(_unique)]
