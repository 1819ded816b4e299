"""Whether a node lets us in, and as root."""

from towpath.doctor.finding import Finding, fail, ok
from towpath.errors import TowpathError
from towpath.ssh.connection import Connection
from towpath.ssh.errors import CommandFailedError, ConnectionLostError, SshError

_LONGEST = 300


def let_in(connection: Connection) -> Finding:
    """Say that it did."""
    way = f" through {connection.proxy.name}" if connection.proxy else ""
    root = "as root" if connection.sudo.kind == "none" else "root by sudo"
    return ok("ssh", f"{connection.user}@{connection.name}{way}, host key as known, {root}")


def kept_out(error: TowpathError) -> Finding:
    """Say what stood in the way; the errors carry their own way out after a semicolon."""
    text = str(error)
    if isinstance(error, SshError):
        text = text.removeprefix(f"{error.host}: ")
    line = _applier_words(text).removesuffix("; nothing was changed")[:_LONGEST]
    found, _, way_out = line.rpartition("; ")
    return fail(_check(error, line), found or line, way_out if found else "look at the machine, then run this again")


def out_of_time(seconds: float) -> Finding:
    """Say that the node took longer than it was given."""
    return fail(
        "probe",
        f"no end within {seconds:g} s",
        "see whether an `up` is going on there (its lock is waited for), or give more by --timeout",
    )


def _applier_words(text: str) -> str:
    """Return what our own script said, `towpath: HOST: …`, without what others said before; else all on one line."""
    said = [line for line in text.splitlines() if line.startswith("towpath: ")]
    return said[-1].split(": ", 2)[-1] if said else " ".join(text.split())


def _check(error: TowpathError, line: str) -> str:
    if isinstance(error, CommandFailedError):
        return "root" if "root" in line else "probe"
    return "ssh" if isinstance(error, SshError) and not isinstance(error, ConnectionLostError) else "probe"
