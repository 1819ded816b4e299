"""What a request line asks for (RFC 9112, section 3.2.1), out of a URL. No I/O."""

from urllib.parse import quote, urlsplit

# What a path and a query may hold as they are (RFC 3986, sections 3.3 and 3.4).
_IN_PATH = "/%:@!$&'()*+,;=~"
_IN_QUERY = f"{_IN_PATH}?"


def escaped_path(path: str) -> str:
    """Escape what a path may not hold; what is escaped already stays as it is."""
    return quote(path, safe=_IN_PATH)


def target_of(url: str) -> str:
    """Return path and query of a URL, escaped as far as they have to be: a signature holds for what it was made for."""
    parts = urlsplit(url)
    path = escaped_path(parts.path or "/")
    return f"{path}?{quote(parts.query, safe=_IN_QUERY)}" if parts.query else path
