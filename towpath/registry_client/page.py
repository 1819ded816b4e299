"""Lists in pages, followed by their `Link` header (OCI distribution specification 1.1, "Listing Tags"; RFC 8288)."""

import re
from collections.abc import AsyncIterator
from typing import Any

from towpath.registry_client.errors import ProtocolError
from towpath.registry_client.session import Call, RegistrySession

PAGE_ENTRIES = 1000
"""The largest page: above its `catalog.maxentries`, 1000 unless set otherwise, a registry answers 400."""

_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)')
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?\s*(?:;|$)', re.IGNORECASE)


async def pages(session: RegistrySession, call: Call) -> AsyncIterator[dict[str, Any]]:
    """Give each page's document. A next page elsewhere than on this registry, or one seen before, is an error."""
    seen = set()
    path: str | None = call.path
    while path is not None:
        if path in seen:
            raise session.error(ProtocolError, call.what, "its next page is one that was there already")
        seen.add(path)
        answer = await session.send(Call(call.method, path, call.what, call.scopes, call.headers))
        yield dict(answer.json(call.what, session.registry))
        link = next_link(answer.headers.each("link"))
        path = session.resolved(answer.url, link, call.what) if link else None
        if path is not None and not session.endpoint.owns(path):
            raise session.error(ProtocolError, call.what, "its next page is on another host, which is not followed")


def next_link(headers: list[str]) -> str | None:
    """Return the target of the link whose relation is `next`."""
    found = (match for header in headers for match in _LINK.finditer(header))
    return next((match[1] for match in found if _NEXT.search(match[2])), None)


def strings(session: RegistrySession, what: str, document: dict[str, Any], key: str) -> list[str]:
    """Return the list of strings under `key`; null and a missing key are an empty list, as registries mean them."""
    entries = document.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise session.error(ProtocolError, what, f"{key} is no list of strings")
    return entries
