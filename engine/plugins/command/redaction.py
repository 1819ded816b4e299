"""Secrets out of texts that people see: errors, log lines."""

import re
from collections.abc import Iterable
from functools import cached_property

MASK = "[secret]"
SHORTEST_VALUE = 4
SHORTEST_LINE = 8


class Redactor:
    """Replaces secrets in a text by `[secret]`.

    A secret of several lines is also found line by line, since output arrives in lines. Shorter values than
    `SHORTEST_VALUE` and shorter lines than `SHORTEST_LINE` characters stay: masking them would garble every text and
    protect nothing.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = {secret.strip() for secret in self._secrets if len(secret.strip()) >= SHORTEST_VALUE}
        for secret in tuple(parts):
            lines = (line.strip() for line in secret.splitlines())
            parts.update(line for line in lines if len(line) >= SHORTEST_LINE)
        longest_first = sorted(parts, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """`text` without the secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)
