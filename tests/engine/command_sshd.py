"""A real OpenSSH server of a test's own: its keys, its log, on a free port of the loopback device."""

from __future__ import annotations

import getpass
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SSHD = Path("/usr/sbin/sshd")
PRIVILEGE_SEPARATION = Path("/run/sshd")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key pair; the public half is beside it with the suffix `.pub`."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@dataclass
class Sshd:
    """A running server, and how to log in to it."""

    folder: Path
    port: int
    key: Path
    host_key: str
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def connection(self, **more: Any) -> dict[str, Any]:
        """The `connection` property in the schema's names, with the host key checked; a None takes a setting away."""
        settings = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "privateKey": self.key.read_text(),
            "hostKey": self.host_key,
            "dialErrorLimit": 1,
            **more,
        }
        return {name: value for name, value in settings.items() if value is not None}


def serve(folder: Path, *, settings: str = "", key: Path | None = None) -> Iterator[Sshd]:
    """Start a server below `folder` and stop it afterwards; `key` may log in, or a new one."""
    assert SSHD.exists(), "these tests need OpenSSH's server: apt-get install openssh-server"
    folder.mkdir(parents=True)
    PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    host_key = make_key(folder / "host_key")
    login_key = key or make_key(folder / "login_key")
    (folder / "authorized_keys").write_text(login_key.with_suffix(".pub").read_text())
    port = free_port()
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\nLogLevel VERBOSE\n"
        f"Subsystem sftp internal-sftp\nAcceptEnv ACCEPTED_* PULUMI_COMMAND_STDOUT\n{settings}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stderr=log)
    server = Sshd(folder, port, login_key, host_key.with_suffix(".pub").read_text().strip(), process)
    try:
        _await_port(server)
        yield server
    finally:
        process.terminate()
        process.wait()


def _await_port(server: Sshd) -> None:
    for _ in range(200):
        assert server.process.poll() is None, server.log
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(server.log)
