"""A container in the applier's terms: what to create, which ports to look at, how to ask it."""

import hashlib
import ipaddress
import json
import re

from towpath.applier.actors import Container, HttpsCheck, Port
from towpath.applier.errors import DocumentError


def container_hash(container: Container) -> str:
    """Digest of what makes the container up: another one means that it is replaced."""
    parts = [container.image, container.options, [_publish(port) for port in container.ports], container.command]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def container_fields(container: Container) -> tuple[str, str | None, str | None, str | None]:
    """Return the contents of a container's line: arguments, ports, check, credentials of the check."""
    options = [*container.options, *(f"--publish={_publish(port)}" for port in container.ports)]
    lines = [f"o {option}" for option in options] + [f"c {argument}" for argument in container.command]
    if any("\n" in line for line in lines):
        raise DocumentError(f"the container {container.name!r} has an argument with a line break")
    ports = "".join(f"{port.address or '0.0.0.0'} {port.host}\n" for port in container.ports) or None  # noqa: S104
    arguments = "".join(f"{line}\n" for line in lines)
    if container.check is None:
        return arguments, ports, None, None
    return arguments, ports, check_lines(container.check), container.check.authorization


def _publish(port: Port) -> str:
    return f"{_bracketed(port.address)}:{port.host}:{port.container}".removeprefix(":")


def check_lines(check: HttpsCheck) -> str:
    """Write down where a check goes and what it verifies; the credentials travel apart."""
    kind = "-verify_ip" if _is_address(check.server) else "-verify_hostname"
    fields = {
        "server": _bracketed(check.server),
        "identity": f"{kind} {check.server}",
        "connect": _bracketed(check.connect),
        "port": str(check.port),
        "path": check.path,
        "ca": check.ca,
    }
    if bad := [key for key, value in fields.items() if re.search(r"\s", value.replace(" ", "", key == "identity"))]:
        raise DocumentError(f"the check of {check.server!r} has a blank or a line break in its {bad[0]}")
    return "".join(f"{key} {value}\n" for key, value in fields.items())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
