"""The registry clients that people put into loops: `crane`, `skopeo` and `regctl`, a process a call, one registry."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

from bench.regclient import configuration, regclient
from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer, program


class CommandClients:
    """Each method runs one command and returns the words or the text that it printed. Raises CalledProcessError."""

    def __init__(self, server: RegistryServer) -> None:
        """Write logins and CAs for everybody into the server's folder."""
        self.host = server.host
        self.folder = server.folder / "clients"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        (self.folder / "ca.crt").write_text(server.ca_pem, encoding="utf-8")
        secret = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        (self.folder / "config.json").write_text(json.dumps({"auths": {server.host: {"auth": secret}}}))
        self._regctl = self.folder / "regctl.json"
        self._regctl.write_text(configuration({server.host: (server.ca_pem, ACCOUNT, PASSWORD)}), encoding="utf-8")
        self._programs = {name: str(program(name)) for name in ("crane",)} | {"regctl": regclient("regctl")}

    def crane(self, *arguments: str) -> list[str]:
        """Run crane."""
        environment = {"SSL_CERT_FILE": str(self.folder / "ca.crt"), "DOCKER_CONFIG": str(self.folder)}
        return _printed([self._programs["crane"], *arguments], environment).split()

    def skopeo(self, verb: str, *arguments: str) -> str:
        """Run skopeo."""
        options = ["--cert-dir", str(self.folder), "--authfile", str(self.folder / "config.json")]
        return _printed(["skopeo", verb, *options, *arguments], dict(os.environ))

    def regctl(self, *arguments: str) -> list[str]:
        """Run regctl."""
        environment = {"REGCTL_CONFIG": str(self._regctl), "HOME": str(self.folder)}
        return _printed([self._programs["regctl"], *arguments], environment).split()


def has_skopeo() -> bool:
    """Return whether skopeo, which the machine must bring, is there."""
    return shutil.which("skopeo") is not None


def versions(folder: Path) -> dict[str, str]:
    """Return the versions of the clients; `folder` is one to keep their files in."""
    regctl = _printed([regclient("regctl"), "version", "--format", "{{.VCSTag}}"], {"HOME": str(folder)}).strip()
    found = {"regclient": regctl, "crane": _printed([str(program("crane")), "version"], dict(os.environ)).strip()}
    if has_skopeo():
        found["skopeo"] = _printed(["skopeo", "--version"], dict(os.environ)).split()[2]
    return {name: version or "unknown" for name, version in found.items()}


def _printed(argv: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout
