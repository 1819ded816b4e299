"""`images collect`."""

import asyncio
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from towpath.access.registry_access import RegistryAccess
from towpath.cli.connection import OptionsError
from towpath.cli.stack_context import StackContext, stack_context
from towpath.images.collection.collect import Collected, collect, foresee
from towpath.images.collection.performer import Tell
from towpath.images.collection.place import RegistryContainerPlace, open_site
from towpath.machines.record import to_record
from towpath.settings import Settings
from towpath.settings.files import reader


def collect_garbage(
    stack: Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack whose registry it is")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be freed, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of text")] = False,
) -> None:
    """Give back the disk of deleted images: read-only, sweep, back, look. With nothing to free, nothing is touched."""
    context = stack_context(stack)
    settings = context.settings
    place, way = _place(context)
    done = asyncio.run(_run(settings, context.access, place, way, dry_run=dry_run))
    if as_json:
        json.dump(done.to_record(), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in done.lines))


def _place(context: StackContext) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the records of where the registry runs and of the way there. Raises OptionsError where it has none."""
    settings = context.settings
    if settings.deployment is not None:
        from towpath.access.registry_in_cluster import registry_in_cluster  # noqa: PLC0415 only stacks with a cluster

        found, through = registry_in_cluster(settings, context.connections, reader(context.project))
        return found.to_record(), through.to_record()
    if settings.registry.kind != "container":
        raise OptionsError(f"stack {context.name}: it has no registry of its own (registry.kind: none)")
    node = context.connections[settings.registry_node]
    return RegistryContainerPlace.of(settings.registry).to_record(), to_record(node)


async def _run(
    settings: Settings, access: RegistryAccess, place: dict[str, Any], way: dict[str, Any], *, dry_run: bool
) -> Collected:
    wanted = settings.images.collection
    tell = _tell()
    async with open_site(place, way, wanted.timeout_minutes * 60, tell) as site:
        return await (foresee if dry_run else collect)(access, site, wanted.canary_repository, tell)


def _tell() -> Tell:
    console = Console(stderr=True, markup=False, highlight=False)
    return lambda text: console.print(text) if sys.stderr.isatty() else None
