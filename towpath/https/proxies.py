"""Which proxy a host is reached through, by the environment's own words. Only `proxy_for` asks the resolver.

HTTPS_PROXY, ALL_PROXY and NO_PROXY mean what they mean to Go's `httpproxy`, which Docker and containerd use: an entry
`.corp` stands for subdomains, `corp` for the host too, addresses and CIDRs for addresses, a port narrows, `*` is all.
Private addresses are never reached through the environment's proxy: a proxy out of a closed network does not lead in.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy_for(
    host: str, port: int, environment: Mapping[str, str], resolve: Callable[[str], list[str]] | None = None
) -> str | None:
    """Return the proxy's URL for https to `host`, or None to go straight there."""
    proxy = _first(environment, "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    if not proxy or excluded(host, port, _first(environment, "NO_PROXY", "no_proxy") or ""):
        return None
    addresses = [literal] if (literal := _address(host)) else _resolved(host, resolve or _ask_resolver)
    if addresses and not any(address.is_global for address in addresses):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def excluded(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names this host."""
    name = host.lower().rstrip(".")
    return any(_matches(name, port, entry.strip().lower()) for entry in no_proxy.split(",") if entry.strip())


def _matches(name: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    address = _address(name)
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    entry, entry_port = _split_port(entry)
    if entry_port is not None and entry_port != port:
        return False
    if address is not None or _address(entry) is not None:
        return address == _address(entry)
    domain = entry.removeprefix("*")
    return name.endswith(domain) if domain.startswith(".") else name == domain or name.endswith(f".{domain}")


def _split_port(entry: str) -> tuple[str, int | None]:
    if _address(entry) is not None:
        return entry, None
    head, colon, tail = entry.rpartition(":")
    if colon and tail.isdecimal():
        return head.strip("[]"), int(tail)
    return entry.strip("[]"), None


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _resolved(host: str, resolve: Callable[[str], list[str]]) -> list[Address]:
    if host == "localhost":
        return [ipaddress.IPv4Address("127.0.0.1")]
    try:
        found: Iterable[str] = resolve(host)
    except OSError:
        return []
    return [address for text in found if (address := _address(text.partition("%")[0]))]


def _ask_resolver(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _first(environment: Mapping[str, str], *names: str) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
