"""A proxy's URL, made safe to stand in every file: user name and password percent-encoded (RFC 3986 section 3.2.1).

    http://user:p@ss w%C3%B6rd@proxy.example.com:3128  →  http://user:p%40ss%20w%C3%B6rd@proxy.example.com:3128

What stands before the last `@` is user name and password, up to and after the first `:`. `%XX` is taken as encoded
already; a `%` that is not is refused, since nobody can tell what was meant.
"""

import ipaddress
import re
from urllib.parse import quote, unquote

from towpath.nodes.errors import NodeError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_URL = re.compile(r"(?P<scheme>[A-Za-z0-9+.-]+)://(?:(?P<login>.*)@)?(?P<address>[^@]*)", re.DOTALL)
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/?")
_ENCODED_OR_NOT = re.compile(r"(%[0-9A-Fa-f]{2})")
_PORTS = 65535
_FIRST_PRINTABLE = 32
_DELETE = 127


def proxy_url(written: str) -> str:
    """Return a proxy's URL with nothing in it but letters, digits and `-._~%:@/[]`. Raises NodeError."""
    if any(ord(character) < _FIRST_PRINTABLE or ord(character) == _DELETE for character in written):
        raise NodeError("a proxy URL has a line break or another control character in it; write it on one line")
    match = _URL.fullmatch(written)
    if not match:
        raise NodeError("a proxy URL is not of the form http://[user:password@]host:port")
    scheme = match["scheme"].lower()
    if scheme not in _SCHEMES:
        raise NodeError(f"a proxy URL begins with {scheme!r}; the runtimes know {', '.join(_SCHEMES)}")
    address = _ADDRESS.fullmatch(match["address"])
    if not address or not _is_host(address["host"]):
        raise NodeError(
            "what follows the '@' of a proxy URL (or the '//') is not host:port; encode '@' and '/' in the host's place"
            if match["login"] is not None
            else "a proxy URL is not of the form http://[user:password@]host:port; it has no path, query or spaces"
        )
    if address["port"] and not 1 <= int(address["port"]) <= _PORTS:
        raise NodeError(f"a proxy URL has port {address['port']}; write one from 1 to {_PORTS}")
    login = f"{_login(match['login'])}@" if match["login"] else ""
    port = f":{address['port']}" if address["port"] else ""
    return f"{scheme}://{login}{address['host']}{port}"


def proxy_password(url: str) -> str | None:
    """Return the password of a URL from `proxy_url`, decoded, or None."""
    login, at, _ = url.partition("://")[2].rpartition("@")
    _, colon, password = login.partition(":")
    return unquote(password) if at and colon else None


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return bool(host.strip("."))
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True


def _login(login: str) -> str:
    user, colon, password = login.partition(":")
    return _encoded(user) + colon + _encoded(password)


def _encoded(text: str) -> str:
    parts = _ENCODED_OR_NOT.split(text)
    if any("%" in plain for plain in parts[::2]):
        raise NodeError("a proxy URL has a '%' that begins no %XX; write it as %25")
    return "".join(part if number % 2 else quote(part, safe="") for number, part in enumerate(parts))
