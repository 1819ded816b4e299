"""Take passwords out of what other programs said, before it is shown."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

SHOWN = "[secret]"
"""What stands for a secret."""

_LOGIN = re.compile(r"//[^\"\n]*@")


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Replace known secrets, and whatever stands as user and password in a URL."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, SHOWN)
    return _LOGIN.sub(f"//{SHOWN}@", text)


def place_of(url: str) -> str:
    """Name a proxy by scheme, host and port alone."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "what is no URL"
    if not host:
        return "what is no URL"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
