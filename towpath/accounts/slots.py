"""Two slots an account: rotation renews the idle one, so that the old password stays valid until consumers moved.

htpasswd holds one hash a user name (the last line wins), so an overlap of two passwords takes two user names.
"""

from dataclasses import dataclass

from towpath.settings.accounts import Account


@dataclass(frozen=True)
class Slot:
    """One of an account's two user names, and the rotation that filled it."""

    account: str
    number: int
    """1 or 2."""
    rotation: int
    """The rotation that made this slot's password; a keeper: another number means another password."""
    active: bool
    """Whether clients are to use it; the other slot is what the last rotation left behind."""

    @property
    def user(self) -> str:
        """The user name, `ACCOUNT.NUMBER`."""
        return f"{self.account}.{self.number}"


def slots(account: Account) -> list[Slot]:
    """List the slots of an account that may log in, the active one first."""
    found = [_slot(account, account.rotation, active=True)]
    if account.rotation > 1 and account.keep_previous and _previous_password_known(account):
        found.append(_slot(account, account.rotation - 1, active=False))
    return found


def _slot(account: Account, rotation: int, *, active: bool) -> Slot:
    return Slot(account.name, (rotation - 1) % 2 + 1, rotation, active)


def _previous_password_known(account: Account) -> bool:
    """Made passwords are kept in the state; of given ones the previous must be given too."""
    return account.password is None or account.previous_password is not None
