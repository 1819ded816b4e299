"""Whether a collection is due. No I/O, no clock of its own.

A collection's resource counts deletions: `deletions` is the number of runs that deleted something, `collected` the
number up to which garbage was swept, `deleted_at` when the last one that still waits was seen (ISO 8601, UTC).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

ALWAYS = "always"


def is_due(olds: Mapping[str, Any], news: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether to collect, by the outputs so far and the inputs of now. Deletions that are not known yet will come."""
    if news["when"] == ALWAYS:
        return True
    if not is_known(news["deletions"]):
        return True
    if int(news["deletions"]) == int(olds.get("collected", 0)):
        return False
    since = waiting_since(olds, news, now)
    return since is None or now >= since + dt.timedelta(hours=float(news["grace_hours"]))


def waiting_since(olds: Mapping[str, Any], news: Mapping[str, Any], now: dt.datetime) -> dt.datetime | None:
    """Return when the last deletion that is not collected was seen; None if there is none.

    A new deletion begins the time of grace anew.
    """
    deletions = int(news["deletions"])
    if deletions == int(olds.get("collected", 0)):
        return None
    if deletions == int(olds.get("deletions", 0)) and olds.get("deleted_at"):
        return dt.datetime.fromisoformat(olds["deleted_at"])
    return now


def is_known(value: object) -> bool:
    """Whether a preview knows the number already; an unknown one arrives as text."""
    return isinstance(value, int | float)
