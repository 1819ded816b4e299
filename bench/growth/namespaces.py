"""Namespaces with a pull secret, as one set, on an API server without kubelets."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.child import measured
from bench.growth.dimension import Dimension, Measure
from bench.growth.report import Measured
from bench.pull_secrets.contenders import Towpath
from bench.pull_secrets.site import Site
from lab.cluster.local_control_plane import ControlPlane
from tests.lab.stack_workspace import StackWorkspace


@contextmanager
def opened() -> Iterator[Measure]:
    """Start an API server, which gets further namespaces for each size."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, ControlPlane(Path(folder) / "api") as control_plane:
        site = Site(control_plane, Path(folder))
        contender = Towpath(site)
        yield lambda size: measure(site, contender, size)


def measure(site: Site, contender: Towpath, size: int) -> Measured:
    """Bring up, look, rotate and destroy; check that every namespace was served."""
    site.make(size)
    found: dict[str, float] = {}
    contender.prepare("first")
    found["up, seconds"], found["up, MiB"] = _run(contender.project, "up", "--yes", "--skip-preview")
    site.check(contender.name, "first", contender.served)
    found["preview, seconds"], _ = _run(contender.project, "preview")
    contender.prepare("second")
    found["rotation, seconds"], _ = _run(contender.project, "up", "--yes", "--skip-preview")
    site.check(contender.name, "second", contender.served)
    found["state, MB"] = state_bytes(contender.project) / 1e6
    contender.undo()
    site.wipe()
    return found


def _run(project: StackWorkspace, *arguments: str) -> tuple[float, float]:
    argv = ["pulumi", *arguments, "--non-interactive", "-s", project.stack]
    return measured(argv, project.folder, project.environment, project.folder / "run.log")


def state_bytes(project: StackWorkspace) -> int:
    """Return the size of a stack's state as it is stored."""
    state = Path(project.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    [path] = state.glob(f".pulumi/stacks/*/{project.stack}.json")
    return path.stat().st_size


NAMESPACES = Dimension(
    "namespaces",
    "Namespaces with a pull secret",
    "namespaces",
    (10, 50, 200, 1_000, 5_000),
    (5, 10, 20),
    opened,
    (50_000,),
)
