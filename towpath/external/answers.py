"""What a command printed, as a login.

Sources: docker-credential-helpers "get" (`{"ServerURL", "Username", "Secret"}`).
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from towpath.external.errors import ExternalLoginError
from towpath.external.expiry import answer_expiry, token_expiry
from towpath.external.presets import Answer

_USER_FIELDS = ("Username", "username", "user", "login")
_PASSWORD_FIELDS = ("Secret", "secret", "password", "token", "access_token", "accessToken", "refreshToken")
_LONGEST_CHARACTERS = 65536
_PAIR = 2


@dataclass(frozen=True)
class Answered:
    """A login, and when it ends if it says so."""

    username: str
    password: str = field(repr=False)
    expires: datetime | None = None


def read_answer(text: str, kind: Answer, username: str | None) -> Answered:
    """Read what a command printed. `username` of the settings stands before the command's own.

    Raises ExternalLoginError, which says what was expected and nothing of what was found.
    """
    if len(text) > _LONGEST_CHARACTERS:
        raise ExternalLoginError(f"printed more than {_LONGEST_CHARACTERS} characters, which is no login")
    found, password, expires = _fields(text.strip(), kind)
    user = username or found
    if not user:
        raise ExternalLoginError("printed no user name; set username")
    for name, value in (("user name", user), ("password", password)):
        if any(ord(character) < ord(" ") for character in value):
            raise ExternalLoginError(f"printed a {name} with a line break or a control character")
    if ":" in user:
        raise ExternalLoginError("printed a user name with a colon, which no login can carry")
    return Answered(user, password, expires or token_expiry(password))


def _fields(text: str, kind: Answer) -> tuple[str | None, str, datetime | None]:
    if not text:
        raise ExternalLoginError("printed nothing")
    if kind == "password":
        return None, text, None
    if kind == "pair":
        parts = text.split()
        if len(parts) != _PAIR:
            raise ExternalLoginError("printed something else than `USER PASSWORD`; see the key answer")
        return parts[0], parts[1], None
    answer = _object(text)
    password = _first(answer, _PASSWORD_FIELDS)
    if not password:
        raise ExternalLoginError(f"printed JSON without a password; it may be called {', '.join(_PASSWORD_FIELDS)}")
    return _first(answer, _USER_FIELDS), password, answer_expiry(answer)


def _object(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ExternalLoginError("printed something else than a JSON object; see the key answer")
    return answer


def _first(answer: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if isinstance(value := answer.get(name), str) and value), None)
