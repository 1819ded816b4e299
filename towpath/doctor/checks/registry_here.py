"""The registry as seen from here: whether it answers, its certificate's dates, who gets in."""

import datetime as dt
from http import HTTPStatus

from towpath.doctor.finding import Finding, fail, ok, skipped, warn
from towpath.doctor.outside import Outside, Served
from towpath.settings.certificate import Certificate

REGISTRY = "registry"
CERTIFICATE = "certificate"
ANONYMOUS = "without a password"
ACCOUNTS = "accounts"


def registry_finding(registry: str, outside: Outside, reached_from: list[str]) -> Finding:
    """Judge whether it answers here. That nodes reach it (`reached_from`) is what counts in the end."""
    if outside.trouble is None:
        return ok(REGISTRY, f"{registry} answers, certificate verified")
    found, _, way_out = outside.trouble.rpartition("; ")
    found, way_out = (found, way_out) if found else (way_out, "check the address, and that the registry runs")
    if reached_from:
        return warn(REGISTRY, f"{found} (but {', '.join(reached_from)} reaches it)", way_out)
    return fail(REGISTRY, found, way_out)


def certificate_finding(served: Served | None, settings: Certificate, now: dt.datetime, stack: str) -> Finding:
    """Judge how long it lasts."""
    if served is None:
        return skipped(CERTIFICATE, "not seen")
    left = served.not_after - now
    shown = f"until {served.not_after:%Y-%m-%d}, {left.days} days left"
    if left > dt.timedelta(days=settings.renew_before_days):
        return ok(CERTIFICATE, shown)
    if settings.source == "provided":
        return warn(CERTIFICATE, shown, "put a newer one into towpath:registry.certificate, then `pulumi up`")
    return warn(CERTIFICATE, f"{shown}: it is to be renewed", f"pulumi up -s {stack} renews it")


def anonymous_finding(outside: Outside) -> Finding:
    """Judge what is answered to somebody without a password."""
    if outside.anonymous is None:
        return skipped(ANONYMOUS, "it does not answer")
    if outside.anonymous == HTTPStatus.UNAUTHORIZED:
        return ok(ANONYMOUS, "refused (401)")
    if outside.anonymous == HTTPStatus.OK:
        return fail(
            ANONYMOUS,
            "it lets everybody in",
            "see who serves there: `pulumi up --refresh` makes the registry's own again",
        )
    return fail(ANONYMOUS, f"it answers {outside.anonymous}", "read the log of the registry's container")


def accounts_finding(outside: Outside, repair: str) -> Finding:
    """Judge the logins that clients are to use."""
    if outside.trouble is not None:
        return skipped(ACCOUNTS, "the registry does not answer")
    if not outside.accounts:
        return skipped(ACCOUNTS, "the stack has no credentials among its outputs")
    refused = {name: answer for name, answer in outside.accounts.items() if answer != HTTPStatus.OK}
    if not refused:
        return ok(ACCOUNTS, f"{', '.join(outside.accounts)} get in")
    words = ", ".join(f"{name}: {answer}" for name, answer in refused.items())
    return fail(ACCOUNTS, f"the stack's password does not get in ({words})", repair)


def cache_finding(host: str, answer: int | str, repair: str) -> Finding:
    """Judge a pull-through cache, which asks for no password."""
    check = f"cache of {host}"
    if answer == HTTPStatus.OK:
        return ok(check, "answers")
    return fail(
        check, f"it answers {answer}" if isinstance(answer, int) else answer.rpartition("; ")[0] or answer, repair
    )


def not_up(stack: str) -> Finding:
    """Say that the stack has no outputs yet."""
    return warn("stack", "it is not up yet: only its machines can be checked", f"pulumi up -s {stack}")
