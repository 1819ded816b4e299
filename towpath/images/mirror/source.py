"""Where an image comes from, as one text: an upstream registry, a file, or a Docker engine. No I/O."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from towpath.oci.reference import Reference

_DOCKER_ENGINE = "docker-daemon:"


@dataclass(frozen=True, slots=True)
class UpstreamSource:
    """A repository of another registry. With neither tag nor digest it is `latest`, or the tags chosen beside it."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class FileSource:
    """An OCI image layout or what `docker save` writes: a folder or a tar archive, relative to the project."""

    path: str


@dataclass(frozen=True, slots=True)
class EngineSource:
    """An image of the Docker engine that DOCKER_HOST names, or of this machine's own."""

    name: str


Source = UpstreamSource | FileSource | EngineSource


def parse_source(text: str) -> Source:
    """Read `text`: `docker-daemon:NAME[:TAG]`, a path led by `/`, `./` or `../`, else an image reference.

    Raises InvalidReferenceError, and ValueError for a text that is none of the three.
    """
    if text.startswith(_DOCKER_ENGINE):
        name = text.removeprefix(_DOCKER_ENGINE)
        if Reference.parse(name).digest:
            raise ValueError("names an image of the Docker engine by digest; name it by its tag")
        return EngineSource(name)
    if text.startswith(("/", "./", "../")):
        return FileSource(str(PurePosixPath(text)))
    return UpstreamSource(Reference.parse(text))
