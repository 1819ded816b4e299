"""Access to the running lab for tests: a shell on each node, the clients of a lab shell, the proxy's log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / ".towpath" / "lab"
UPSTREAM = "upstream.towpath.test"
PROXY = "10.89.0.2"


@dataclass(frozen=True)
class Result:
    """A finished program."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams."""
        return self.stdout + self.stderr

    def check(self) -> Result:
        """Fail the test, showing the output, unless the program succeeded."""
        assert self.status == 0, f"status {self.status}\n{self.output}"
        return self


def finished(argv: list[str], stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """Run a program from the checkout to its end, for at most five minutes."""
    done = subprocess.run(
        argv, input=stdin or "", capture_output=True, text=True, cwd=CHECKOUT, env=env, timeout=900, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def lab_command(*args: str, env: dict[str, str] | None = None) -> Result:
    """Run `python -m lab ARGS`."""
    return finished([sys.executable, "-m", "lab", *args], env=env)


@dataclass(frozen=True)
class SquidMark:
    """A place in the proxy's access log."""

    log: Path
    offset: int

    def lines(self) -> list[str]:
        """The requests that the proxy has logged since the mark; a tunnel is logged when it ends."""
        with self.log.open("rb") as file:
            file.seek(self.offset)
            return file.read().decode().splitlines()


@dataclass(frozen=True)
class LabAccess:
    """The running lab."""

    env: dict[str, str] = field(repr=False)
    """The environment of a lab shell, for any client that a test starts itself."""
    state: Path = STATE
    upstream: str = UPSTREAM
    """The upstream registry's name; only the proxy can resolve it. From this machine it is `upstream_address`."""
    upstream_address: str = "10.89.1.10"
    proxy: str = f"http://{PROXY}:3128"
    proxy_authenticated_port: int = 3129

    @property
    def key(self) -> Path:
        """The client's private SSH key."""
        return self.state / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The nodes' host keys."""
        return self.state / "known_hosts"

    @property
    def nodes(self) -> dict[str, str]:
        """The nodes' addresses by name, as known_hosts has them."""
        hosts = [line.split()[0].split(",") for line in self.known_hosts.read_text().splitlines()]
        return {name: address for address, name in hosts}

    def image_archive(self, name: str) -> Path:
        """The Docker archive `hello` or `registry-3`, for skopeo, crane or `docker load`."""
        return Path.home() / ".cache" / "towpath" / "lab" / "images" / f"{name}.tar"

    @property
    def proxy_credentials(self) -> tuple[str, str]:
        """User name and password of the authenticated port; the password has odd characters."""
        kept = json.loads((self.state / "proxy-credentials.json").read_text())
        return kept["username"], kept["password"]

    @property
    def deploy_password(self) -> str:
        """The password with which the account `deploy` may use sudo."""
        return (self.state / "deploy-password").read_text()

    def run(self, node: str, script: str, *, stdin: str | None = None, user: str = "root") -> Result:
        """Run a shell script on a node over SSH, host key checked."""
        options = ("BatchMode=yes", f"UserKnownHostsFile={self.known_hosts}", "StrictHostKeyChecking=yes")
        flags = [part for option in options for part in ("-o", option)]
        return finished(["ssh", "-F", "none", "-i", str(self.key), *flags, f"{user}@{self.nodes[node]}", script], stdin)

    def docker(self, *args: str, node: str = "node-1", stdin: str | None = None) -> Result:
        """Run the Docker client on this machine against the dockerd inside a node."""
        host = {"DOCKER_HOST": f"unix:///run/towpath-lab/{node}.sock"}
        return finished(["docker", *args], stdin, {**self.env, **host})

    def crane(self, *args: str, stdin: str | None = None) -> Result:
        """Run crane on this machine."""
        return finished(["crane", *args], stdin, self.env)

    def skopeo(self, *args: str, stdin: str | None = None) -> Result:
        """Run skopeo on this machine."""
        return finished(["skopeo", *args], stdin, self.env)

    def squid_mark(self) -> SquidMark:
        """Remember where the proxy's log ends now."""
        log = self.state / "logs" / "squid" / "access.log"
        return SquidMark(log, log.stat().st_size)

    def crictl(self, node: str, *args: str) -> Result:
        """Run crictl on this machine against the containerd of a node; builds it on first use."""
        folder = lab_command("extras").check().stdout.strip()
        socket = f"unix:///run/towpath-lab/{node}.containerd.sock"
        return finished([f"{folder}/crictl", "--config", "/dev/null", "--runtime-endpoint", socket, *args])

    def add_node(self, *, containerd2: bool = False) -> str:
        """Bring up one node more, with containerd 2 in place of Debian's 1.6 if so wished; return its name."""
        return lab_command("add-node", *(["--containerd2"] if containerd2 else [])).check().stdout.strip()

    def remove_node(self, name: str) -> None:
        """Remove a node from `add_node`, in whatever state it is."""
        lab_command("remove-node", name).check()


def shell_environment() -> dict[str, str]:
    """The environment after `eval "$(python -m lab env)"`, as a shell has it."""
    script = f'eval "$({sys.executable} -m lab env)" && env -0'
    printed = finished(["sh", "-c", script], env=dict(os.environ)).check().stdout
    return dict(line.split("=", 1) for line in printed.split("\0") if line)
