"""Environment variables of a command: the settings' own, and the previous run's output."""

from collections.abc import Mapping

PREVIOUS_STDOUT = "PULUMI_COMMAND_STDOUT"
PREVIOUS_STDERR = "PULUMI_COMMAND_STDERR"

LONGEST_VARIABLE_BYTES = 128 * 1024 - 1
"""Linux refuses to start a program with one variable longer than 32 pages (execve(2), MAX_ARG_STRLEN), NUL included."""


def previous_output(stdout: str, stderr: str, *, wanted: bool) -> dict[str, str]:
    """Name the variables that hand the previous run's output to the next run; empty outputs are left out."""
    pairs = {PREVIOUS_STDOUT: stdout, PREVIOUS_STDERR: stderr}
    return {name: value for name, value in pairs.items() if value} if wanted else {}


def too_long(variables: Mapping[str, str]) -> list[str]:
    """Names of variables that no local program can be started with."""
    return [name for name, value in variables.items() if len(f"{name}={value}".encode()) > LONGEST_VARIABLE_BYTES]
