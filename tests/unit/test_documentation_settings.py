"""Every setting and command that a page names is one that there is."""

import re
from pathlib import Path

import typer.main

from towpath.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in (ROOT / "docs").glob("*.md") if path.name != "settings.md"]
_KEY = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
_GROUPS = "proxy|nodes|registry|accounts|images|trust|cluster|external_registries|namespaces"
_NAMED = re.compile(rf"`((?:towpath:)?(?:{_GROUPS})(?:\[\])?\.[a-z_.\[\]]+)`")
_COMMAND = re.compile(r"python -m towpath ([a-z]+(?: [a-z]+)?)")
OUTPUTS = {"registry.kept_claims", "images.collected"}


def test_every_setting_that_a_page_names_is_in_the_reference() -> None:
    known = set(_KEY.findall((ROOT / "docs/settings.md").read_text()))
    unknown = []
    for page in PAGES:
        for name in _NAMED.findall(page.read_text()):
            key = name.removeprefix("towpath:").rstrip(".")
            if key not in OUTPUTS and key not in known and not any(each.endswith(f".{key}") for each in known):
                unknown.append(f"{page.name}: {name}")
    assert not unknown


def commands() -> set[str]:
    """Return every command of the command line by its words."""
    found: set[str] = set()
    for name, command in typer.main.get_group(app).commands.items():
        found |= {name, *(f"{name} {below}" for below in getattr(command, "commands", {}))}
    return found


def test_every_command_that_a_page_names_is_one() -> None:
    known = commands()
    for page in PAGES:
        for words in _COMMAND.findall(page.read_text()):
            assert words in known or words.partition(" ")[0] in known, f"{page.name}: python -m towpath {words}"
            if words.startswith("images "):
                assert words in known, f"{page.name}: python -m towpath {words}"


def test_the_page_of_commands_has_every_command() -> None:
    text = (ROOT / "docs/commands.md").read_text()
    for words in commands() - {"images"}:
        assert f"`{words}`" in text, words
