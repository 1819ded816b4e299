"""One collection of a Deployment at a time: a Lease beside it, renewed while the collection runs.

Whether its holder is gone is judged by what is seen here, not by the clocks of two machines (as client-go's leader
election does): a Lease that is not renewed for its duration belongs to nobody.
"""

import asyncio
import datetime as dt
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from towpath.cluster.client import Call, ClusterClient
from towpath.cluster.errors import ConflictError, NotFoundError
from towpath.errors import TowpathError
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.write_lock import MANAGER

DURATION_SECONDS: float = 15
_RENEWED_EVERY_SECONDS = 3
LOOKED_EVERY_SECONDS = 1.0


@dataclass
class Lease:
    """Held by one run."""

    client: ClusterClient
    namespace: str
    name: str
    holder: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")

    @asynccontextmanager
    async def held(self, tell: Callable[[str], None]) -> AsyncIterator[None]:
        """Hold it. Raises CollectionError where another collection is alive, and kinds of ClusterError."""
        await self._take(tell)
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            await self._give_up()

    async def _take(self, tell: Callable[[str], None]) -> None:
        found = await self._found()
        if found is None:
            await self._create()
            return
        tell(
            f"another collection ({_holder(found)}) has begun; looking for {DURATION_SECONDS:.0f} s whether it is alive"
        )
        for _ in range(max(1, round(DURATION_SECONDS / LOOKED_EVERY_SECONDS))):
            await asyncio.sleep(LOOKED_EVERY_SECONDS)
            now = await self._found()
            if now is None:
                await self._create()
                return
            if now["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
                raise CollectionError(f"another collection is under way ({_holder(now)}); wait for its end")
        document = {**found, "spec": self._spec()}
        await self._write("PUT", self._path, document)

    async def _create(self) -> None:
        metadata = {"name": self._object, "namespace": self.namespace}
        document = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": self._spec()}
        await self._write("POST", self._path.rpartition("/")[0], document)

    async def _write(self, method: str, path: str, document: dict[str, Any]) -> None:
        query = {"fieldManager": MANAGER}
        try:
            await self.client.send(Call(method, path, f"taking Lease {self._object}", query, document))
        except ConflictError as error:
            # A request whose answer was lost is sent again, and its first time may have been heard.
            if await self.is_ours():
                return
            raise CollectionError("another collection began at the same moment; wait for its end") from error

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(min(_RENEWED_EVERY_SECONDS, DURATION_SECONDS / 3))
            with suppress(TowpathError):
                found = await self._found()
                if found and _holder(found) == self.holder:
                    document = {**found, "spec": self._spec()}
                    query = {"fieldManager": MANAGER}
                    await self.client.send(Call("PUT", self._path, f"renewing Lease {self._object}", query, document))

    async def _give_up(self) -> None:
        """Delete it, if it is ours still; one that stays only makes the next collection wait."""
        with suppress(TowpathError):
            found = await self._found()
            if found and _holder(found) == self.holder:
                await self.client.send(Call("DELETE", self._path, f"giving up Lease {self._object}"))

    async def is_ours(self) -> bool:
        """Whether nobody has taken it over. Raises kinds of ClusterError."""
        found = await self._found()
        return found is not None and _holder(found) == self.holder

    async def _found(self) -> dict[str, Any] | None:
        try:
            return await self.client.get(self._path, f"looking for Lease {self._object}")
        except NotFoundError:
            return None

    def _spec(self) -> dict[str, Any]:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": max(1, round(DURATION_SECONDS)),
            "renewTime": now,
        }

    @property
    def _object(self) -> str:
        return f"{self.name}-collection"

    @property
    def _path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{self._object}"


def _holder(lease: dict[str, Any]) -> str:
    return str((lease.get("spec") or {}).get("holderIdentity") or "nobody")
