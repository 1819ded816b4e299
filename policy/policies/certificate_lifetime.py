"""Certificates do not live for ever."""

from collections.abc import Iterator

from .rule import Limit, Limits, Properties, Rule, whole

HOURS_A_DAY = 24
CERTIFICATES = ("tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert")


def judge(properties: Properties, limits: Limits) -> Iterator[str]:
    """Find a certificate that lives longer than the limit of its kind."""
    limit = "max_ca_days" if properties.get("isCaCertificate") else "max_days"
    if properties["validityPeriodHours"] > limits[limit] * HOURS_A_DAY:
        yield f"`validityPeriodHours` is above {limits[limit]:g} days ({limit})"


RULE = Rule(
    name="certificate-lifetime",
    reason="A certificate ends within a year or so, a CA within ten: a stolen key is of use until then.",
    fix="lower registry.certificate.validity_days, for the CA registry.certificate.ca_validity_days",
    types=CERTIFICATES,
    reads=("isCaCertificate", "validityPeriodHours"),
    judge=judge,
    severity="medium",
    limits={
        "max_days": Limit(398, "days that a certificate lives at most", whole(1)),
        "max_ca_days": Limit(3650, "days that a CA lives at most", whole(1)),
    },
)
