"""The program that looks at one node from inside: the files of `script/`, joined, with the questions behind them."""

import functools
from importlib import resources

from towpath.applier.bootstrap import Sudo, discover_command
from towpath.applier.program import MARK
from towpath.doctor.questions import Questions

_PARTS = ("prelude", "machine", "network", "main")


@functools.cache
def program() -> str:
    """Return the script, the same for every node. It ends in the line `MARK`; the questions follow it."""
    # Where containerd reads hosts.toml from is the applier's knowledge.
    texts = [_text("towpath.applier", "trust"), *(_text("towpath.doctor", part) for part in _PARTS)]
    return "\n".join([*texts, f"exit\n{MARK}\n"])


def probe_command(sudo: Sudo) -> str:
    """Run a program that comes by standard input: the applier's own way, which hands it the verb `discover`."""
    return discover_command(sudo)


def probe_stdin(questions: Questions, sudo: Sudo) -> str:
    """Return what goes to the command's standard input. It holds secrets."""
    return sudo.line + program() + questions.render()


def _text(package: str, name: str) -> str:
    return resources.files(package).joinpath("script", f"{name}.sh").read_text(encoding="utf-8")
