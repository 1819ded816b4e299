"""An S3 endpoint in memory (moto) for tests of a registry on shared storage, reachable by nodes and pods of the lab.

    with S3Server(folder) as s3:                    # or the session fixture `s3`, on the lab's host address
        s3.create_bucket("images")
        settings = s3.registry_storage("images")    # `storage.s3` of a registry's config.yml, credentials included
        s3.keys("images")                           # {key: bytes} of everything stored

`s3.url` (plain HTTP), `s3.region`, `ACCESS_KEY` and `SECRET_KEY` are for settings of a stack. The host address of the
closed network is this machine's own, and the lab's firewall stops only what is forwarded, so nodes and pods reach it
without a rule. moto looks at no signature: it takes any credentials, so a wrong password cannot be tested here.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3  # type: ignore[import-untyped]
import httpx

from tests.lab.registry_server import free_port

LAB_HOST, LOOPBACK = "10.89.0.1", "127.0.0.1"
REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY = "towpath-test", "only-for-the-test-bucket"
START_SECONDS = 180
_KEYS_A_REQUEST = 1000


@dataclass
class S3Server:
    """One server. As a context manager it is started, answers, and is stopped; what it stored goes with it."""

    folder: Path
    """Where its log goes."""
    host: str = LOOPBACK
    """The address it listens on: LOOPBACK, or LAB_HOST while the lab runs."""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint, path-style."""
        return f"http://{self.host}:{self.port}"

    @property
    def region(self) -> str:
        """The region in which buckets are made; any other does not find them."""
        return REGION

    @property
    def log(self) -> str:
        """Every request so far, a line each."""
        return (self.folder / "s3.log").read_text()

    def __enter__(self) -> Self:
        """Start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        with (self.folder / "s3.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "--host", self.host, "--port", str(self.port)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the S3 server did not start:\n{self.log[-2000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """Stop it, as a storage that goes away; nothing is kept."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def create_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        self._client().create_bucket(Bucket=name)

    def delete_bucket(self, name: str) -> None:
        """Delete a bucket with everything in it."""
        keys = list(self.keys(name))
        for at in range(0, len(keys), _KEYS_A_REQUEST):
            part = [{"Key": key} for key in keys[at : at + _KEYS_A_REQUEST]]
            self._client().delete_objects(Bucket=name, Delete={"Objects": part, "Quiet": True})
        self._client().delete_bucket(Bucket=name)

    def keys(self, bucket: str, prefix: str = "") -> dict[str, int]:
        """Return every object's key and size in bytes: equal answers mean nothing written or deleted."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def registry_storage(self, bucket: str, root: str = "/") -> dict[str, Any]:
        """Return what stands under `storage.s3` in the config.yml of a registry 3.x that keeps its data here."""
        return {
            "accesskey": ACCESS_KEY,
            "secretkey": SECRET_KEY,
            "region": self.region,
            "regionendpoint": self.url,
            "forcepathstyle": True,
            "secure": False,
            "bucket": bucket,
            "rootdirectory": root,
        }

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/moto-api/", timeout=20, trust_env=False).status_code < 500
        except httpx.HTTPError:
            return False
