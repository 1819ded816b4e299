"""Every message that the page on troubleshooting quotes is one that the code can still print."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/troubleshooting.md"
GAP = "…"
_FIRST_CELL = re.compile(r"^\| `(?P<message>.+?)` \|", re.MULTILINE)
_SHELL_VALUE = re.compile(r"\$\([^()]*\)|\$\{[^}]*\}|\$\w+")


def quoted() -> list[str]:
    return [found["message"] for found in _FIRST_CELL.finditer(PAGE.read_text())]


def texts(program: ast.AST) -> Iterator[str]:
    """Yield every text of a module, with a gap for each value that is put in."""
    for node in ast.walk(program):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)


def printable() -> list[str]:
    found: list[str] = []
    for folder in ("towpath", "components", "engine", "lab", "policy"):
        for path in (ROOT / folder).rglob("*.py"):
            found += texts(ast.parse(path.read_text()))
        for path in [*(ROOT / folder).rglob("*.sh"), *(ROOT / folder).rglob("*.awk")]:
            found += _SHELL_VALUE.sub(GAP, path.read_text().replace("\\\n", "")).splitlines()
    return found


def pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in message.split(GAP)))


def test_every_quoted_message_is_in_the_code() -> None:
    known = printable()
    messages = quoted()
    assert len(messages) > 40
    gone = [message for message in messages if not any(pattern(message).search(text) for text in known)]
    assert not gone, "no code prints these any more"


def test_no_message_is_quoted_twice_or_says_nothing() -> None:
    messages = quoted()
    assert len(set(messages)) == len(messages)
    for message in messages:
        assert max(len(part) for part in message.split(GAP)) >= len(" to mend, no"), message
