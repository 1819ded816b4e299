"""`Credentials`: the registry's accounts, their passwords and the htpasswd file."""

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any

import pulumi
import pulumi_random as random

from components.dynamic.account_rotation import AccountRotation
from towpath.accounts.rotation import Wish
from towpath.accounts.slots import SLOTS, filled_by, slot_user, slots
from towpath.registry.htpasswd import Login, render_htpasswd
from towpath.settings.accounts import Account

_PASSWORD_CHARACTERS = 32
"""Of 62 kinds: 190 random bits."""
_SALT_BYTES = 16


class Credentials(pulumi.ComponentResource):
    """Two slots an account, each with a password and a salt that stay until the account rotates.

    Does not enforce roles: htpasswd knows only who may log in.
    """

    htpasswd: pulumi.Output[str]
    """The file's text, secret."""
    active_htpasswd: pulumi.Output[str]
    """The lines of the slots that clients are to use, secret: what must be valid before they move."""
    logins: pulumi.Output[dict[str, dict[str, str]]]
    """Account → `{"username", "password"}` of the slot that clients are to use, secret."""
    next_rotations: dict[str, pulumi.Output[str]]
    """Account → day from which an `up` rotates it, for accounts that rotate by time."""

    def __init__(
        self,
        name: str,
        accounts: Sequence[Account],
        opts: pulumi.ResourceOptions | None = None,
        *,
        overlaps: bool = True,
    ) -> None:
        """Make passwords for accounts that give none, and hash all of them.

        `overlaps`: the registry can take logins in the middle of an `up`, and withdraw others at its end.
        """
        super().__init__("towpath:index:Credentials", name, {}, opts)
        self._name, self._overlaps = name, overlaps
        self.next_rotations = {}
        found = {account.name: self._account(account) for account in accounts}
        every = pulumi.Output.all(**found)
        self.logins = pulumi.Output.secret(every.apply(_logins))
        self.htpasswd = pulumi.Output.secret(every.apply(_whole))
        self.active_htpasswd = pulumi.Output.secret(every.apply(_active))
        self.register_outputs({})

    def _account(self, account: Account) -> pulumi.Output[list[Login]]:
        """Return the logins that are valid, the active one first."""
        child = pulumi.ResourceOptions(parent=self)
        wish = _wish(account, overlaps=self._overlaps)
        at = AccountRotation(f"{self._name}-{account.name}-rotation", account.name, wish, _facts(account), child)
        if account.rotate_after_days:
            self.next_rotations[account.name] = at.next_on
            if pulumi.runtime.is_dry_run():
                at.next_on.apply(partial(self._say, account.name))
        salts, passwords = {}, {}
        # Both, whatever the settings say: which one is in use may have come of a rotation that they no longer know.
        for number in SLOTS:
            keepers = {"rotation": at.number.apply(partial(_keeper, number))}
            user = slot_user(account.name, number)
            # The id of RandomBytes is its value, in plain text in the state; a salt is no secret without its hash.
            salts[str(number)] = random.RandomBytes(
                f"{self._name}-{user}-salt", length=_SALT_BYTES, keepers=keepers, opts=child
            ).base64
            if account.password is None:
                passwords[str(number)] = random.RandomPassword(
                    f"{self._name}-{user}", length=_PASSWORD_CHARACTERS, special=False, keepers=keepers, opts=child
                ).result
        parts = pulumi.Output.all(number=at.number, salts=salts, passwords=passwords)
        return pulumi.Output.secret(parts.apply(partial(_valid, account)))

    def _say(self, account: str, day: str) -> None:
        pulumi.log.info(f"account {account}: the first `up` from {day} on rotates it", self)


def _wish(account: Account, *, overlaps: bool) -> Wish:
    return Wish(
        by_hand=account.rotation,
        every_days=account.rotate_after_days,
        since=account.rotate_since or "",
        keepers=account.keepers,
        given=account.password is not None,
        previous_given=account.previous_password is not None,
        keep_previous=account.keep_previous,
        overlaps=overlaps,
    )


def _facts(account: Account) -> dict[str, Any]:
    """Return what policies judge an account by: the bcrypt cost by who made the password."""
    kinds = ["made" if account.password is None else "given"]
    if account.previous_password is not None:
        kinds.append("given")
    return {"bcrypt_cost": {kind: account.cost(given=kind == "given") for kind in kinds}}


def _keeper(number: int, rotation: float) -> str:
    return str(filled_by(number, int(rotation)))


def _valid(account: Account, parts: dict[str, Any]) -> list[Login]:
    found = []
    for slot in slots(account, int(parts["number"])):
        given, number = account.password if slot.active else account.previous_password, str(slot.number)
        password = given.get_secret_value() if given else parts["passwords"][number]
        salt = base64.b64decode(parts["salts"][number])
        found.append(Login(slot.user, password, salt, account.cost(given=given is not None)))
    return found


def _logins(accounts: dict[str, list[Login]]) -> dict[str, dict[str, str]]:
    return {name: {"username": logins[0].user, "password": logins[0].password} for name, logins in accounts.items()}


def _whole(accounts: dict[str, list[Login]]) -> str:
    return render_htpasswd([login for logins in accounts.values() for login in logins])


def _active(accounts: dict[str, list[Login]]) -> str:
    return render_htpasswd([logins[0] for logins in accounts.values()])
