"""The others who copy: `skopeo sync`, `regsync`, and `crane copy`, one image at a time or four."""

import base64
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from bench.images_copying.ends import Ends
from bench.pulumi_project import run
from bench.regclient import regclient
from tests.lab.registry_server import program


class SkopeoSync:
    """`skopeo sync --all` of one list."""

    name = "skopeo"

    def __init__(self, folder: Path) -> None:
        """Keep its files in a folder."""
        self._folder = folder

    def prepare(self, ends: Ends) -> None:
        """Write the list, the logins and the CAs."""
        cas = {}
        for end, pem in (("source", ends.source_ca_pem), ("target", ends.target_ca_pem)):
            cas[end] = self._folder / f"{end}-ca"
            cas[end].mkdir(exist_ok=True)
            (cas[end] / "ca.crt").write_text(pem, encoding="utf-8")
        wanted = {"images": {name: ["1"] for name in ends.repositories}, "cert-dir": str(cas["source"])}
        listed = self._folder / "sync.yml"
        listed.write_text(yaml.safe_dump({ends.source: wanted}), encoding="utf-8")
        login = f"{write_login(self._folder, ends)}/config.json"
        options = ["--all", "--preserve-digests", "--authfile", login, "--dest-cert-dir", str(cas["target"])]
        self._argv = ["skopeo", "sync", *options, "--src", "yaml", "--dest", "docker", str(listed), ends.target]

    def copy(self) -> None:
        """Copy."""
        run(self._argv, self._folder, os.environ)

    again = copy

    def forget(self) -> None:
        """Keep nothing."""


class RegSync:
    """`regsync once` of one list, as many images at a time as Towpath copies."""

    name = "regsync"

    def __init__(self, folder: Path, at_once: int) -> None:
        """Keep its files in a folder."""
        self._folder = folder
        self._at_once = at_once

    def prepare(self, ends: Ends) -> None:
        """Write the list, the logins and the CAs."""
        login = {"user": ends.username, "pass": ends.password, "tls": "enabled", "reqConcurrent": 8}
        cas = {ends.source: ends.source_ca_pem, ends.target: ends.target_ca_pem}
        wanted = {
            "version": 1,
            "creds": [{"registry": host, "regcert": pem, **login} for host, pem in cas.items()],
            "defaults": {"parallel": self._at_once},
            "sync": [
                {"source": f"{ends.source}/{name}:1", "target": f"{ends.target}/{name}:1", "type": "image"}
                for name in ends.repositories
            ],
        }
        self._listed = self._folder / "regsync.yml"
        self._listed.touch(mode=0o600)
        self._listed.write_text(yaml.safe_dump(wanted), encoding="utf-8")

    def copy(self) -> None:
        """Copy."""
        run([regclient("regsync"), "once", "--config", str(self._listed)], self._folder, os.environ)

    again = copy

    def forget(self) -> None:
        """Keep nothing."""


class CraneCopy:
    """`crane copy`, a process an image; several at a time only if told so."""

    def __init__(self, folder: Path, at_once: int) -> None:
        """Keep its files in a folder."""
        self.name = "crane" if at_once == 1 else f"crane, {at_once} at once"
        self._folder = folder
        self._at_once = at_once

    def prepare(self, ends: Ends) -> None:
        """Write the login and the CAs."""
        bundle = self._folder / "cas.pem"
        bundle.write_text(ends.source_ca_pem + ends.target_ca_pem, encoding="utf-8")
        self._environment = {"SSL_CERT_FILE": str(bundle), "DOCKER_CONFIG": write_login(self._folder, ends)}
        self._ends = ends
        self._crane = str(program("crane"))

    def copy(self) -> None:
        """Copy."""
        with ThreadPoolExecutor(self._at_once) as pool:
            list(pool.map(self._one, self._ends.repositories))

    again = copy

    def forget(self) -> None:
        """Keep nothing."""

    def _one(self, name: str) -> None:
        argv = [self._crane, "copy", f"{self._ends.source}/{name}:1", f"{self._ends.target}/{name}:1"]
        subprocess.run(argv, env=self._environment, check=True, capture_output=True)


def write_login(folder: Path, ends: Ends) -> str:
    """Write a Docker configuration with both logins; return its folder."""
    where = folder / "docker"
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(mode=0o700)
    secret = base64.b64encode(f"{ends.username}:{ends.password}".encode()).decode()
    auths = {host: {"auth": secret} for host in (ends.source, ends.target)}
    (where / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
    return str(where)
