"""A login as the state keeps it, and whether it is still good for a while."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from towpath.external.answers import Answered
from towpath.external.helper import run_helper

SETTINGS = ("host", "command", "answer", "username_given", "lifetime_minutes", "timeout_seconds")
"""Inputs of which each other value means another token."""
GIVEN = "username", "password", "obtained", "expires"
"""What a command's run adds. `expires` is empty where nobody knows."""


def obtain(inputs: Mapping[str, Any], now: datetime | None = None) -> dict[str, str]:
    """Run the command and return what it gives, times as RFC 3339. Raises ExternalLoginError."""
    found = run_helper(
        inputs["host"],
        inputs["command"],
        inputs["answer"],
        inputs.get("username_given"),
        int(inputs["timeout_seconds"]),
    )
    at = now or datetime.now(UTC)
    expires = _expires(found, inputs.get("lifetime_minutes"), at)
    return {
        "username": found.username,
        "password": found.password,
        "obtained": _text(at),
        "expires": _text(expires) if expires else "",
    }


def is_due(obtained: str, expires: str, renew_after_percent: float, now: datetime | None = None) -> bool:
    """Whether the set share of a token's life is over. One that never ends, as far as is known, is never due."""
    if not expires:
        return False
    start, end = datetime.fromisoformat(obtained), datetime.fromisoformat(expires)
    return (now or datetime.now(UTC)) >= start + (end - start) * renew_after_percent / 100


def _expires(found: Answered, lifetime_minutes: float | None, now: datetime) -> datetime | None:
    if found.expires or not lifetime_minutes:
        return found.expires
    return now + timedelta(minutes=lifetime_minutes)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
