"""`AccountRotation`: where an account stands in its rotation, kept in the state.

The step is taken in `check`, which sees what the state has and what the settings want: so the new number is an input,
and a preview knows it, with the user names that follow from it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from towpath.accounts.rotation import RotationError, Wish, first, following, from_record, to_record

WISH = ("account", "wish")
"""What the program gives; all else is found by `check`."""
UNCOMPARED = ("__provider", "facts")
"""The inputs that make no change: facts are for policies."""


class AccountRotationProvider(ResourceProvider):
    """Counts. Nothing is connected to."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Go one step further where it is time, and refuse two."""
        given = {key: news[key] for key in (*WISH, "facts") if key in news}
        wish, today = _wish(news["wish"]), datetime.now(UTC).date()
        try:
            at = following(from_record(_olds), wish, today) if _olds.get("number") else first(wish, today)
        except RotationError as error:
            return CheckResult({**news}, [CheckFailure("wish", f"the account {news['account']}: {error}")])
        return CheckResult({**given, **to_record(at)}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where anything differs; nothing replaces."""
        changed = any(_olds.get(key) != value for key, value in _news.items() if key not in UNCOMPARED)
        return DiffResult(changes=changed, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take it down."""
        return CreateResult(props["account"], props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take it down."""
        return UpdateResult(_news)


class AccountRotation(Resource, module="accounts", name="AccountRotation"):
    """The number of an account's rotation."""

    number: pulumi.Output[int]
    next_on: pulumi.Output[str]
    """The day from which an `up` rotates it; empty: only by hand or keepers."""

    def __init__(
        self, name: str, account: str, wish: Wish, facts: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        """Register what the settings want; `facts` are plain, and for policies alone."""
        wished = {**vars(wish), "keepers": dict(wish.keepers) if wish.keepers else None}
        given = {"account": account, "wish": wished, "facts": dict(facts)}
        super().__init__(AccountRotationProvider(), name, {**given, "number": wish.by_hand, "next_on": ""}, opts)


def _wish(record: dict[str, Any]) -> Wish:
    days = record.get("every_days")
    return Wish(
        by_hand=int(record["by_hand"]),
        every_days=int(days) if days else None,
        since=record.get("since") or "",
        keepers=record.get("keepers"),
        given=bool(record.get("given")),
        previous_given=bool(record.get("previous_given")),
        keep_previous=bool(record.get("keep_previous", True)),
        overlaps=bool(record.get("overlaps", True)),
    )
