"""A real registry server as a process on a loopback port, with TLS and htpasswd, for tests and benchmarks.

Two releases: the current one, which the lab builds from its Go module, and Debian's 2.8.2, unpacked from its package
into ~/.cache/towpath/registries and never installed, so that no service starts.
"""

import datetime as dt
import fcntl
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import bcrypt
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lab import programs
from lab.paths import Paths
from lab.progress import Progress

CACHE = Path.home() / ".cache/towpath/registries"
CURRENT, DEBIAN = "3.1.2", "2.8.2"
ACCOUNT, PASSWORD = "pusher", "only-for-loopback"
START_SECONDS = 180


def program(name: str) -> Path:
    """Return the path of `3.1.2`, `2.8.2` or `crane`, made first where it is missing; one process at a time makes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name == DEBIAN:
            path = CACHE / name
            if not path.exists():
                _unpack_debian(path)
            return path
        built = programs.ensure(Paths(), Progress())
        return built.crane if name == "crane" else built.registry


def _unpack_debian(path: Path) -> None:
    folder = CACHE / "debian"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run(["apt-get", "download", "docker-registry"], cwd=folder, check=True, capture_output=True)
    package = next(folder.glob("docker-registry_*.deb"))
    subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True, capture_output=True)
    (folder / "usr/bin/docker-registry").rename(path)


@dataclass
class RegistryServer:
    """One server. As a context manager it is started, answers, and is stopped; its storage outlives it."""

    folder: Path
    release: str = CURRENT
    bcrypt_cost: int = 4
    delete_enabled: bool = True
    blob_descriptor_cache: str | None = "inmemory"
    further: Mapping[str, Any] = field(default_factory=dict)
    driver: Mapping[str, Any] | None = None
    """The storage driver with its settings, e.g. `{"s3": s3.registry_storage("bucket")}`; else its own folder."""
    sections: Mapping[str, Any] = field(default_factory=dict)
    """Top-level sections of its config.yml beside, or in place of, those it writes itself, e.g. `redis`."""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """`host:port`, as in a reference."""
        return f"127.0.0.1:{self.port}"

    @property
    def storage(self) -> Path:
        """The folder in which it keeps repositories and blobs."""
        return self.folder / "storage"

    @property
    def ca_pem(self) -> str:
        """The certificate to trust: its own, self-signed."""
        return (self.folder / "certificate.pem").read_text()

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "log.txt").read_text()

    def __enter__(self) -> Self:
        """Write its files and start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.storage.mkdir(exist_ok=True)
        if not self.port:
            self.port = free_port()
        if not (self.folder / "certificate.pem").exists():
            write_certificate(self.folder)
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(self.bcrypt_cost)).decode()
        (self.folder / "htpasswd").write_text(f"{ACCOUNT}:{hashed}\n")
        (self.folder / "config.yml").write_text(yaml.safe_dump(self._config()))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [program(self.release), "serve", str(self.folder / "config.yml")],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the registry did not start:\n{self.log[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; an upload in flight ends."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def state(self) -> dict[str, tuple[int, int]]:
        """Return every file of the storage with its size and its time of change: equal states mean nothing written."""
        files = (path for path in self.storage.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    def garbage_collect(self, *arguments: str) -> str:
        """Run `registry garbage-collect` on its storage, running or not, and return its output."""
        done = subprocess.run(
            [program(self.release), "garbage-collect", *arguments, str(self.folder / "config.yml")],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
        )
        return done.stdout + done.stderr

    def _answers(self) -> bool:
        context = ssl.create_default_context(cadata=self.ca_pem)
        with suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"https://{self.host}/v2/", context=context, timeout=20)
        try:
            urllib.request.urlopen(f"https://{self.host}/v2/", context=context, timeout=20)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code == 401
        except OSError:
            return False
        return False

    def _config(self) -> dict[str, Any]:
        driver = self.driver or {"filesystem": {"rootdirectory": str(self.storage)}}
        storage: dict[str, Any] = {**driver, "delete": {"enabled": self.delete_enabled}}
        if self.blob_descriptor_cache:
            storage["cache"] = {"blobdescriptor": self.blob_descriptor_cache}
        http = {
            "addr": self.host,
            "secret": "signs-upload-states",
            "tls": {"certificate": str(self.folder / "certificate.pem"), "key": str(self.folder / "key.pem")},
        }
        return {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": storage | dict(self.further),
            "auth": {"htpasswd": {"realm": "loopback", "path": str(self.folder / "htpasswd")}},
            "http": http,
            **self.sections,
        }


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def write_certificate(folder: Path) -> None:
    """Write certificate.pem (self-signed, for 127.0.0.1 and localhost) and key.pem into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "towpath loopback registry")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").touch(mode=0o600)
    (folder / "key.pem").write_bytes(pem)
