"""The proxy, and what lies behind it or beside it: upstreams and mirrors, as a node's openssl sees them."""

from collections.abc import Mapping

from towpath.doctor.finding import Finding, fail, ok, skipped, warn
from towpath.doctor.redaction import place_of
from towpath.doctor.tls_words import TlsFinding, Trouble
from towpath.doctor.ways import Way, http_proxy, proxy_scheme
from towpath.nodes.proxy import Proxy

PROXY = "proxy"
_SERVER_FAILED = 500
_THROUGH = frozenset({None, Trouble.PROXY_REFUSED, Trouble.NOT_TLS})
"""What can only be found out through a proxy that works."""
_SETTING = "towpath:proxy.https (or http)"


def proxy_finding(proxy: Proxy, answers: Mapping[str, TlsFinding]) -> Finding:
    """Judge the proxy by all answers that came through it, or did not."""
    if http_proxy(proxy) is None:
        scheme = proxy_scheme(proxy)
        return skipped(PROXY, f"openssl goes through http:// proxies alone, this is {scheme or 'for plain HTTP only'}")
    place = place_of(proxy.https or "")
    found = {each.trouble: each for each in answers.values()}
    if Trouble.PROXY_LOGIN in found:
        return fail(PROXY, f"{place} refuses the login (407)", f"put the right user and password into {_SETTING}")
    if found.keys() & _THROUGH:
        return ok(PROXY, f"{place} answers")
    return _no_proxy(place, next(iter(answers.values()), None))


def _no_proxy(place: str, first: TlsFinding | None) -> Finding:
    if first is None or first.trouble is Trouble.TOO_OLD:
        return skipped(PROXY, first.detail if first else "nothing is reached through it")
    if first.trouble is Trouble.NAME:
        return fail(PROXY, f"the name of {place} does not resolve", "enter it in the node's DNS, or use its address")
    way_out = f"let the node reach {place}: firewall, route, and whether the proxy runs"
    return fail(PROXY, f"no connection to {place}: {first.detail}", way_out)


def way_finding(way: Way, tls: TlsFinding | None) -> Finding:
    """Judge one upstream or mirror; None: it was not asked."""
    if tls is None or tls.trouble is Trouble.TOO_OLD:
        reason = "plain HTTP, asked by the runtimes alone" if way.plain else tls.detail if tls else "not asked"
        return skipped(way.check, reason)
    if tls.trouble is None:
        return _answered(way, tls)
    place = f"{way.host}:{way.port}"
    if tls.trouble is Trouble.PROXY_REFUSED:
        return fail(way.check, f"the proxy does not let it through: {tls.detail}", f"allow {place} at the proxy")
    if way.proxied:
        return fail(way.check, f"{tls.detail} (through the proxy)", f"look at the proxy, and at {place} from there")
    first = f"enter {way.host} in the node's DNS" if tls.trouble is Trouble.NAME else f"let the node reach {place}"
    return fail(way.check, tls.detail, f"{first}, or set towpath:proxy")


def _answered(way: Way, tls: TlsFinding) -> Finding:
    through = ", through the proxy" if way.proxied else ""
    if (tls.status or 0) >= _SERVER_FAILED:
        return fail(way.check, f"{tls.detail}{through}", f"look at {way.host}: it is reached, but does not work")
    if way.verified and tls.flaw:
        return fail(way.check, f"its certificate does not hold: {tls.flaw}", "check the host's name and the clock")
    if way.verified and tls.issuer_unknown and way.ca_pem:
        return fail(way.check, "its certificate is not from the CA in the settings", f"mend {way.setting}")
    if way.verified and tls.issuer_unknown:
        return warn(way.check, "the OS does not trust its certificate", f"give its CA in {way.setting}")
    return ok(way.check, f"{tls.detail}{through}")
