"""The programs of the cluster: Kubernetes built once from its source module, etcd as Debian ships it, unpacked."""

from dataclasses import dataclass
from pathlib import Path

from lab import host
from lab.cache import key, made_whole
from lab.command import run
from lab.errors import CommandError
from lab.paths import RECIPES, Paths
from lab.progress import Progress

MODULE = RECIPES / "go-kubernetes"
PAUSE_MODULE = RECIPES / "cluster" / "pause"
VERSION = "v1.36.3"
MAINS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
ETCD_PACKAGES = ("etcd-server",)


@dataclass(frozen=True)
class ClusterPrograms:
    """Where the programs are: static ones of Kubernetes in one folder, etcd in its unpacked package."""

    kubernetes: Path
    etcd_tree: Path
    pause_folder: Path

    @property
    def etcd(self) -> Path:
        """The etcd server; needs nothing but libc."""
        return self.etcd_tree / "usr" / "bin" / "etcd"

    @property
    def pause(self) -> Path:
        """The one program of the image that every pod's sandbox runs."""
        return self.pause_folder / "pause"

    def kubernetes_program(self, name: str) -> Path:
        """Return one of MAINS."""
        return self.kubernetes / name


def ensure(paths: Paths, progress: Progress) -> ClusterPrograms:
    """Build or unpack what the cache does not have. Raises CommandError naming the log."""
    programs = located(paths)
    log = paths.logs / "kubernetes-build.log"
    if not programs.kubernetes.is_dir():
        what = f"building Kubernetes {VERSION} from its source module (once, some minutes)"
        with progress.step(what), made_whole(programs.kubernetes) as folder:
            _build(folder, log)
    if not programs.pause_folder.is_dir():
        with made_whole(programs.pause_folder) as folder:
            _go_build(PAUSE_MODULE, folder / "pause", ["."], "-s -w", log)
    if not programs.etcd_tree.is_dir():
        with progress.step("unpacking etcd"), made_whole(programs.etcd_tree) as folder:
            _unpack_etcd(folder)
    return programs


def located(paths: Paths) -> ClusterPrograms:
    """Tell where this version's programs belong, whether they are there or not."""
    return ClusterPrograms(
        kubernetes=paths.cache / f"kubernetes-{key(MODULE, VERSION)}",
        etcd_tree=paths.cache / f"etcd-{key(host.release(), *ETCD_PACKAGES)}",
        pause_folder=paths.cache / f"pause-{key(PAUSE_MODULE)}",
    )


def _build(folder: Path, log: Path) -> None:
    major, minor, _ = VERSION.removeprefix("v").split(".")
    stamps = {"gitVersion": VERSION, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    marks = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamps.items())
    packages = [f"k8s.io/kubernetes/cmd/{name}" for name in MAINS]
    _go_build(MODULE, f"{folder}/", packages, f"-s -w {marks}", log)


def _go_build(module: Path, target: Path | str, packages: list[str], ldflags: str, log: Path) -> None:
    env = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    flags = ["-trimpath", "-buildvcs=false", "-tags", "grpcnotrace", "-ldflags", ldflags]
    run(["go", "build", *flags, "-o", target, *packages], env=env, cwd=module, log=log)


def _unpack_etcd(folder: Path) -> None:
    archives = folder / "archives"
    archives.mkdir()
    try:
        run(["apt-get", "download", *ETCD_PACKAGES], cwd=archives)
    except CommandError:
        run(["apt-get", "update"])
        run(["apt-get", "download", *ETCD_PACKAGES], cwd=archives)
    for archive in sorted(archives.iterdir()):
        run(["dpkg-deb", "--extract", archive, folder])
        archive.unlink()
    archives.rmdir()
