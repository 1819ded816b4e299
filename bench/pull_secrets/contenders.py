"""Who serves: Towpath with and without the engine, one resource a namespace, and a loop of kubectl."""

import json
import os
import subprocess
import sys
from typing import Protocol

from bench.harness import TOWPATH
from bench.pull_secrets.setter import STATE, TOLD
from bench.pull_secrets.site import HOST, LABEL, SECRET, USER, Site, content
from bench.pulumi_project import CHECKOUT, run
from towpath.pull_secrets.manifests import pull_secret

RULES = {"mode": "set", "rules": [{"labels": f"{LABEL}=yes"}]}
KUBECTL_SAMPLE = 200
"""Namespaces that the loop is timed with; the whole is reckoned from them."""

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


class Contender(Protocol):
    """Serves namespaces. `apply` and `look` are timed."""

    name: str

    def prepare(self, password: str) -> None:
        """Take down what the secrets are to hold."""

    def apply(self) -> None:
        """Make it so."""

    def look(self) -> None:
        """See that nothing is to be done."""

    def undo(self) -> None:
        """Forget everything."""

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves, of all."""


class Towpath:
    """The program of this repository."""

    name = TOWPATH

    def __init__(self, site: Site) -> None:
        self._site = site
        self.project = site.project(self.name)
        self.project.configure(
            registry={"kind": "none"},
            cluster={"kubeconfig_file": str(site.control_plane.kubeconfig)},
            namespaces=RULES,
        )

    def prepare(self, password: str) -> None:
        """Write the password down."""
        self.project.configure(external_registries={HOST: {"username": USER, "password": password}})

    def apply(self) -> None:
        """Run `pulumi up`."""
        self.project.up().ok()

    def look(self) -> None:
        """Run `pulumi preview`."""
        self.project.pulumi("preview", "--expect-no-changes", "-s", self.name).ok()

    def undo(self) -> None:
        """Run `pulumi destroy`."""
        self.project.destroy().ok()

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves."""
        return self._site.names


class TowpathSet:
    """What `pulumi up` has done, from a fresh process, without engine; its look asks for every secret."""

    name = "set"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.folder / self.name
        self._folder.mkdir()

    def prepare(self, password: str) -> None:
        """Write down what is to be done."""
        kubeconfig = self._site.control_plane.kubeconfig.read_text(encoding="utf-8")
        told = {"kubeconfig": kubeconfig, "namespaces": RULES, "content": content(password)}
        (self._folder / TOLD).write_text(json.dumps(told), encoding="utf-8")

    def apply(self) -> None:
        """Serve."""
        self._run("serve")

    def look(self) -> None:
        """Survey, and compare with the state and with the cluster."""
        self._run("look")

    def undo(self) -> None:
        """Forget what was done."""
        (self._folder / STATE).unlink()

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves."""
        return self._site.names

    def _run(self, verb: str) -> None:
        run([sys.executable, "-m", "bench.pull_secrets.setter", verb, str(self._folder)], CHECKOUT, os.environ)


class Each(Towpath):
    """A program with one resource a namespace."""

    name = "each"

    def __init__(self, site: Site) -> None:
        self._site = site
        self.project = site.project(self.name)
        for linked in ("__main__.py", "components", "towpath"):
            (self.project.folder / linked).unlink()
        (self.project.folder / "__main__.py").write_text(EACH, encoding="utf-8")

    def prepare(self, password: str) -> None:
        """Write the content down."""
        kubeconfig = self._site.control_plane.kubeconfig.read_text(encoding="utf-8")
        told = {"kubeconfig": kubeconfig, "namespaces": self._site.names, "content": content(password)}
        (self.project.folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


class Kubectl:
    """A loop of one command a namespace, over some of them."""

    name = "kubectl"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.folder / self.name
        self._folder.mkdir()
        program = site.control_plane.site.programs.kubernetes_program("kubectl")
        self._command = [str(program), "--kubeconfig", str(site.control_plane.kubeconfig)]

    def prepare(self, password: str) -> None:
        """Write the manifests down."""
        for name in self.served:
            manifest = pull_secret(SECRET, name, "bench", content(password))
            (self._folder / f"{name}.json").write_text(json.dumps(manifest), encoding="utf-8")

    def apply(self) -> None:
        """Run `kubectl apply`."""
        self._loop("apply")

    def look(self) -> None:
        """Run `kubectl diff`, which fails if there is a difference."""
        self._loop("diff")

    def undo(self) -> None:
        """Nothing is kept."""

    @property
    def served(self) -> list[str]:
        """The namespaces that it serves."""
        return self._site.names[:KUBECTL_SAMPLE]

    def _loop(self, verb: str) -> None:
        environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
        for name in self.served:
            command = [*self._command, verb, "--filename", str(self._folder / f"{name}.json")]
            subprocess.run(command, check=True, capture_output=True, env=environment)
