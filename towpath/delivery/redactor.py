"""Take the secrets of a stack out of what a program prints, however they are written there."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from towpath.doctor.redaction import SHOWN

_SHORTEST_BASE64 = 6
# Shorter lines of a file, such as `apiVersion: v1`, stand everywhere.
_SHORTEST_LINE = 16
_VIOLATION = re.compile(r"(violates plan: properties changed:).*")


class Redactor:
    """Knows secrets; `line` replaces each, plain or encoded, by `[secret]`.

    The engine's message on a plan that no longer matches lists the changed values, secret ones in plain text (seen with
    3.259.0). Some of them are made during the run and known to nobody before, so that list is left out whole.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._longest_first = sorted(spellings, key=len, reverse=True)
        self._open_brackets = 0

    def line(self, text: str) -> str:
        """Return the next line of the output without the secrets. One of several lines is known by each of them."""
        # Each change of the list is KEY[VALUE], and a value may be of several lines.
        if self._open_brackets > 0:
            self._open_brackets += _opened(text)
            return ""
        if violation := _VIOLATION.search(text):
            self._open_brackets = _opened(violation[0])
            text = _VIOLATION.sub(rf"\1 {SHOWN}", text)
        # Ten thousand look-ups cost a millisecond; one pattern of as many would be tried at every character.
        found = [spelling for spelling in self._longest_first if spelling in text]
        return re.sub("|".join(re.escape(each) for each in found), SHOWN, text) if found else text


def _opened(text: str) -> int:
    return text.count("[") - text.count("]")


def _spellings(secret: str) -> Iterator[str]:
    if not secret.strip():
        return
    yield from _written(secret)
    lines = secret.splitlines()
    if len(lines) > 1:
        for line in lines:
            if len(line.strip()) >= _SHORTEST_LINE:
                yield from _written(line.strip())


def _written(text: str) -> Iterator[str]:
    yield text
    # As a JSON text has it, by Python's encoder and by Go's, which escapes what HTML would misread.
    escaped = json.dumps(text)[1:-1]
    yield escaped
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    yield quote(text, safe="")
    for encoded in _base64(text.encode()):
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def _base64(data: bytes) -> Iterator[str]:
    """Yield what base64 makes of `data` alone, and inside of a longer text, such as `user:password`.

    Three bytes are four characters, so there are three ways to lie in a longer text; characters at the ends that
    depend on the neighbours are left out.
    """
    yield b64encode(data).decode()
    for before in range(3):
        encoded = b64encode(bytes(before) + data).decode()
        inner = encoded[(0, 2, 3)[before] : len(encoded) - (0, 3, 2)[(before + len(data)) % 3]]
        if len(inner) >= _SHORTEST_BASE64:
            yield inner
