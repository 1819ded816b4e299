"""`python -m lab.prove`: push an image to a stack's registry from one node and pull it on another.

Reads a stack's outputs as JSON from standard input, so that no password stands in a process list:
`{"registry": {"host": "10.89.0.11:6000", "ca_pem": …}, "credentials": {account: {"username", "password"}}}`, with a
cluster also `{"pull_secrets": {"namespaces": […], "secret": "regcred"}}`.
"""

import http.client
import json
import shlex
import socket
import ssl
import sys
from dataclasses import dataclass, field
from typing import Any

from lab.command import run
from lab.errors import LabError, PartError
from lab.paths import Paths
from lab.progress import Progress
from lab.prove_pods import parse_served, prove_pods
from lab.topology import node_address, node_name

IMAGE = "hello:1"
REPOSITORY = "towpath/hello"


@dataclass(frozen=True)
class Registry:
    """Where to push, and as whom."""

    host: str
    """`host:port`."""
    ca_pem: str
    username: str
    password: str = field(repr=False)

    @property
    def reference(self) -> str:
        """The image as it is named in this registry."""
        return f"{self.host}/{REPOSITORY}:1"


def parse_outputs(text: str) -> Registry:
    """Read a stack's outputs; the first account is used. Raises PartError where something is missing."""
    try:
        outputs: dict[str, Any] = json.loads(text)
        registry = outputs["registry"]
        login = next(iter(outputs["credentials"].values()))
        return Registry(registry["host"], registry["ca_pem"], login["username"], login["password"])
    except (json.JSONDecodeError, KeyError, StopIteration, TypeError) as error:
        raise PartError(
            f"the stack's outputs do not tell its registry and accounts ({error!r}): run `pulumi up`"
        ) from None


def prove(paths: Paths, registry: Registry, progress: Progress) -> None:
    """Push from node 1, pull and run on node 2, and see that nobody gets in without a password. Raises LabError."""
    (paths.trust / "registry-ca.pem").write_text(registry.ca_pem, encoding="utf-8")
    with progress.step(f"pushing {registry.reference} from {node_name(1)}"):
        _on_node(paths, 1, registry, _PUSH, stdin=(paths.images / "hello.tar").read_bytes())
    with progress.step(f"pulling it on {node_name(2)} and running it"):
        said = _on_node(paths, 2, registry, _PULL)
    progress.say(f"{node_name(2)}: {said.strip()}")
    if (status := _status_without_password(registry)) != 401:  # noqa: PLR2004 the status of RFC 9110
        raise PartError(f"{registry.host} answers {status} without a password, not 401: look at its htpasswd")
    progress.say("without a password: 401")


_LOGIN = """
set -eu
umask 077
DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
IFS= read -r password
printf %s "$password" | docker login --username {user} --password-stdin {host} >/dev/null
"""
_PUSH = """
docker load --quiet >/dev/null
docker tag {image} {reference}
docker push --quiet {reference}
"""
_PULL = """
docker image rm --force {reference} >/dev/null 2>&1 || true
docker pull --quiet {reference} >/dev/null
docker run --rm {reference}
"""


def _on_node(paths: Paths, index: int, registry: Registry, script: str, stdin: bytes = b"") -> str:
    """Log in on a node with a Docker configuration that lives no longer than the script, and run it there."""
    values = {
        "user": shlex.quote(registry.username),
        "host": shlex.quote(registry.host),
        "image": IMAGE,
        "reference": shlex.quote(registry.reference),
    }
    text = (_LOGIN + script).format(**values)
    argv = [
        *("ssh", "-F", "none", "-i", str(paths.client_key), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"),
        *("-o", f"UserKnownHostsFile={paths.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
        *(f"root@{node_address(node_name(index))}", f"sh -c {shlex.quote(text)}"),
    ]
    return run(argv, stdin=registry.password.encode() + b"\n" + stdin).decode()


def _status_without_password(registry: Registry) -> int:
    """Ask on the first node, whatever the registry's name: only nodes need to know where that leads."""
    name, _, port = registry.host.rpartition(":")
    context = ssl.create_default_context(cadata=registry.ca_pem)
    connection = http.client.HTTPSConnection(name, int(port), context=context)
    try:
        plain = socket.create_connection((node_address(node_name(1)), int(port)), timeout=10)
        with context.wrap_socket(plain, server_hostname=name) as connection.sock:
            connection.request("GET", "/v2/")
            return connection.getresponse().status
    except OSError as error:
        raise PartError(f"https://{registry.host}/v2/ does not answer: {error}") from None


def main() -> None:
    """Prove the stack whose outputs come by standard input, and say what to try next."""
    paths, progress = Paths(), Progress()
    try:
        text = sys.stdin.read()
        registry, served = parse_outputs(text), parse_served(text)
        prove(paths, registry, progress)
        if served:
            prove_pods(paths, registry.reference, served, progress)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        sys.exit(1)
    sys.stdout.write(_NEXT.format(host=registry.host, reference=registry.reference, user=registry.username))


_NEXT = """
It works. What you may type next:

  eval "$(make -s env)"                           # pulumi, docker, crane and skopeo reach the lab
  pulumi preview --expect-no-changes              # of the stack that is selected, this one
  pulumi stack output --show-secrets credentials
  docker login --username {user} {host}
  docker pull {reference}
  crane catalog {host}
  make down                                       # takes all of it away again
"""


if __name__ == "__main__":
    main()
