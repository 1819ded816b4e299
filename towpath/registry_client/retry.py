"""When to ask again, and how long to wait before. No I/O, no clock of its own."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential back-off with full jitter; a server's own Retry-After comes first, up to `longest_wait_seconds`."""

    attempts: int = 5
    first_wait_seconds: float = 0.25
    longest_backoff_seconds: float = 10.0
    longest_wait_seconds: float = 60.0

    def wait_seconds(
        self, attempt: int, asked_seconds: float | None, uniform: Callable[[float, float], float] = random.uniform
    ) -> float | None:
        """Return the wait after failed attempt number `attempt` (from 1); None to give up."""
        if attempt >= self.attempts:
            return None
        if asked_seconds is not None:
            return asked_seconds if asked_seconds <= self.longest_wait_seconds else None
        ceiling = min(self.longest_backoff_seconds, self.first_wait_seconds * 2 ** (attempt - 1))
        return uniform(ceiling / 4, ceiling)


def retry_after_seconds(value: str | None, now: dt.datetime) -> float | None:
    """Read a Retry-After header: seconds, or an HTTP date (RFC 9110 section 10.2.3); None for anything else."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())
