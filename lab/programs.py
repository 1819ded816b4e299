"""The Go programs of the lab, built once from their source modules: registry, crane and the test image's hello."""

from dataclasses import dataclass
from pathlib import Path

from lab.cache import key, made_whole
from lab.go_build import build
from lab.paths import RECIPES, Paths
from lab.progress import Progress

MODULE = RECIPES / "go"
REGISTRY = "github.com/distribution/distribution/v3"
REGISTRY_VERSION = "v3.1.2"
CRANE = "github.com/google/go-containerregistry/cmd/crane"


@dataclass(frozen=True)
class Programs:
    """Static programs, by the folder that has them."""

    folder: Path

    @property
    def registry(self) -> Path:
        """Upstream's registry server."""
        return self.folder / "registry"

    @property
    def crane(self) -> Path:
        """The registry client."""
        return self.folder / "crane"

    def hello(self, version: str, architecture: str = "amd64") -> Path:
        """Return the program of the test image, in one of its versions."""
        return self.folder / f"hello-{version}-{architecture}"


HELLOS = (("1", "amd64"), ("2", "amd64"), ("multi", "amd64"), ("multi", "arm64"))


def ensure(paths: Paths, progress: Progress) -> Programs:
    """Build what is not in the cache. Raises CommandError naming the log."""
    programs = Programs(paths.cache / "programs" / key(MODULE, REGISTRY_VERSION))
    if programs.folder.is_dir():
        return programs
    log = paths.logs / "go-build.log"
    with progress.step("building registry and crane from their source modules"), made_whole(programs.folder) as folder:
        version = f"-X {REGISTRY}/version.version={REGISTRY_VERSION} -X {REGISTRY}/version.mainpkg={REGISTRY}"
        build(MODULE, f"{REGISTRY}/cmd/registry", folder / "registry", log, ldflags=version)
        build(MODULE, CRANE, folder / "crane", log)
        for name, architecture in HELLOS:
            target = Programs(folder).hello(name, architecture)
            build(MODULE, "./hello", target, log, ldflags=f"-X main.version={name}", arch=architecture)
    return programs
