"""Somebody who pulls and pushes without a pause, and notes what does not work and for how long."""

import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Self

import httpx

from towpath.access.registry_access import RegistryAccess
from towpath.oci.manifest import Manifest
from towpath.oci.media_types import ACCEPT

PAUSE_SECONDS = 0.02
_TIMEOUT = httpx.Timeout(5, connect=0.9)
"""A connection that is not there at once is a failure: TCP's own second try, a second later, would hide an outage."""


@dataclass
class Seen:
    """What was seen."""

    pulls: int = 0
    failed_pulls: int = 0
    seconds_without_pulls: float = 0.0
    seconds_without_writes: float = 0.0


@dataclass
class Observer:
    """Pulls one image and begins uploads in a repository, in a thread, as long as the context lasts.

    Each time over a new connection, as every node's pull is: one that was opened before may outlive what new ones find.
    """

    access: RegistryAccess
    repository: str
    image: Manifest
    seen: Seen = field(default_factory=Seen)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Begin. Raises RuntimeError where it does not work even before anything is done."""
        self._trust = ssl.create_default_context(cadata=self.access.ca_pem)
        with self._client() as client:
            if not self._pulls(client) or not self._writes(client):
                raise RuntimeError(f"{self.repository} cannot be pulled from and pushed to")
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End; `seen` is complete then."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            with self._client() as client:
                pulled, wrote = self._pulls(client), self._writes(client)
            self._over.wait(PAUSE_SECONDS)
            taken = time.monotonic() - began
            self.seen.pulls += 1
            self.seen.failed_pulls += not pulled
            self.seen.seconds_without_pulls += 0 if pulled else taken
            self.seen.seconds_without_writes += 0 if wrote else taken

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://{self.access.registry}",
            auth=(self.access.username, self.access.password),
            verify=self._trust,
            trust_env=False,
            timeout=_TIMEOUT,
        )

    def _pulls(self, client: httpx.Client) -> bool:
        paths = [f"manifests/{self.image.digest}", *(f"blobs/{blob.digest}" for blob in self.image.blobs)]
        try:
            return all(
                client.get(f"/v2/{self.repository}/{path}", headers={"Accept": ACCEPT}).is_success for path in paths
            )
        except httpx.HTTPError:
            return False

    def _writes(self, client: httpx.Client) -> bool:
        try:
            opened = client.post(f"/v2/{self.repository}/blobs/uploads/")
            if opened.is_success:
                client.delete(opened.headers["Location"])
        except httpx.HTTPError:
            return False
        return opened.is_success
