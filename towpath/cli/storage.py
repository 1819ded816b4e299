"""What a registry's storage takes on its disk, measured there."""

import asyncio
import json
import shlex
import sys

from rich.filesize import decimal

from towpath.cli.connection import OptionsError
from towpath.cli.output import Format
from towpath.cli.stack_context import stack_context
from towpath.ssh.connection import Connection

_MEASURE_SECONDS = 1800
_ROOT = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}


def print_storage(stack: str | None, how: Format) -> None:
    """Print bytes and folder of a stack's registry container, garbage and unfinished uploads included.

    Raises OptionsError where there is no such folder, SshError where its node cannot be asked.
    """
    if stack is None:
        raise OptionsError("--storage is measured on the registry's node; give its stack with -s STACK")
    context = stack_context(stack)
    settings = context.settings
    if settings.registry.kind != "container":
        raise OptionsError(
            f"stack {context.name}: its registry is no container on a node, so there is no folder to measure"
        )
    node, folder = settings.registry_node, settings.registry.storage_folder
    used_bytes = asyncio.run(_measure(context.connections[node], folder))
    if how is Format.JSON:
        json.dump({"node": node, "folder": folder, "bytes": used_bytes}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif how is Format.CSV:
        sys.stdout.write(f"node,folder,bytes\n{node},{folder},{used_bytes}\n")
    elif how is Format.PLAIN:
        sys.stdout.write(f"{used_bytes}\t{folder}\n")
    else:
        sys.stdout.write(f"{decimal(used_bytes)} ({used_bytes:,} bytes) in {folder} on {node}\n")


async def _measure(machine: Connection, folder: str) -> int:
    from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

    # POSIX du counts blocks; with the number of bytes in a file it would tell less than what the disk has lost.
    command = f"{_ROOT[machine.sudo.kind]}du -sk -- {shlex.quote(folder)}"
    ran = await run(machine, command, machine.sudo.line, _MEASURE_SECONDS)
    return int(ran.stdout.split()[0]) * 1024
