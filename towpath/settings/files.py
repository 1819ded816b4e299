"""Files that the settings name, relative to the project."""

from collections.abc import Callable
from pathlib import Path

ReadFile = Callable[[str], str]
"""Reads a file named in the settings; raises OSError, or UnicodeDecodeError where it is no text."""


def reader(project: Path) -> ReadFile:
    """Return what reads files of a project; absolute paths are read as they are."""
    return lambda path: (project / path).read_text(encoding="utf-8")
