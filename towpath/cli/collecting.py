"""`images collect`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from towpath.access.registry_access import RegistryAccess
from towpath.cli import stack_output
from towpath.cli.connection import OptionsError
from towpath.doctor import pulumi
from towpath.images.collection.collect import Collected, collect, foresee
from towpath.images.collection.performer import Tell
from towpath.images.collection.place import RegistryContainerPlace, open_site
from towpath.machines.connections import connections
from towpath.machines.record import to_record
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection


def collect_garbage(
    stack: Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack whose registry it is")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be freed, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of text")] = False,
) -> None:
    """Give back the disk of deleted images: read-only, sweep, back, look. With nothing to free, nothing is touched."""
    project = pulumi.project_folder(Path.cwd())
    settings = load_settings(pulumi.raw_configuration(project, stack), pulumi.reader(project))
    if settings.registry.kind != "container":
        raise OptionsError(
            f"stack {stack}: its registry is no container of it (registry.kind: {settings.registry.kind})"
        )
    outputs = stack_output.parse(pulumi.outputs(project, stack), stack)
    reachable = connections(settings.nodes, pulumi.reader(project))
    node = reachable[settings.registry_node]
    done = asyncio.run(_run(settings, _access(settings, outputs, node), node, dry_run=dry_run))
    if as_json:
        json.dump(done.to_record(), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in done.lines))


async def _run(settings: Settings, access: RegistryAccess, node: Connection, *, dry_run: bool) -> Collected:
    wanted = settings.images.collection
    place = RegistryContainerPlace.of(settings.registry).to_record()
    tell = _tell()
    async with open_site(place, to_record(node), wanted.timeout_minutes * 60, tell) as site:
        return await (foresee if dry_run else collect)(access, site, wanted.canary_repository, tell)


def _access(settings: Settings, outputs: stack_output.StackOutputs, node: Connection) -> RegistryAccess:
    login = outputs.account()
    if login is None:
        raise OptionsError("the stack exports no account of its registry; run `pulumi up`")
    address = settings.registry_address(settings.registry_node)
    return RegistryAccess(
        outputs.registry.host,
        login.username,
        login.password,
        outputs.registry.ca_pem,
        (address, settings.registry_port) if address else None,
        node if settings.registry.access == "ssh" else None,
    )


def _tell() -> Tell:
    console = Console(stderr=True, markup=False, highlight=False)
    return lambda text: console.print(text) if sys.stderr.isatty() else None
