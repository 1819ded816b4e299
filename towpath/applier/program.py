"""The applier's program text: the files of `script/`, joined in a fixed order into one POSIX sh script."""

import functools
from importlib import resources

_SHELL_PARTS = (
    "prelude", "document", "lock", "target", "plan", "merge", "trust", "stage", "restore", "trigger", "service",
    "container", "container_swap", "https", "check", "discover",
)  # fmt: skip
_AWK_PROGRAMS = {
    "json": ("text", "json", "json_edit"),
    "toml": ("text", "toml", "toml_edit"),
    "block": ("text", "block"),
}

MARK = "#DOCUMENT"
"""The script's last line; what stands behind it is the document."""


def awk_program(name: str) -> str:
    """Return the awk program that edits one kind of file: json, toml or block."""
    return "".join(_part(f"{source}.awk") for source in _AWK_PROGRAMS[name])


@functools.cache
def program() -> str:
    """Return the whole script, the same for every machine and document. It ends in the line `MARK`.

    Comments are left out: the text travels with every run. The awk programs become shell functions `awk_NAME` that
    print them.
    """
    parts = [_part(f"{name}.sh") for name in _SHELL_PARTS]
    parts += [f"awk_{name}() {{\ncat <<'AWK'\n{awk_program(name)}AWK\n}}\n" for name in _AWK_PROGRAMS]
    return "".join([*parts, _part("main.sh")])


@functools.cache
def unite_program() -> str:
    """Return a script of its own, which adds lines to a file under the applier's lock. It ends in the line `MARK`."""
    return "".join(_part(f"{name}.sh") for name in ("prelude", "lock", "unite"))


def _part(name: str) -> str:
    # Indentation goes too: the text stands in every machine's state. No line of it depends on its own.
    text = resources.files("towpath.applier").joinpath("script", name).read_text(encoding="utf-8")
    return "".join(line.lstrip() for line in text.splitlines(keepends=True) if _counts(line.strip()))


def _counts(line: str) -> bool:
    return line == MARK or line.startswith("#!") or (bool(line) and not line.startswith("#"))
