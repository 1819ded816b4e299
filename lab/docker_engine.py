"""The Docker engine of the lab: Debian's packages unpacked into the cache, never installed.

So there is no system service, no /etc/docker, no group and no clash with another Docker that is installed here.
"""

from dataclasses import dataclass
from pathlib import Path

from lab import host
from lab.cache import key, made_whole
from lab.command import run
from lab.errors import CommandError
from lab.paths import Paths
from lab.progress import Progress

PACKAGES = ("docker.io", "containerd", "runc")


@dataclass(frozen=True)
class DockerEngine:
    """The unpacked programs."""

    folder: Path

    @property
    def path(self) -> str:
        """What to put in front of PATH to run them."""
        return f"{self.folder}/usr/sbin:{self.folder}/usr/bin"

    @property
    def client(self) -> Path:
        """The `docker` program of the same version as the daemon."""
        return self.folder / "usr" / "bin" / "docker"


def locate(paths: Paths) -> DockerEngine:
    """Return where the cache has the engine, or would have it."""
    return DockerEngine(paths.cache / "docker-engine" / key(host.release(), *PACKAGES))


def ensure(paths: Paths, progress: Progress) -> DockerEngine:
    """Fetch and unpack the packages if the cache has none. Raises CommandError."""
    engine = locate(paths)
    if engine.folder.is_dir():
        return engine
    with progress.step("unpacking a Docker engine of the lab's own"), made_whole(engine.folder) as folder:
        archives = folder / "archives"
        archives.mkdir()
        try:
            run(["apt-get", "download", *PACKAGES], cwd=archives)
        except CommandError:
            run(["apt-get", "update"])
            run(["apt-get", "download", *PACKAGES], cwd=archives)
        for archive in sorted(archives.iterdir()):
            run(["dpkg-deb", "--extract", archive, folder])
            archive.unlink()
        archives.rmdir()
    return engine
