"""Files that a command left, as `assetPaths` and `archivePaths` name them."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.plugins.command import globs
from engine.plugins.command.errors import OutputFilesError

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OutputFile:
    """`path` to open the file by, and the SHA-256 of its content in hexadecimal digits."""

    path: str
    sha256: str


def find(directory: str, rules: Sequence[str]) -> dict[str, OutputFile]:
    """Files below `directory` that `rules` choose, by their path relative to it, sorted.

    Folders are never results, nor are links to folders. Raises `OutputFilesError` for a bad pattern or an unreadable
    file.
    """
    try:
        chosen = globs.select(_files(directory), rules)
        return {path: _output_file(os.path.join(directory, path)) for path in sorted(chosen)}  # noqa: PTH118
    except globs.GlobSyntaxError as error:
        raise OutputFilesError(str(error)) from error
    except OSError as error:
        raise OutputFilesError(f"cannot read {error.filename}: {error.strerror}") from error


def _files(directory: str) -> Iterator[str]:
    def fail(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(directory, onerror=fail):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                yield path.relative_to(directory).as_posix()


def _output_file(path: str) -> OutputFile:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return OutputFile(path=path, sha256=digest.hexdigest())
