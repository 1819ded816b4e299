"""`Credentials`: the registry's accounts, their passwords and the htpasswd file."""

import base64
from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_random as random

from towpath.accounts.slots import Slot, slots
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
    logins: pulumi.Output[dict[str, dict[str, str]]]
    """Account → `{"username", "password"}` of the slot that clients are to use, secret."""

    def __init__(self, name: str, accounts: Sequence[Account], opts: pulumi.ResourceOptions | None = None) -> None:
        """Make passwords for accounts that give none, and hash all of them."""
        super().__init__("towpath:index:Credentials", name, {}, opts)
        self._name = name
        active: dict[str, pulumi.Output[dict[str, str]]] = {}
        entries: list[pulumi.Output[Login]] = []
        for account in accounts:
            for slot in slots(account):
                given = account.password if slot.active else account.previous_password
                password = pulumi.Output.secret(given.get_secret_value()) if given else self._made(slot)
                entries.append(self._login(slot, password, account.cost(given=given is not None)))
                if slot.active:
                    active[account.name] = password.apply(partial(_as_login, slot.user))
        self.logins = pulumi.Output.secret(pulumi.Output.all(**active))
        self.htpasswd = pulumi.Output.secret(pulumi.Output.all(*entries).apply(render_htpasswd))
        self.register_outputs({})

    def _made(self, slot: Slot) -> pulumi.Output[str]:
        return random.RandomPassword(
            f"{self._name}-{slot.user}",
            length=_PASSWORD_CHARACTERS,
            special=False,
            keepers={"rotation": str(slot.rotation)},
            opts=pulumi.ResourceOptions(parent=self),
        ).result

    def _login(self, slot: Slot, password: pulumi.Output[str], cost: int) -> pulumi.Output[Login]:
        # The id of RandomBytes is its value, in plain text in the state; a salt is no secret without its hash.
        salt = random.RandomBytes(
            f"{self._name}-{slot.user}-salt",
            length=_SALT_BYTES,
            keepers={"rotation": str(slot.rotation)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.all(password, salt.base64).apply(
            lambda parts: Login(slot.user, parts[0], base64.b64decode(parts[1]), cost)
        )


def _as_login(user: str, password: str) -> dict[str, str]:
    return {"username": user, "password": password}
