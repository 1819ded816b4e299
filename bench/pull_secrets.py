"""A pull secret in each of 300 namespaces of a real API server: made, looked at without a change, rotated.

`towpath` is `pulumi up` and `pulumi preview` of this program, all namespaces as one set. `each` is a program that has
one `kubernetes.core.v1.Secret` a namespace, by the same engine. `kubectl` is a loop of one `kubectl apply` a namespace,
and of one `kubectl diff` for the look. All begin on the same API server without a secret, in turns; contents are
compared after each.
"""

import argparse
import asyncio
import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.harness import TOWPATH, Comparison, Times, machine, timed, turns
from lab.cluster.local_control_plane import ControlPlane
from tests.lab.stack_workspace import StackWorkspace, engine_environment
from towpath.cluster.access import ClusterAccess
from towpath.cluster.client import Call
from towpath.pull_secrets.docker_config import docker_config_json
from towpath.pull_secrets.manifests import pull_secret

NAMESPACES, SHORT_NAMESPACES = 300, 30
ROUNDS = 1
HOST, USER = "registry.example.com", "robot"
PASSWORDS = ("first", "second")
GOAL = {"each": 0.1, "kubectl": 0.1}
FIRST = Comparison("pull-secrets-first", "Pull secrets: the first run", GOAL)
LOOK = Comparison("pull-secrets-unchanged", "Pull secrets: a look without a change", GOAL)
ROTATION = Comparison("pull-secrets-rotation", "Pull secrets: another password everywhere", GOAL)

EACH = """
import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

told = json.loads(Path("told.json").read_text())
provider = kubernetes.Provider(
    "cluster", kubeconfig=told["kubeconfig"], enable_server_side_apply=True, enable_secret_mutable=True
)
for name in told["namespaces"]:
    kubernetes.core.v1.Secret(
        f"regcred-{name}",
        metadata={"name": "regcred", "namespace": name},
        type="kubernetes.io/dockerconfigjson",
        string_data={".dockerconfigjson": pulumi.Output.secret(told["content"])},
        opts=pulumi.ResourceOptions(provider=provider),
    )
"""


def content(password: str) -> str:
    """Return what every secret is to hold."""
    return docker_config_json({HOST: {"username": USER, "password": password}})


@dataclass
class Site:
    """The API server and its namespaces."""

    control_plane: ControlPlane
    folder: Path
    names: list[str] = field(default_factory=list)

    def make(self, count: int) -> None:
        """Make the namespaces."""
        self.names = [f"bench-{number:03}" for number in range(count)]
        labels = {"pull": "yes"}
        documents = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
            for name in self.names
        ]
        self.control_plane.kubectl.apply(documents)

    def secrets(self) -> dict[str, dict[str, Any]]:
        """Return the pull secrets by namespace."""
        found = self.control_plane.kubectl.objects("secrets", "-A", "--field-selector", "metadata.name=regcred")
        return {each["metadata"]["namespace"]: each for each in found}

    def check(self, who: str, password: str) -> None:
        """Raise RuntimeError unless every namespace has what it is to have."""
        wanted = base64.b64encode(content(password).encode()).decode()
        have = {name for name, each in self.secrets().items() if each["data"] == {".dockerconfigjson": wanted}}
        if have != set(self.names):
            raise RuntimeError(f"{who} served {len(have)} namespaces of {len(self.names)}")

    def wipe(self) -> None:
        """Delete all pull secrets."""

        async def work() -> None:
            async with ClusterAccess(self.control_plane.kubeconfig.read_text()).client() as client:
                paths = [f"/api/v1/namespaces/{name}/secrets/regcred" for name in self.secrets()]
                await asyncio.gather(*(client.send(Call("DELETE", path, "wiping")) for path in paths))

        asyncio.run(work())

    def project(self, name: str) -> StackWorkspace:
        """Make a project of this very program, with a state of its own."""
        environment = engine_environment(self.folder / f"{name}-state", dict(os.environ))
        return StackWorkspace(self.folder / name, environment, stack=name).create()


class Towpath:
    """The program of this repository."""

    name = TOWPATH

    def __init__(self, site: Site) -> None:
        self._project = site.project(self.name)
        self._project.configure(
            registry={"kind": "none"},
            cluster={"kubeconfig_file": str(site.control_plane.kubeconfig)},
            namespaces={"mode": "set", "rules": [{"labels": "pull=yes"}]},
        )

    def prepare(self, password: str) -> None:
        """Write the password down."""
        self._project.configure(external_registries={HOST: {"username": USER, "password": password}})

    def apply(self) -> None:
        """Run `pulumi up`."""
        self._project.up().ok()

    def look(self) -> None:
        """Run `pulumi preview`."""
        self._project.pulumi("preview", "--expect-no-changes", "-s", self.name).ok()

    def undo(self) -> None:
        """Run `pulumi destroy`."""
        self._project.destroy().ok()


class Each(Towpath):
    """A program with one resource a namespace."""

    name = "each"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._project = site.project(self.name)
        for linked in ("__main__.py", "components", "towpath"):
            (self._project.folder / linked).unlink()
        (self._project.folder / "__main__.py").write_text(EACH, encoding="utf-8")

    def prepare(self, password: str) -> None:
        """Write the content down."""
        kubeconfig = self._site.control_plane.kubeconfig.read_text(encoding="utf-8")
        told = {"kubeconfig": kubeconfig, "namespaces": self._site.names, "content": content(password)}
        (self._project.folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


class Kubectl:
    """A loop of one command a namespace."""

    name = "kubectl"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.folder / self.name
        self._folder.mkdir()
        program = site.control_plane.site.programs.kubernetes_program("kubectl")
        self._command = [str(program), "--kubeconfig", str(site.control_plane.kubeconfig)]

    def prepare(self, password: str) -> None:
        """Write the manifests down."""
        for name in self._site.names:
            manifest = pull_secret("regcred", name, "bench", content(password))
            (self._folder / f"{name}.json").write_text(json.dumps(manifest), encoding="utf-8")

    def apply(self) -> None:
        """Run `kubectl apply`."""
        self._loop("apply")

    def look(self) -> None:
        """Run `kubectl diff`, which fails if there is a difference."""
        self._loop("diff")

    def undo(self) -> None:
        """Nothing is kept."""

    def _loop(self, verb: str) -> None:
        environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
        for name in self._site.names:
            command = [*self._command, verb, "--filename", str(self._folder / f"{name}.json")]
            subprocess.run(command, check=True, capture_output=True, env=environment)


def measure(site: Site, contender: Towpath | Kubectl) -> Iterator[tuple[Comparison, Times]]:
    """Time one contender once through its life, and give what each part took."""
    first: Times = {}
    look: Times = {}
    rotation: Times = {}
    contender.prepare(PASSWORDS[0])
    timed(first, contender.name, contender.apply)
    site.check(contender.name, PASSWORDS[0])
    timed(look, contender.name, contender.look)
    contender.prepare(PASSWORDS[1])
    timed(rotation, contender.name, contender.apply)
    site.check(contender.name, PASSWORDS[1])
    contender.undo()
    site.wipe()
    yield from ((FIRST, first), (LOOK, look), (ROTATION, rotation))


def run(folder: Path, namespaces: int, rounds: int) -> None:
    """Measure everything and write the three results."""
    where = machine()
    with ControlPlane(folder / "api") as control_plane:
        site = Site(control_plane, folder)
        site.make(namespaces)
        contenders: dict[str, Towpath | Kubectl] = {kind.name: kind(site) for kind in (Towpath, Each, Kubectl)}
        times: dict[str, Times] = {each.name: {} for each in (FIRST, LOOK, ROTATION)}
        for turn in turns(list(contenders), rounds):
            for name in turn:
                for comparison, taken in measure(site, contenders[name]):
                    times[comparison.name].setdefault(name, []).extend(taken[name])
    for comparison in (FIRST, LOOK, ROTATION):
        result = comparison.result(times[comparison.name])
        table = comparison.table(result, f"{namespaces} namespaces")
        comparison.write({**result, "namespaces": namespaces, "conditions": where}, [table])


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.pull_secrets", description=__doc__)
    usual = SHORT_NAMESPACES if os.environ.get("SHORT") else NAMESPACES
    parser.add_argument("--namespaces", type=int, default=usual)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        run(Path(folder), given.namespaces, given.rounds)


if __name__ == "__main__":
    main()
