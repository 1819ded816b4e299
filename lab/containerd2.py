"""containerd 2 and crictl, built from their source modules when a node or a test asks for them, and not before."""

from dataclasses import dataclass
from pathlib import Path

from lab.cache import key, made_whole
from lab.go_build import build
from lab.paths import RECIPES, Paths
from lab.progress import Progress

MODULE = RECIPES / "go-containerd"
CONTAINERD = "github.com/containerd/containerd/v2"
VERSION = "v2.4.2"
PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr")
CRICTL = "sigs.k8s.io/cri-tools/cmd/crictl"


@dataclass(frozen=True)
class Containerd2:
    """The built programs, by the folder that has them."""

    folder: Path

    @property
    def crictl(self) -> Path:
        """The client of the container runtime interface; it speaks to containerd 1.6 as well."""
        return self.folder / "crictl"

    @property
    def node_programs(self) -> list[Path]:
        """What takes the place of Debian's containerd in a node."""
        return [self.folder / name for name in PROGRAMS]


def ensure(paths: Paths, progress: Progress) -> Containerd2:
    """Build what is not in the cache. Raises CommandError naming the log."""
    found = Containerd2(paths.cache / "containerd2" / key(MODULE, VERSION))
    if found.folder.is_dir():
        return found
    log = paths.logs / "go-build-containerd2.log"
    with (
        progress.step("building containerd 2 and crictl from their source modules"),
        made_whole(found.folder) as folder,
    ):
        for name in PROGRAMS:
            stamp = f"-X {CONTAINERD}/version.Version={VERSION}"
            build(MODULE, f"{CONTAINERD}/cmd/{name}", folder / name, log, ldflags=stamp)
        build(MODULE, CRICTL, folder / "crictl", log)
    return found
