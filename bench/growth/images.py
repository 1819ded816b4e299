"""Images that are copied: small ones, since bytes are a matter of the line."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.child import measured
from bench.growth.dimension import Dimension, Measure
from bench.growth.report import Measured
from bench.images_copying.contenders import PROGRAM
from bench.images_copying.ends import Ends
from bench.images_copying.upstream import Sizes, fill
from bench.pulumi_project import PulumiProject, copy_sources
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer

_SIZES = Sizes(20_000, 5_000, 1_000)


@contextmanager
def opened() -> Iterator[Measure]:
    """Start a source, which gets further images for each size."""
    with tempfile.TemporaryDirectory(prefix="bench") as holder:
        folder = Path(holder)
        copy_sources(folder / "towpath")
        project = PulumiProject(folder / "towpath", PROGRAM)
        with RegistryServer(folder / "source", bcrypt_cost=5) as source:
            yield lambda size: measure(source, project, folder, size)


def measure(source: RegistryServer, project: PulumiProject, folder: Path, size: int) -> Measured:
    """Copy into an empty registry, and see that there is nothing more to copy."""
    digests = asyncio.run(fill(source, size, _SIZES))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=folder) as place, RegistryServer(Path(place), bcrypt_cost=5) as target:
        ends = Ends(source.host, source.ca_pem, target.host, target.ca_pem, ACCOUNT, PASSWORD, sorted(digests))
        ends.write(project.folder)
        log = folder / "run.log"
        up = project.command("up", "--yes", "--skip-preview")
        found["up, seconds"], found["up, MiB"] = measured(up, project.folder, project.environment, log)
        again = project.command("up", "--yes", "--skip-preview", "--expect-no-changes")
        found["again, seconds"], _ = measured(again, project.folder, project.environment, log)
        found["state, MB"] = project.state_bytes() / 1e6
        project.destroy()
    return found


IMAGES = Dimension(
    "images", "Images that are copied", "images", (10, 30, 100, 300, 1_000), (2, 4, 8), opened, (10_000,)
)
