"""What this machine must be and have before the lab can start."""

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.command import run
from lab.errors import CommandError, HostError
from lab.progress import Progress

INSTEAD = "use the stacks `dev`, `staging` or `prod` with machines of your own, or run the lab in a Linux machine"
PACKAGES = (
    "ca-certificates",
    "iproute2",
    "iptables",
    "nftables",
    "libdevmapper1.02.1",
    "libseccomp2",
    "libsystemd0",
    "mmdebstrap",
    "openssh-client",
    "openssh-server",
    "skopeo",
)
POLICY = Path("/usr/sbin/policy-rc.d")
SERVICES = {"openssh-server": ("ssh.service", "ssh.socket")}


def check() -> None:
    """Raise HostError, with what to use instead, unless this is a Debian-like Linux, we are root, and Go is there."""
    if platform.system() != "Linux":
        raise HostError(f"the lab needs Linux, and this is {platform.system()}: {INSTEAD}")
    if os.geteuid() != 0:
        raise HostError(f"the lab needs root (it makes networks and containers): run it with sudo, or {INSTEAD}")
    if shutil.which("apt-get") is None:
        raise HostError(f"the lab needs a Debian-like system with apt-get: {INSTEAD}")
    if shutil.which("go") is None:
        raise HostError(
            f"the lab builds its registry with Go 1.26 or later, and `go` is not on PATH: install Go, or {INSTEAD}"
        )


def complete_path() -> None:
    """Put the system directories on PATH: a root shell made with `su` may be without them."""
    have = os.environ.get("PATH", "").split(os.pathsep)
    wanted = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")
    os.environ["PATH"] = os.pathsep.join([*have, *(path for path in wanted if path not in have)])


def release() -> str:
    """Return the code name of this system's release, such as bookworm. Raises HostError if it has none."""
    name = platform.freedesktop_os_release().get("VERSION_CODENAME")
    if name is None:
        raise HostError(f"/etc/os-release has no VERSION_CODENAME: {INSTEAD}")
    return name


def sources() -> list[str]:
    """Return the one-line package sources of this system's own release, security updates included."""
    found = _sources()
    if not found:
        run(["apt-get", "update"])
        found = _sources()
    if not found:
        raise HostError(f"apt knows no package source for {release()}: add one to /etc/apt/sources.list.d")
    return found


def _sources() -> list[str]:
    name, origin = release(), platform.freedesktop_os_release()["ID"]
    form = "$(ORIGIN)|$(CODENAME)|deb $(SITE) $(CODENAME) $(COMPONENT)"
    lines = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"]).decode().splitlines()
    return sorted(
        source
        for maker, suite, source in (line.split("|") for line in lines)
        if maker.lower() == origin and suite.split("-")[0] == name
    )


def install_packages(progress: Progress) -> None:
    """Install what is missing; a service that comes with a package is neither started nor enabled."""
    missing = [name for name in PACKAGES if not _installed(name)]
    if not missing:
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    with progress.step(f"installing {', '.join(missing)}"), _services_stay_down():
        try:
            run(install, env=env)
        except CommandError:
            run(["apt-get", "update"], env=env)
            run(install, env=env)
        units = [unit for name in missing for unit in SERVICES.get(name, ())]
        if units and shutil.which("systemctl"):
            run(["systemctl", "disable", "--quiet", *units])


def _installed(package: str) -> bool:
    try:
        status = run(["dpkg-query", "--show", "--showformat", "${Status}", package])
    except CommandError:
        return False
    return status == b"install ok installed"


@contextmanager
def _services_stay_down() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
