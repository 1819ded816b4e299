"""When a token ends, as far as it says so itself.

Sources: RFC 7519 section 4.1.4 (`exp` of a JWT); a password of ECR is base64 of a JSON object with `expiration`.
"""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

_JWT_PARTS = 3
_FIELDS = ("ExpiresAt", "expiresAt", "expires_at", "expiration", "expiry", "exp")


def token_expiry(token: str) -> datetime | None:
    """Return when a JWT or a password of ECR ends; None for tokens that do not say."""
    parts = token.split(".")
    holder = _object(parts[1] if len(parts) == _JWT_PARTS else token)
    return moment(holder.get("exp", holder.get("expiration")))


def answer_expiry(answer: dict[str, Any]) -> datetime | None:
    """Return what a JSON answer says beside the login, e.g. `"ExpiresAt": "2026-01-31T12:00:00Z"`."""
    return next((found for name in _FIELDS if (found := moment(answer.get(name)))), None)


def moment(value: object) -> datetime | None:
    """Read seconds since 1970 or a date of RFC 3339; None for anything else. Without a zone it is UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _object(encoded: str) -> dict[str, Any]:
    """Decode base64, of either alphabet and with or without padding, that holds a JSON object; else an empty one."""
    padded = encoded.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        found = json.loads(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
