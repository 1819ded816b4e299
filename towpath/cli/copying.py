"""`images export` and `images import`."""

import asyncio
import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from towpath.cli.connection import Connection, OptionsError, with_connection
from towpath.cli.output import print_failures
from towpath.cli.progress import copying, walking
from towpath.images.content import open_content
from towpath.images.export import Exported, export
from towpath.images.importing import Imported, Naming, import_images
from towpath.images.layout_folder import LayoutFolder
from towpath.images.walk import Detail, Scope, walk
from towpath.oci.reference import Reference
from towpath.registry_client.session import RegistrySession

_REFERRERS_TAG = re.compile(r"sha(256|512)-[0-9a-f]{64}")
_TAR_COPIES = 2
"""A tar archive is made of the finished folder, so that an interrupted run can go on: both are there for a while."""


@with_connection
def export_images(
    connection: Connection,
    destination: Annotated[Path, typer.Argument(help="a folder, or an archive if it ends in .tar")],
    references: Annotated[list[str] | None, typer.Argument(help="images, [HOST:PORT/]NAME[:TAG]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every tag of the registry")] = False,
) -> None:
    """Copy images out into an OCI image layout, with what refers to them. Run again, it goes on where it ended."""
    if bool(references) == everything:
        raise OptionsError("which images? name some, or give --all")
    done = asyncio.run(_export(connection, destination, references or []))
    images = "1 image" if done.images == 1 else f"{done.images} images"
    sys.stderr.write(f"{destination}: {images}, {done.blobs} blobs, {decimal(done.fetched_bytes)} fetched\n")


@with_connection
def import_layout(
    connection: Connection,
    source: Annotated[Path, typer.Argument(help="OCI image layout or `docker save` archive: a folder or a .tar")],
    name: Annotated[str | None, typer.Option("--name", help="NAME[:TAG] for an image that brings none")] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="put before every repository, e.g. mirror/")] = "",
) -> None:
    """Copy images in, with what refers to them; digests stay, and what is there already is not sent."""
    content = open_content(source)

    async def run() -> tuple[str, list[Imported]]:
        async with connection.open() as session:
            with copying(f"Copying into {session.registry}") as told:
                return session.registry, await import_images(session, content, Naming(name, prefix), told)

    registry, images = asyncio.run(run())
    for imported in images:
        mark = f":{imported.reference.tag}" if imported.reference.tag else f"@{imported.reference.digest}"
        sys.stdout.write(f"{registry}/{imported.reference.repository}{mark}\n")


async def _export(connection: Connection, destination: Path, texts: list[str]) -> Exported:
    async with connection.open(texts[0] if texts else None) as session:
        references = [_reference(text, session.registry) for text in texts] or await _every_tag(session)
        with copying(f"Copying to {destination}") as told:
            if destination.suffix != ".tar":
                return await export(session, references, destination, told)
            folder = destination.with_name(f"{destination.name}.layout")
            done = await export(session, references, folder, told, _TAR_COPIES)
            await asyncio.to_thread(_pack, folder, destination)
            return done


def _pack(folder: Path, archive: Path) -> None:
    LayoutFolder(folder).pack(archive)
    shutil.rmtree(folder)


def _reference(text: str, registry: str) -> Reference:
    reference = Reference.parse(text, registry)
    if reference.registry != registry:
        raise OptionsError(f"{text} is of another registry than {registry}; export from one registry at a time")
    if reference.tag is None and reference.digest is None:
        return Reference(registry, reference.repository, reference.locator)
    return reference


async def _every_tag(session: RegistrySession) -> list[Reference]:
    """Return every tag but the lists of referrers, which are made anew where images are copied in."""
    with walking(f"Reading {session.registry}") as progress:
        snapshot = await walk(session, Scope(Detail.TAGS), progress)
    if print_failures(snapshot.failures):
        raise OptionsError("not every repository could be read, so --all cannot be meant; name the images")
    return [
        Reference(session.registry, repository.name, tag)
        for repository in snapshot.repositories.values()
        for tag in repository.tags
        if not _REFERRERS_TAG.fullmatch(tag)
    ]
