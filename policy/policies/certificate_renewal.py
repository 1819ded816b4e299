"""Certificates are renewed while there is time."""

from collections.abc import Iterator

from .certificate_lifetime import CERTIFICATES, HOURS_A_DAY
from .rule import Limit, Limits, Properties, Rule, whole

_SHARE = 3
"""A third of its life is enough for a certificate that lives for days."""


def judge(properties: Properties, limits: Limits) -> Iterator[str]:
    """Find a certificate that an `up` renews too late."""
    window = properties.get("earlyRenewalHours") or 0
    if window < min(limits["min_days"] * HOURS_A_DAY, properties["validityPeriodHours"] / _SHARE):
        yield f"`earlyRenewalHours` is below {limits['min_days']:g} days (min_days), and below a third of the lifetime"


RULE = Rule(
    name="certificate-renewal",
    reason="A certificate is renewed well before it ends: else one missed `up` stops every pull.",
    fix="raise registry.certificate.renew_before_days",
    types=CERTIFICATES,
    reads=("earlyRenewalHours", "validityPeriodHours"),
    judge=judge,
    severity="high",
    limits={"min_days": Limit(14, "days before its end from which an `up` renews a certificate", whole())},
)
