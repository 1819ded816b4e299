"""A node's clock against ours: certificates hold only between two dates."""

import datetime as dt

from towpath.doctor.finding import Finding, fail, ok, warn
from towpath.doctor.outside import Served

_CHECK = "clock"
_WARN_SECONDS = 5
_FAIL_SECONDS = 300
_WAY_OUT = "let the node keep time by NTP (timedatectl set-ntp true), towards a server it can reach"


def skew_seconds(node: tuple[int, int], here: tuple[float, float]) -> float:
    """Return how far the node is ahead of us (negative: behind), as little as the times allow.

    `node` is its clock at the begin and end of the probe, in whole seconds; `here` is ours before and after.
    """
    at_most = node[0] + 1 - here[0]
    at_least = node[1] - here[1]
    if at_least > 0:
        return at_least
    return min(at_most, 0.0)


def clock_finding(skew: float, here: dt.datetime, served: Served | None) -> Finding:
    """Judge a skew, also against the certificate that the registry shows."""
    size = abs(skew)
    shown = f"{size:.0f} s {'ahead' if skew > 0 else 'behind'}"
    there = here + dt.timedelta(seconds=skew)
    if served and served.not_before <= here <= served.not_after and not served.not_before <= there <= served.not_after:
        return fail(_CHECK, f"{shown}: to this node the registry's certificate is not in force", _WAY_OUT)
    if size > _FAIL_SECONDS:
        return fail(_CHECK, shown, _WAY_OUT)
    return warn(_CHECK, shown, _WAY_OUT) if size > _WARN_SECONDS else ok(_CHECK, "as ours")
