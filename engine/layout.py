"""Where the embedded engine keeps its files."""

from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """Paths of one checkout's engine.

    `state` is the checkout's own folder for what is made, mode 0700; `home` is `PULUMI_HOME` (plugins, credentials,
    workspaces); `cache` is shared by all checkouts of a user and outlives them.
    """

    checkout: Path = CHECKOUT
    state: Path = CHECKOUT / ".towpath"
    home: Path = CHECKOUT / ".towpath" / "pulumi"
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "towpath" / "engine")

    @property
    def bin(self) -> Path:
        """Folder for PATH: the CLI with the language host beside it, as in an official installation."""
        return self.state / "engine" / "bin"

    @property
    def choice(self) -> Path:
        """What `install` chose, for `env`."""
        return self.state / "engine" / "choice.json"

    @property
    def python(self) -> Path:
        """The interpreter that runs language host and plugins."""
        return self.checkout / ".venv" / "bin" / "python"

    @property
    def plugins(self) -> Path:
        """Where the engine looks for resource plugins."""
        return self.home / "plugins"

    @property
    def cli_module(self) -> Path:
        """The Go module that pins the CLI and its dependencies."""
        return self.checkout / "engine" / "cli"
