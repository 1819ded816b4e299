r"""Glob patterns of `assetPaths` and `archivePaths`, and the rules in which they stand.

Syntax (github.com/gobwas/glob with separator `/`, which the official plugin uses): `*` any run without `/`, `**` any
run, `?` one character except `/`, `[abc]`, `[a-z]`, `[!abc]`, `{a,b}` alternatives (may nest), `\x` the character x.
A pattern that starts with `!` takes out what rules before it put in.
"""

import re
from collections.abc import Iterable

_ANYWHERE = {"*": "[^/]*", "?": "[^/]", "{": "(?:"}
_IN_BRACES = {"}": ")", ",": "|"}


class GlobSyntaxError(ValueError):
    """A pattern that cannot be read; the text names it."""


def translate(pattern: str) -> re.Pattern[str]:
    """Make the regular expression for one glob pattern, without a leading `!`.

    Raises `GlobSyntaxError` for an unclosed bracket or brace, or a backslash at the end.
    """
    parts: list[str] = []
    depth = position = 0
    while position < len(pattern):
        part, position, depth = _next_part(pattern, position, depth)
        parts.append(part)
    if depth:
        raise GlobSyntaxError(f"glob {pattern!r}: '{{' is not closed")
    return re.compile("".join(parts), re.DOTALL)


def _next_part(pattern: str, position: int, depth: int) -> tuple[str, int, int]:
    """Expression for what stands at `position`, the position behind it, and the depth of braces there."""
    char = pattern[position]
    if pattern.startswith("**", position):
        return ".*", position + 2, depth
    if char == "[":
        return *_character_class(pattern, position), depth
    if char == "\\":
        if position + 1 == len(pattern):
            raise GlobSyntaxError(f"glob {pattern!r}: nothing follows the last '\\'")
        return re.escape(pattern[position + 1]), position + 2, depth
    expression = _ANYWHERE.get(char) or (_IN_BRACES.get(char) if depth else None) or re.escape(char)
    return expression, position + 1, depth + (char == "{") - (char == "}" and depth > 0)


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    end = pattern.find("]", position + 2)
    if end < 0:
        raise GlobSyntaxError(f"glob {pattern!r}: '[' is not closed")
    body = pattern[position + 1 : end]
    negation, body = ("^", body[1:]) if body.startswith("!") else ("", body)
    if not body:
        raise GlobSyntaxError(f"glob {pattern!r}: '[!]' is empty")
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", body)
    try:
        re.compile(f"[{negation}{escaped}]")
    except re.error as error:
        raise GlobSyntaxError(f"glob {pattern!r}: {error.msg}") from error
    return f"[{negation}{escaped}]", end + 1


def select(paths: Iterable[str], rules: Iterable[str]) -> list[str]:
    """Choose those of `paths` (relative, with `/`) that `rules` leave in, in the order given."""
    compiled = [(rule.startswith("!"), translate(rule.removeprefix("!"))) for rule in rules]

    def is_in(path: str) -> bool:
        kept = False
        for excludes, expression in compiled:
            if expression.fullmatch(path):
                kept = not excludes
        return kept

    return [path for path in paths if is_in(path)]
