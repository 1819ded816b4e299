"""How a machine is reached, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from towpath.applier.bootstrap import Sudo


@dataclass(frozen=True)
class Connection:
    """Everything an SSH connection needs. One of `private_key`, `password` and `agent` says who we are."""

    host: str
    host_key: str
    """The machine's public key as known_hosts has it, `TYPE BASE64`; nothing else is accepted."""
    port: int = 22
    user: str = "root"
    private_key: str | None = field(default=None, repr=False)
    """PEM or OpenSSH format."""
    private_key_password: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    agent: bool = False
    """Use the agent at SSH_AUTH_SOCK."""
    proxy: Connection | None = None
    """A bastion to go through."""
    sudo: Sudo = field(default_factory=Sudo)

    @property
    def name(self) -> str:
        """The machine as errors call it."""
        return self.host if self.port == 22 else f"{self.host}:{self.port}"  # noqa: PLR2004 SSH's own port
