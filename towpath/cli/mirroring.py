"""`images copy`: what `images.mirror` does for a stack, once and by hand."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.filesize import decimal

from towpath.cli.connection import Connection, OptionsError, with_connection
from towpath.cli.progress import copying
from towpath.images.errors import MirrorError
from towpath.images.mirror.copying import Copying, Outcome
from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.source import UpstreamSource
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.registry_client import docker_config
from towpath.settings.mirror import MirrorImage


@with_connection
def copy_images(
    connection: Connection,
    source: Annotated[
        str, typer.Argument(help="REGISTRY/NAME[:TAG], docker-daemon:NAME[:TAG], or a path led by / or ./")
    ],
    to: Annotated[str | None, typer.Option("--to", help="NAME[:TAG]; else as at the source")] = None,
    platform: Annotated[list[str] | None, typer.Option("--platform", help="os/architecture; else all")] = None,
    referrers: Annotated[bool, typer.Option("--referrers", help="signatures, SBOMs and the like, too")] = False,
    source_ca: Annotated[Path | None, typer.Option("--source-ca", help="PEM file of the source's CA")] = None,
) -> None:
    """Copy an image in from another registry, a file or a Docker engine; what is there already is not sent.

    The source is asked as whom `docker login` kept, and through the environment's proxy.
    """
    image = _image({"from": source, "to": to, "platforms": platform or [], "referrers": referrers})
    outcome = asyncio.run(_copy(connection, image, _ways(image, source_ca)))
    if outcome.failures:
        raise MirrorError("\n".join(outcome.failures))
    for target, digest in outcome.placed.items():
        sys.stdout.write(f"{target}@{digest}\n")
    sys.stderr.write(f"{decimal(outcome.copied_bytes)} sent\n")


async def _copy(connection: Connection, image: MirrorImage, ways: dict[str, UpstreamWay]) -> Outcome:
    async with connection.open() as session, Sources(ways, Path.cwd()) as sources:
        wanted = await resolve([image], sources)
        if problems := [each.problem for each in wanted if each.problem]:
            raise MirrorError("\n".join(problems))
        with copying(f"Copying into {session.registry}") as told:
            return await Copying(session, sources, told).run(wanted)


def _image(given: dict[str, object]) -> MirrorImage:
    try:
        return MirrorImage.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        messages = [detail["msg"].removeprefix("Value error, ") for detail in error.errors(include_url=False)]
        raise OptionsError("; ".join(messages)) from None


def _ways(image: MirrorImage, source_ca: Path | None) -> dict[str, UpstreamWay]:
    origin = image.origin
    if not isinstance(origin, UpstreamSource):
        return {}
    registry = origin.reference.registry
    login = docker_config.credentials_for(registry, os.environ)
    try:
        ca_pem = source_ca.read_text() if source_ca else None
    except (OSError, UnicodeDecodeError):
        raise OptionsError(
            f"--source-ca {source_ca}: cannot be read as PEM; name the file of the CA's certificate"
        ) from None
    return {
        registry: UpstreamWay(registry, ca_pem, login.username if login else None, login.password if login else None)
    }
