"""Runs the applier's awk programs on texts, as the script does, with each awk that is here."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from towpath.applier.entries import Block, JsonKeys, TomlKeys
from towpath.applier.operations import operations
from towpath.applier.program import awk_program

AWKS = (("mawk",), ("gawk",), ("busybox", "awk"))
_KINDS = {JsonKeys: "json", TomlKeys: "toml", Block: "block"}


@dataclass(frozen=True)
class Merged:
    """What a run gave: `text` is None where it refused, and then `error` says why."""

    text: str | None
    error: str


def edit(
    awk: tuple[str, ...], mode: str, entry: JsonKeys | TomlKeys | Block, base: str | None, original: str | None = None
) -> Merged:
    """Run one mode (merge, unmerge, status) of an entry's program on `base`; None is a file that is missing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program").write_text(awk_program(_KINDS[type(entry)]))
        (folder / "operations").write_text(operations(entry).text)
        arguments = [mode, str(folder / "operations")]
        for label, text in (("base", base), ("original", original)):
            if text is None:
                arguments += ["", ""]
            else:
                (folder / label).write_bytes(text.encode())
                arguments += [str(folder / label), "yes" if text.endswith("\n") else ""]
        done = subprocess.run(
            [*awk, "-f", str(folder / "program"), *arguments, "node"],
            capture_output=True,
            check=False,
            timeout=60,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )
    if done.returncode:
        return Merged(None, done.stderr.decode())
    assert done.stderr == b"", done.stderr
    return Merged(done.stdout.decode(), "")


def status(awk: tuple[str, ...], entry: JsonKeys | TomlKeys | Block, base: str | None) -> dict[str, str]:
    """What the program says of each key: as wished, missing or differs."""
    text = edit(awk, "status", entry, base).text
    assert text is not None
    digests = operations(entry).digests
    return {key: "as wished" if digest == digests[key] else digest for key, digest in map(str.split, text.splitlines())}
