"""One node as tests look at it: its runtimes' pulls, environment and restarts, and its files byte for byte."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import containerd2
from lab.paths import Paths
from lab.progress import Progress
from tests.lab.lab_access import LabAccess, Result, finished
from tests.lab.stack_workspace import StackWorkspace, new_stack

CONTAINERD = "unix:///run/containerd/containerd.sock"
TOUCHED = (
    *("/etc/docker", "/etc/containerd", "/etc/systemd/system", "/etc/hosts", "/etc/ssl/certs"),
    *("/usr/local/share/ca-certificates", "/var/lib/towpath", "/etc/default", "/data"),
)
"""Every place that the product writes to on a node of the lab."""
_TREE = r"""
find {places} -printf '%p %y %m %u:%g %l\n' 2>/dev/null | sort
find {places} -type f -exec sha256sum {{}} + 2>/dev/null | sort -k 2
"""


@dataclass(frozen=True)
class NodeAccess:
    """A node of the lab that a test may spoil."""

    lab: LabAccess
    name: str

    @property
    def address(self) -> str:
        """In the nodes' network."""
        return self.lab.nodes[self.name]

    def sh(self, script: str, *, stdin: str | None = None) -> str:
        """Run a shell script as root; fail the test unless it succeeds. Returns what it printed."""
        return self.lab.run(self.name, script, stdin=stdin).check().stdout

    def write(self, path: str, content: str, mode: str = "0644") -> None:
        """Write a file, and the folders above it."""
        quoted = shlex.quote(path)
        self.sh(f"mkdir -p $(dirname {quoted}) && cat >{quoted} && chmod {mode} {quoted}", stdin=content)

    def read(self, path: str) -> str:
        """Return a file's text."""
        return self.sh(f"cat {shlex.quote(path)}")

    def docker(self, *args: str) -> Result:
        """Run the Docker client against the node's dockerd."""
        return self.lab.docker(*args, node=self.name)

    def docker_pull(self, image: str) -> Result:
        """Pull by dockerd what it does not have."""
        self.docker("image", "rm", "--force", image)
        return self.docker("pull", image)

    def cri(self, *args: str) -> Result:
        """Run crictl against the node's containerd, as kubelet would ask it."""
        return self.lab.run(self.name, shlex.join(["crictl", "-r", CONTAINERD, *args]))

    def cri_pull(self, image: str, *login: str) -> Result:
        """Pull by containerd's CRI what it does not have; `login` is USER:PASSWORD."""
        self.cri("rmi", image)
        return self.cri("pull", *(("--creds", *login) if login else ()), image)

    def daemon_environment(self, program: str) -> list[str]:
        """Return the environment of a running daemon without what differs from start to start, sorted."""
        text = self.sh(f"cat /proc/$(pidof -s {program})/environ")
        fresh = ("INVOCATION_ID=", "JOURNAL_STREAM=", "SYSTEMD_EXEC_PID=", "LISTEN_PID=")
        return sorted(entry for entry in text.split("\0") if entry and not entry.startswith(fresh))

    def starts(self) -> dict[str, str]:
        """Return a mark for each runtime that changes when it is started again."""
        script = "for u in docker containerd; do systemctl show -p InvocationID --value $u; done"
        return dict(zip(("docker", "containerd"), self.sh(script).split(), strict=True))

    def tree(self, *places: str) -> str:
        """List files with kind, mode, owner, link target and digest; `places` default to all that is ever touched."""
        return self.sh(_TREE.format(places=shlex.join(places or TOUCHED)) + "true")

    def close_connections(self) -> None:
        """End the connections that containerd keeps open for later pulls, so that the proxy logs them."""
        self.sh("systemctl restart containerd")

    def in_container(self, script: str) -> str:
        """Run a shell script without SSH, where sshd does not answer or is about to be ended."""
        daemon = f"unix://{Paths().daemon_socket}"
        argv = ["docker", "--host", daemon, "exec", self.name, "sh", "-c", script]
        return finished(argv, env=self.lab.env).check().stdout

    def await_that(self, script: str) -> None:
        """Wait until a shell script succeeds; fail the test if it does not for ten minutes."""
        self.in_container(f"timeout 600 sh -c 'until {{ {script}; }} >/dev/null 2>&1; do sleep 0.1; done'")

    def hold_lock(self) -> None:
        """Let every applier wait, until `release_lock`."""
        wait = "touch /run/held; while [ -e /run/held ]; do sleep 0.1; done"
        self.sh(f"systemd-run --quiet --collect flock /run/towpath.lock sh -c '{wait}'")
        self.await_that("ls /run/held")

    def release_lock(self) -> None:
        """End what `hold_lock` began."""
        self.in_container("rm /run/held")


def prepare(lab: LabAccess, name: str) -> NodeAccess:
    """Give a fresh node what tests of it need: crictl, and the image that the registry runs from."""
    node = NodeAccess(lab, name)
    paths = Paths()
    crictl = containerd2.ensure(paths, Progress()).crictl
    host = f"unix://{paths.daemon_socket}"
    finished(["docker", "--host", host, "cp", str(crictl), f"{name}:/usr/local/bin/crictl"], env=lab.env).check()
    node.docker("load", "--input", str(paths.images / "registry-3.tar")).check()
    node.write("/etc/crictl.yaml", f"runtime-endpoint: {CONTAINERD}\n")
    return node


def stack_on(lab: LabAccess, nodes: Sequence[NodeAccess], folder: Path, port: int) -> StackWorkspace:
    """Make a stack of these nodes, named after its port, with its registry on the first; its folder is made."""
    stack = new_stack(lab, folder / "stack", port)
    stack.change("nodes", members={node.name: {"address": node.address} for node in nodes})
    stack.change("registry", node=nodes[0].name)
    return stack
