"""A stack of this very program in a folder of its own, run by the real CLI against the lab.

The program's files are linked, not copied; settings, state and stack file are the test's own, so that neither the
checkout nor stack `lab` is touched.
"""

import json
import ssl
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.lab.lab_access import LabAccess

CHECKOUT = Path(__file__).resolve().parents[2]
PASSPHRASE = "for this test only"
_LINKED = ("__main__.py", "components", "towpath")
_RUN_SECONDS = 900


@dataclass(frozen=True)
class Finished:
    """A command that ended: what it printed (both streams) and how."""

    code: int
    output: str

    def ok(self) -> "Finished":
        """Fail the test with the output unless the command succeeded."""
        assert self.code == 0, self.output
        return self


@dataclass
class StackWorkspace:
    """A project folder with one stack; `settings` maps groups (`nodes`, `registry`, …) to what stands under them."""

    folder: Path
    environment: dict[str, str]
    stack: str = "test"
    settings: dict[str, Any] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()
    """Put before the CLI's own command line, for tests that give it another view of the machine."""
    streams_apart: bool = False
    """Whether stderr follows stdout: among each other, a long line of one may be cut by a line of the other."""

    def create(self) -> "StackWorkspace":
        """Link the program, write Pulumi.yaml, make the stack."""
        (self.folder / "stacks").mkdir(parents=True)
        for name in _LINKED:
            (self.folder / name).symlink_to(CHECKOUT / name)
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = str(CHECKOUT / ".venv")
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.pulumi("stack", "init", self.stack).ok()
        return self

    def change(self, group: str, **keys: Any) -> None:
        """Set keys of one group, leaving its others."""
        self.configure(**{group: {**(self.settings.get(group) or {}), **keys}})

    def configure(self, **groups: Any) -> None:
        """Replace the settings of these groups; None removes one."""
        self.settings.update(groups)
        path = self.folder / "stacks" / f"Pulumi.{self.stack}.yaml"
        content = yaml.safe_load(path.read_text()) or {}
        content["config"] = {f"towpath:{name}": value for name, value in self.settings.items() if value is not None}
        path.write_text(yaml.safe_dump(content))

    def set_secret(self, path: str, value: str) -> None:
        """Encrypt one value of the settings, e.g. `accounts[0].password`."""
        key = f"towpath:{path}"
        self.pulumi("config", "set", "--secret", "--path", key, "-s", self.stack, stdin=value).ok()
        content = yaml.safe_load((self.folder / "stacks" / f"Pulumi.{self.stack}.yaml").read_text())
        self.settings = {name.removeprefix("towpath:"): group for name, group in content["config"].items()}

    def pulumi(self, *arguments: str, timeout: int = _RUN_SECONDS, stdin: str = "") -> Finished:
        """Run the CLI in the folder, without a terminal."""
        done = subprocess.run(
            [*self.wrapper, "pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if self.streams_apart else subprocess.STDOUT,
            input=stdin,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout + (done.stderr or ""))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the CLI in a session of its own, for tests that kill it."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def up(self, *arguments: str) -> Finished:
        """Run `pulumi up` without asking."""
        return self.pulumi("up", "--yes", "--skip-preview", "-s", self.stack, *arguments)

    def preview(self, *arguments: str) -> Finished:
        """Run `pulumi preview`."""
        return self.pulumi("preview", "--diff", "-s", self.stack, *arguments)

    def refresh(self, *arguments: str) -> Finished:
        """Run `pulumi refresh` without asking."""
        return self.pulumi("refresh", "--yes", "--skip-preview", "-s", self.stack, *arguments)

    def destroy(self, *arguments: str) -> Finished:
        """Run `pulumi destroy` without asking."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "-s", self.stack, *arguments)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in plain text."""
        text = self.pulumi("stack", "output", "-s", self.stack, "--json", "--show-secrets").ok().output
        return json.loads(text)  # type: ignore[no-any-return]

    def catalog_status(self, account: str | None = "ci") -> int:
        """Ask the registry for its catalog as an account, or as nobody, and return the status; TLS is verified."""
        outputs = self.outputs()
        login = outputs["credentials"][account] if account else None
        with httpx.Client(verify=self.trust(outputs), trust_env=False, timeout=60) as client:
            return client.get(
                f"{outputs['registry']['url']}/v2/_catalog",
                auth=(login["username"], login["password"]) if login else None,
            ).status_code

    @staticmethod
    def trust(outputs: dict[str, Any]) -> ssl.SSLContext:
        """Return what verifies the registry by the stack's own CA alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=outputs["registry"]["ca_pem"])
        return context

    def export(self) -> dict[str, Any]:
        """Return the stack's state as it is stored, secrets encrypted."""
        return json.loads(self.pulumi("stack", "export", "-s", self.stack).ok().output)  # type: ignore[no-any-return]


def new_stack(lab: LabAccess, folder: Path, port: int) -> StackWorkspace:
    """Make a stack, named after its port, whose registry stands beside those of other stacks on node-1."""
    environment = engine_environment(folder.parent / f"{folder.name}-state", lab.env)
    workspace = StackWorkspace(folder, environment, stack=f"test-{port}")
    workspace.create().configure(
        nodes={
            "ssh": {"private_key_file": str(lab.key), "known_hosts_file": str(lab.known_hosts)},
            "members": {name: {"address": lab.nodes[name]} for name in ("node-1", "node-2")},
        },
        registry={
            "node": "node-1",
            "port": port,
            "container": f"registry-{port}",
            "storage_folder": f"/data/registry-{port}",
            "config_folder": f"/etc/towpath/registry-{port}",
        },
        accounts=[{"name": "ci", "role": "push"}, {"name": "team-a"}],
    )
    return workspace


def engine_environment(state: Path, base: dict[str, str]) -> dict[str, str]:
    """Return an environment in which plain `pulumi` works, with a file backend of the test's own."""
    lines = subprocess.run(
        ["bash", "-c", f'eval "$({CHECKOUT}/.venv/bin/python -m engine env)"; env -0'],
        cwd=CHECKOUT,
        env=base,
        capture_output=True,
        check=True,
    ).stdout.decode()
    environment = dict(entry.split("=", 1) for entry in lines.split("\0") if "=" in entry)
    state.mkdir(parents=True, exist_ok=True)
    return {
        **environment,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
    }
