"""What the resource of a collection does, from plain values to plain values."""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.collect import Collected, collect
from towpath.images.collection.place import open_site
from towpath.images.collection.schedule import is_due, waiting_since

Values = Mapping[str, Any]
WISH = ("registry", "place", "when", "grace_hours", "timeout_minutes", "canary_repository", "deletions")
"""The inputs that say what is wanted; `expected` beside them is for whoever reads a preview, and changes nothing."""
MEANS = ("access", "way")
"""The secret inputs, which change silently."""


def is_changed(olds: Values, news: Values, now: dt.datetime) -> bool:
    """Whether an `up` has something to do or to take down."""
    return is_due(olds, news, now) or any(olds.get(key) != news.get(key) for key in (*WISH, *MEANS))


def keep_up(olds: Values, news: Values, now: dt.datetime, tell: Callable[[str], None]) -> dict[str, Any]:
    """Collect if it is due; return all outputs. Raises CollectionError, RegistryError and SshError kinds."""
    outs = {**news, "collected": int(olds.get("collected", 0)), "deleted_at": "", "report": olds.get("report") or {}}
    if is_due(olds, news, now):
        done = run(news, tell)
        for line in done.lines:
            tell(line)
        return outs | {"collected": int(news["deletions"]), "report": {**done.to_record(), "at": _text(now)}}
    since = waiting_since(olds, news, now)
    return outs | {"deleted_at": _text(since) if since else ""}


def run(props: Values, tell: Callable[[str], None]) -> Collected:
    """Collect now."""
    return asyncio.run(_run(props, tell))


async def _run(props: Values, tell: Callable[[str], None]) -> Collected:
    access = RegistryAccess.from_record(props["access"])
    async with open_site(props["place"], props["way"], int(props["timeout_minutes"]) * 60, tell) as site:
        return await collect(access, site, props["canary_repository"], tell)


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")
