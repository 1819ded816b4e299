"""Accounts of the registry."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from towpath.settings.types import AccountName, Password, Section

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
    keep_previous: bool = Field(True, description="false withdraws the slot that the last rotation left behind")

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
