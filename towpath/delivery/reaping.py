"""Which stacks of pull requests have had their time. Pure: a list in, a list out."""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from towpath.delivery.backend import StackSummary

_OF_PULL_REQUEST = re.compile(r"pr-(\d{1,9})")


@dataclass(frozen=True)
class Verdict:
    """Whether a stack goes, and why or why not."""

    stack: str
    goes: bool
    reason: str


def judge(
    stacks: Iterable[StackSummary], open_numbers: Collection[int] | None, now: dt.datetime, lifetime: dt.timedelta
) -> list[Verdict]:
    """Judge every stack named `pr-NUMBER`, and no other.

    `open_numbers` are the pull requests that are open; None where nobody knows, so that time alone decides. A stack's
    time counts from its last update.
    """
    return [
        _verdict(stack, int(found[1]), open_numbers, now, lifetime)
        for stack in sorted(stacks, key=lambda stack: stack.name)
        if (found := _OF_PULL_REQUEST.fullmatch(stack.name.rpartition("/")[2]))
    ]


def _verdict(
    stack: StackSummary,
    number: int,
    open_numbers: Collection[int] | None,
    now: dt.datetime,
    lifetime: dt.timedelta,
) -> Verdict:
    if stack.in_progress:
        return Verdict(stack.name, goes=False, reason="an update is under way")
    if open_numbers is not None and number not in open_numbers:
        return Verdict(stack.name, goes=True, reason=f"pull request {number} is not open")
    if stack.last_update is None:
        return Verdict(stack.name, goes=False, reason="nothing was deployed yet")
    age = now - stack.last_update
    said = f"last update {_hours(age)} h ago, lifetime {_hours(lifetime)} h"
    return Verdict(stack.name, goes=age > lifetime, reason=said)


def _hours(duration: dt.timedelta) -> int:
    return int(duration / dt.timedelta(hours=1))
