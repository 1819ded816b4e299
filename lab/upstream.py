"""The registry of the outside world: reachable through the proxy alone, seeded with a few images, open to pull."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import certificates, ports, state
from lab.archive import Member
from lab.cache import key, made_whole
from lab.command import run
from lab.container import Container
from lab.errors import PartError
from lab.images import Archives
from lab.paths import RECIPES, Paths
from lab.programs import Programs
from lab.progress import Progress
from lab.service import Service
from lab.topology import UPSTREAM, UPSTREAM_ADDRESS, UPSTREAM_HOSTS, UPSTREAM_NAME

SEED_SECONDS = 60
LOOPBACK = "127.0.0.1"
TLS_PORT = 443


def ensure_seed(paths: Paths, programs: Programs, archives: Archives, progress: Progress) -> Path:
    """Make the storage that the upstream starts with, once; return its folder.

    It holds hello:1, hello:2, the two-platform index hello:multi with its children, and library/registry:3.
    """
    seed = paths.cache / "upstream" / key(programs.folder.name, archives.key)
    if not seed.is_dir():
        log = paths.logs / "upstream-seed.log"
        with (
            progress.step("seeding the upstream registry"),
            made_whole(seed) as folder,
            _serving(programs, folder, log) as address,
        ):
            _push(programs, archives, address)
    return seed


def ensure_storage(paths: Paths, seed: Path) -> Path:
    """Give this lab a copy of the seed of its own; return its folder."""
    storage = paths.state / "upstream"
    if not storage.is_dir():
        with made_whole(storage) as folder:
            shutil.copytree(seed, folder, dirs_exist_ok=True)
    return storage


def service(paths: Paths, image: str, storage: Path) -> Service:
    """Describe the upstream registry with TLS on its usual port; its CA is written for clients to trust."""
    folder = paths.state / "upstream-tls"
    if not (folder / "ca.pem").exists() or certificates.expires_soon((folder / "ca.pem").read_bytes()):
        issued = certificates.issue(UPSTREAM_HOSTS, UPSTREAM_ADDRESS)
        state.write_private(folder / "key.pem", issued.key)
        state.write_private(folder / "certificate.pem", issued.certificate)
        state.write_private(folder / "ca.pem", issued.ca)
    for copy in (paths.upstream_ca, paths.trust / "upstream-ca.pem"):
        shutil.copyfile(folder / "ca.pem", copy)
    container = Container(
        name=UPSTREAM_NAME,
        image=image,
        addresses={UPSTREAM: UPSTREAM_ADDRESS},
        options=("--volume", f"{storage}:/var/lib/registry"),
        files=[
            Member("/etc/distribution/config.yml", (RECIPES / "images" / "upstream.yml").read_bytes()),
            Member("/etc/distribution/certificate.pem", (folder / "certificate.pem").read_bytes()),
            Member("/etc/distribution/key.pem", (folder / "key.pem").read_bytes(), mode=0o600),
        ],
    )
    return Service(container, UPSTREAM, TLS_PORT)


@contextmanager
def _serving(programs: Programs, storage: Path, log: Path) -> Iterator[str]:
    port = ports.free(LOOPBACK)
    address = f"{LOOPBACK}:{port}"
    env = {
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(storage),
        "REGISTRY_HTTP_ADDR": address,
        "OTEL_TRACES_EXPORTER": "none",
    }
    config = RECIPES / "images" / "registry" / "config.yml"
    with log.open("ab") as file:
        server = subprocess.Popen([programs.registry, "serve", config], env=env, stdout=file, stderr=file)
    try:
        if not ports.wait(LOOPBACK, port, SEED_SECONDS):
            raise PartError(f"the registry that seeds the upstream did not come up: read {log}")
        yield address
    finally:
        server.terminate()
        server.wait()


def _push(programs: Programs, archives: Archives, address: str) -> None:
    for archive, name in archives.upstream_names.items():
        run(
            [
                *("skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"),
                *(f"docker-archive:{archive}", f"docker://{address}/{name}"),
            ]
        )
    children = [f"{address}/hello:multi-{architecture}" for architecture in ("amd64", "arm64")]
    run([programs.crane, "mutate", "--set-platform", "linux/arm64", "--tag", children[1], children[1]])
    listed = [part for child in children for part in ("--manifest", child)]
    run([programs.crane, "index", "append", "--tag", f"{address}/hello:multi", *listed])
