"""Where a redirect or a `Location` leads. No I/O."""

from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from towpath.registry_client.endpoint import Endpoint, origin

MAX_REDIRECTS = 5
REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_READS = frozenset({"GET", "HEAD"})


class UnusableRedirectError(ValueError):
    """A redirect that may not be followed; its text says why, without the address."""


def target(method: str, current: str, location: str | None, endpoint: Endpoint) -> str:
    """Return the URL to ask next. Reads may lead to other hosts, writes may not; only HTTPS may be led to.

    Raises UnusableRedirectError.
    """
    if not location:
        raise UnusableRedirectError("it redirects without saying where to")
    url = resolved(current, location, endpoint)
    if urlsplit(url).scheme != "https":
        raise UnusableRedirectError("it redirects to plain HTTP, which is not followed")
    if method not in _READS and not endpoint.owns(url):
        raise UnusableRedirectError("it redirects a write to another host, which is not followed")
    return url


def resolved(base: str, location: str, endpoint: Endpoint) -> str:
    """Return where a `Location` or a `Link` leads, seen from `base`. Raises UnusableRedirectError."""
    try:
        url = secured(urljoin(base, location), endpoint)
        origin(url)
    except ValueError:
        raise UnusableRedirectError("it names an address that cannot be read") from None
    return url


def secured(url: str, endpoint: Endpoint) -> str:
    """Return `url` with https if it is this very registry's: behind a TLS proxy it calls itself http."""
    parts = urlsplit(url)
    upgraded = parts._replace(scheme="https").geturl()
    return upgraded if parts.scheme == "http" and endpoint.owns(upgraded) else url
