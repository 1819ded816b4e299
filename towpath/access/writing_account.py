"""As whom images are written to the stack's registry."""

from collections.abc import Collection, Iterable

from towpath.settings.accounts import Account

_ROLES = ("admin", "push", "pull")


def writing_account(accounts: Iterable[Account], known: Collection[str] | None = None) -> str:
    """Return an account for administration, else for pushing.

    `known` are those that the registry has by now, where the settings may say others; with none in both, one of it.
    """
    ranked = sorted(accounts, key=lambda account: _ROLES.index(account.role))
    names = [account.name for account in ranked if known is None or account.name in known]
    return names[0] if names or known is None else min(known)
