"""A machine for the applier's tests: a folder that is entered by chroot, with the shell and the tools under test."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from towpath.applier.bootstrap import Sudo, apply_command, check_command, delete_command, stdin
from towpath.applier.document import Document
from towpath.applier.result import Result, parse_result

SHELLS = ("dash", "bash", "busybox")
_ENTER = """
set -e
for each in usr proc; do [ ! -d "$1/$each" ] || [ -e "$1/$each/.own" ] || mount --rbind "/$each" "$1/$each"; done
root=$1; shift
exec chroot "$root" /usr/bin/env -i PATH=/fake:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
"""


@dataclass(frozen=True)
class Outcome:
    """What a run gave back."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Result:
        return parse_result(self.out)


@dataclass(frozen=True)
class Machine:
    """`root` is the machine's file system, `shell` one of SHELLS."""

    root: Path
    shell: str

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def fake(self, name: str, script: str) -> None:
        """Put a program before all others on PATH."""
        self.write(f"/fake/{name}", f"#!/bin/sh\n{script}\n", 0o755)

    def argv(self, command: str, **environment: str) -> list[str]:
        settings = [f"{key}={value}" for key, value in environment.items()]
        return ["unshare", "-m", "/bin/sh", "-c", _ENTER, "enter", str(self.root), *settings, "sh", "-c", command]

    def run(self, command: str, given: str = "", **environment: str) -> Outcome:
        done = subprocess.run(
            self.argv(command, **environment), input=given, capture_output=True, text=True, check=False, timeout=120
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def apply(self, document: Document, **environment: str) -> Outcome:
        return self.run(apply_command(Sudo()), stdin(document, Sudo()), **environment)

    def check(self, document: Document) -> Outcome:
        return self.run(check_command(Sudo()), stdin(document, Sudo()))

    def check_recorded(self, document_id: str) -> Outcome:
        return self.run(check_command(Sudo(), document_id))

    def delete(self, document_id: str, **environment: str) -> Outcome:
        return self.run(delete_command(document_id, Sudo()), **environment)

    def tree(self) -> dict[str, tuple[object, ...]]:
        """Everything under the root that a delete has to leave as it was: kind, mode, owner, content."""
        found: dict[str, tuple[object, ...]] = {}
        for folder, folders, files in os.walk(self.root):
            at = Path(folder)
            folders[:] = [name for name in folders if at != self.root or name not in {"usr", "proc", "fake"}]
            for name in [*folders, *files]:
                path = at / name
                status = path.lstat()
                content: object = None
                if path.is_symlink():
                    content = str(path.readlink())
                elif path.is_file():
                    content = path.read_bytes()
                found[str(path.relative_to(self.root))] = (status.st_mode, status.st_uid, status.st_gid, content)
        return found


def make_machine(root: Path, shell: str) -> Machine:
    """Build the folder: the host's tools for dash and bash, nothing but busybox for busybox."""
    for name in ("dev/shm", "etc", "proc", "root", "run", "tmp", "var/lib", "usr", "fake"):
        (root / name).mkdir(parents=True)
    for name, numbers in {"null": (1, 3), "zero": (1, 5), "urandom": (1, 9)}.items():
        os.mknod(root / "dev" / name, 0o020666, os.makedev(*numbers))
        (root / "dev" / name).chmod(0o666)
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    if shell == "busybox":
        _install_busybox(root)
    else:
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        (root / "fake/sh").symlink_to(f"/usr/bin/{shell}")
        (root / "fake/awk").symlink_to("/usr/bin/gawk" if shell == "bash" else "/usr/bin/mawk")
    return Machine(root, shell)


def _install_busybox(root: Path) -> None:
    busybox = shutil.which("busybox")
    assert busybox, "the package busybox is needed for this test"
    (root / "usr/.own").write_text("")
    (root / "usr/bin").mkdir()
    (root / "usr/sbin").mkdir()
    (root / "bin").symlink_to("usr/bin")
    shutil.copy(busybox, root / "usr/bin/busybox")
    for line in subprocess.run(["ldd", busybox], capture_output=True, text=True, check=False).stdout.splitlines():
        library = next((word for word in line.split() if word.startswith("/")), None)
        if library:
            (root / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, root / library.lstrip("/"))
    for applet in subprocess.check_output([busybox, "--list"], text=True).split():
        if applet != "busybox":
            (root / "usr/bin" / applet).symlink_to("busybox")
