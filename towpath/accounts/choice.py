"""Which account nodes and namespaces pull with, where the settings do not say."""

from collections.abc import Sequence

from towpath.settings.accounts import Account


def pulling_account(accounts: Sequence[Account]) -> str:
    """Return the name of the first account for pulling; where there is none, of the first."""
    return next((each.name for each in accounts if each.role == "pull"), accounts[0].name)
