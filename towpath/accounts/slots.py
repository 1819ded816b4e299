"""Two slots an account: rotation renews the idle one, so that the old password stays valid until consumers moved.

htpasswd holds one hash a user name (the last line wins), so an overlap of two passwords takes two user names.
"""

from dataclasses import dataclass

from towpath.settings.accounts import Account

SLOTS = (1, 2)


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
        return slot_user(self.account, self.number)


def slot_user(account: str, number: int) -> str:
    """Return the user name of an account's slot."""
    return f"{account}.{number}"


def slots(account: Account, rotation: int) -> list[Slot]:
    """List the slots of an account that may log in after that many rotations, the active one first."""
    found = [_slot(account, rotation, active=True)]
    if rotation > 1 and account.keep_previous and _previous_password_known(account):
        found.append(_slot(account, rotation - 1, active=False))
    return found


def filled_by(number: int, rotation: int) -> int:
    """Return the rotation that filled a slot; 0 for one that was never used."""
    return rotation if (rotation - 1) % 2 + 1 == number else rotation - 1


def _slot(account: Account, rotation: int, *, active: bool) -> Slot:
    return Slot(account.name, (rotation - 1) % 2 + 1, rotation, active)


def _previous_password_known(account: Account) -> bool:
    """Made passwords are kept in the state; of given ones the previous must be given too."""
    return account.password is None or account.previous_password is not None
