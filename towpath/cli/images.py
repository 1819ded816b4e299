"""The `images` commands; `images list`, `images digest` and `images usage` are here."""

import asyncio
import json
import sys
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from towpath.cli import collecting, copying, mirroring, planning, restoring, storage
from towpath.cli.connection import Connection, OptionsError, with_connection
from towpath.cli.output import Format, print_failures, print_images, print_usage
from towpath.cli.progress import walking
from towpath.images.listing import image_rows, registry_bytes, usage_rows
from towpath.images.snapshot import Snapshot
from towpath.images.walk import Detail, Scope, walk
from towpath.oci.reference import Reference
from towpath.registry_client import manifest

app = typer.Typer(help="The images of a registry.", no_args_is_help=True)
app.command("export")(copying.export_images)
app.command("import")(copying.import_layout)
app.command("copy")(mirroring.copy_images)
app.command("plan")(planning.plan_deletion)
app.command("restore")(restoring.restore_images)
app.command("collect")(collecting.collect_garbage)

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="how to print")]
PatternOption = Annotated[
    str | None,
    typer.Option("--repository", help="only those that match, e.g. 'team/*'; unique bytes are then among them"),
]
DetailOption = Annotated[
    Detail | None, typer.Option("--detail", help="how deep to read; default: full, and tags for plain")
]


@app.command("list")
@with_connection
def list_images(
    connection: Connection, how: FormatOption = Format.TABLE, pattern: PatternOption = None, detail: DetailOption = None
) -> None:
    """List images: repositories, tags, digests, platforms, created, size, unique and shared bytes."""
    depth = detail or (Detail.TAGS if how is Format.PLAIN else Detail.FULL)
    snapshot = _read(connection, depth, pattern)
    print_images(snapshot.registry, image_rows(snapshot), how)
    _end(snapshot)


@app.command("usage")
@with_connection
def usage(
    connection: Connection,
    how: FormatOption = Format.TABLE,
    of_storage: Annotated[bool, typer.Option("--storage", help="instead: what its folder takes on the disk")] = False,
) -> None:
    """Show what each repository takes, and what of it no other repository uses."""
    if of_storage:
        storage.print_storage(connection.stack, how)
        return
    snapshot = _read(connection, Detail.FULL, None)
    print_usage(snapshot.registry, usage_rows(snapshot), registry_bytes(snapshot), how)
    _end(snapshot)


@app.command("digest")
@with_connection
def digest(
    connection: Connection,
    reference: Annotated[str, typer.Argument(help="[HOST:PORT/]NAME[:TAG]")],
    how: Annotated[Format, typer.Option("--format", "-f", help="plain, or json with what is below it")] = Format.PLAIN,
) -> None:
    """Look up the digest that a tag leads to: an index's own, not that of one of its platforms."""
    if how not in (Format.PLAIN, Format.JSON):
        raise OptionsError("a digest is printed as plain or as json")
    if how is Format.PLAIN:
        sys.stdout.write(f"{asyncio.run(_head(connection, reference))}\n")
    else:
        json.dump(asyncio.run(_described(connection, reference)), sys.stdout, indent=2)
        sys.stdout.write("\n")


def _read(connection: Connection, detail: Detail, pattern: str | None) -> Snapshot:
    async def reading() -> Snapshot:
        wanted = (lambda name: fnmatchcase(name, pattern)) if pattern else None
        async with connection.open() as session:
            with walking(f"Reading {session.registry}") as progress:
                return await walk(session, Scope(detail, wanted), progress)

    return asyncio.run(reading())


def _end(snapshot: Snapshot) -> None:
    if print_failures(snapshot.failures):
        raise typer.Exit(1)


async def _head(connection: Connection, reference: str) -> str:
    async with connection.open(reference) as session:
        named = _named(reference, session.registry)
        return (await manifest.head(session, named.repository, named.locator)).digest


async def _described(connection: Connection, reference: str) -> dict[str, object]:
    async with connection.open(reference) as session:
        named = _named(reference, session.registry)
        found = await manifest.get(session, named.repository, named.locator)
    return {
        "reference": str(named),
        "digest": found.digest,
        "media_type": found.media_type,
        "size_bytes": len(found.body),
        "manifests": [
            {"digest": child.digest, "platform": str(child.platform) if child.platform else None}
            for child in found.manifests
        ],
    }


def _named(reference: str, registry: str) -> Reference:
    named = Reference.parse(reference, registry)
    if named.registry != registry:
        raise OptionsError(f"{reference} is of another registry than {registry}; leave one of them out")
    return named
