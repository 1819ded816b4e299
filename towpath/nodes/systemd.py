"""Files that systemd reads.

Sources: systemd.exec(5) "Environment=" and "EnvironmentFile=", systemd.syntax(7) "QUOTING".
"""

from collections.abc import Mapping

from towpath.nodes.errors import NodeError

DROP_IN = "towpath-proxy.conf"


def drop_in_path(unit: str) -> str:
    """Return the path of our drop-in for a service, e.g. `docker`."""
    return f"/etc/systemd/system/{unit}.service.d/{DROP_IN}"


def environment_drop_in(environment: Mapping[str, str]) -> str:
    """Render a drop-in that sets variables: quoted, `%` doubled since it begins a specifier. Raises NodeError."""
    lines = [f'Environment="{name}={_quoted(name, value)}"\n' for name, value in environment.items()]
    return "[Service]\n" + "".join(lines)


def environment_lines(environment: Mapping[str, str], prefix: str = "") -> tuple[str, ...]:
    """Render `NAME="value"` lines as an EnvironmentFile and a shell read alike. Raises NodeError."""
    return tuple(f'{prefix}{name}="{_shell_quoted(name, value)}"' for name, value in environment.items())


def _quoted(name: str, value: str) -> str:
    return _single_line(name, value).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _shell_quoted(name: str, value: str) -> str:
    escaped = _single_line(name, value).replace("\\", "\\\\").replace('"', '\\"')
    return escaped.replace("$", "\\$").replace("`", "\\`")


def _single_line(name: str, value: str) -> str:
    if any(character in value for character in "\n\r\0"):
        raise NodeError(f"the value of {name} has a line break or a null character; write it on one line")
    return value
