"""The images of the lab, each made once in the lab's own dockerd and tagged with a hash of what makes it."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import host
from lab.cache import key, made_whole
from lab.containerd2 import Containerd2
from lab.docker_client import Docker
from lab.errors import CommandError
from lab.paths import RECIPES, Paths
from lab.programs import HELLOS, Programs
from lab.progress import Progress

DOCKERFILES = RECIPES / "images"
NODE_PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "busybox", "ca-certificates"),
    *("containerd", "docker.io", "containernetworking-plugins"),
    *("iproute2", "iptables", "conntrack", "ethtool", "socat", "kmod", "mount"),
)
SQUID_PACKAGES = ("squid", "ca-certificates")
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


@dataclass(frozen=True)
class Archives:
    """The Docker archives of the cache, and what makes them."""

    folder: Path
    key: str

    @property
    def registry(self) -> Path:
        """The image registry:3."""
        return self.folder / "registry-3.tar"

    @property
    def hello(self) -> Path:
        """The image hello:1."""
        return self.folder / "hello.tar"

    @property
    def upstream_names(self) -> dict[Path, str]:
        """Under which name the upstream registry has each."""
        others = {self.folder / f"hello-{tag}.tar": f"hello:{tag}" for tag in ("2", "multi-amd64", "multi-arm64")}
        return {self.registry: "library/registry:3", self.hello: "hello:1", **others}


@dataclass(frozen=True)
class ImageBuilder:
    """Makes images in one daemon, from one cache."""

    paths: Paths
    docker: Docker
    progress: Progress

    def ensure_node(self) -> str:
        """Make the node image; return its tag."""
        return self._ensure_on_base("node", NODE_PACKAGES)

    def ensure_squid(self) -> str:
        """Make the proxy's image; return its tag."""
        return self._ensure_on_base("squid", SQUID_PACKAGES)

    def ensure_registry(self, programs: Programs, base: str) -> str:
        """Make an image of upstream's registry server, with the CA certificates of `base`; return its tag."""
        return self._ensure("registry", base, {"registry": programs.registry})

    def ensure_node_containerd2(self, base: str, containerd: Containerd2) -> str:
        """Make an image of a node, `base`, with containerd 2; return its tag."""
        return self._ensure("node-containerd2", base, {path.name: path for path in containerd.node_programs})

    def ensure_archives(self, programs: Programs, registry: str) -> Archives:
        """Write registry:3 and the versions of hello as Docker archives. Raises CommandError."""
        archives = Archives(self.paths.images, key(registry, programs.folder.name, DOCKERFILES / "hello"))
        mark = archives.folder / "key"
        if mark.exists() and mark.read_text(encoding="ascii") == archives.key:
            return archives
        with self.progress.step("writing image archives"), made_whole(archives.folder) as folder:
            fresh = Archives(folder, archives.key)
            self._save(registry, "registry:3", fresh.registry)
            for version, architecture in HELLOS:
                built = self._ensure("hello", "scratch", {"hello": programs.hello(version, architecture)})
                self._save(built, *_hello(fresh, version, architecture))
            (folder / "key").write_text(archives.key, encoding="ascii")
        return archives

    def _save(self, built: str, name: str, archive: Path) -> None:
        self.docker("tag", built, name)
        self.docker("save", "--output", str(archive), name)

    def _ensure_on_base(self, name: str, packages: tuple[str, ...]) -> str:
        return self._ensure(name, self._ensure_base(name, packages), {})

    def _ensure(self, name: str, base: str, programs: dict[str, Path]) -> str:
        """Build the Dockerfile of that name, with programs put beside it under the names given."""
        made_from = (f"{path.parent.name}/{path.name}" for path in programs.values())
        tag = f"towpath-lab/{name}:{key(DOCKERFILES / name, base, *made_from)}"
        if self.docker.inspect("image", tag) is not None:
            return tag
        options = ["--network", "none", "--force-rm", "--build-arg", f"BASE={base}", "--tag", tag]
        with self.progress.step(f"building image {tag}"), tempfile.TemporaryDirectory() as folder:
            shutil.copytree(DOCKERFILES / name, folder, dirs_exist_ok=True)
            for file, program in programs.items():
                shutil.copy2(program, Path(folder, file))
            self.docker("build", *options, folder, log=self.paths.logs / f"image-{name}.log")
        return tag

    def _ensure_base(self, name: str, packages: tuple[str, ...]) -> str:
        """Make an image of a Debian tree with these packages; return its tag."""
        sources = host.sources()
        tag = f"towpath-lab/{name}-base:{key(host.release(), *packages, *LEFT_OUT)}"
        if self.docker.inspect("image", tag) is not None:
            return tag
        log, downloads = self.paths.logs / f"image-{name}-base.log", self.paths.cache / "debian-packages"
        downloads.mkdir(parents=True, exist_ok=True)
        argv = _mmdebstrap(host.release(), sources, packages, downloads)
        with self.progress.step(f"building image {tag} from Debian packages"), log.open("ab") as file:
            tree = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=file, stdin=subprocess.DEVNULL)
            if tree.stdout is None:  # pragma: no cover
                raise CommandError("mmdebstrap has no output")
            self.docker("import", "-", f"{tag}-unfinished", stdin=tree.stdout)
            if tree.wait() != 0:
                raise CommandError(f"mmdebstrap failed with status {tree.returncode}: read {log}")
            self.docker("tag", f"{tag}-unfinished", tag)
            self.docker("rmi", f"{tag}-unfinished")
        return tag


def _hello(archives: Archives, version: str, architecture: str) -> tuple[str, Path]:
    tag = f"{version}-{architecture}" if version == "multi" else version
    name = f"hello:{tag}"
    archive = next(path for path, known in archives.upstream_names.items() if known == name)
    return name, archive


def _mmdebstrap(release: str, sources: list[str], packages: tuple[str, ...], downloads: Path) -> list[str]:
    archives = "/var/cache/apt/archives"
    return [
        *("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(packages)}", "--format=tar"),
        *("--skip=download/empty", "--skip=essential/unlink"),
        f'--setup-hook=mkdir -p "$1{archives}"',
        *(f"--setup-hook=sync-in {downloads} {archives}", f"--customize-hook=sync-out {archives} {downloads}"),
        *('--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'),
        *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT),
        *(release, "-", *sources),
    ]
