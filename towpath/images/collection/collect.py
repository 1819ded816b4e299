"""A collection from its first step to its last."""

import time
from dataclasses import dataclass
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.performer import Performer, Tell
from towpath.images.collection.sequence import State, Step, advance, run
from towpath.images.collection.site import Site
from towpath.images.collection.summary import describe, foreseen


@dataclass(frozen=True)
class Collected:
    """What a collection came to, as plain values: bytes are of the whole storage, by `du`, or None."""

    touched: bool
    blobs: int
    manifests: int
    bytes_before: int | None
    bytes_after: int | None
    read_only_seconds: float
    down_seconds: float
    lines: tuple[str, ...]

    def to_record(self) -> dict[str, Any]:
        """Return what a state keeps."""
        return {
            "touched": self.touched,
            "blobs": self.blobs,
            "manifests": self.manifests,
            "bytes_before": self.bytes_before,
            "bytes_after": self.bytes_after,
            "read_only_seconds": round(self.read_only_seconds, 1),
            "down_seconds": round(self.down_seconds, 1),
        }


async def collect(access: RegistryAccess, site: Site, canary_repository: str, tell: Tell) -> Collected:
    """Collect garbage, or find that there is none and leave the registry alone.

    Raises CollectionError with what was done and what was not; the registry is in service then too, unless it says so.
    """
    performer = Performer(site, access, canary_repository, tell)
    state = await run(State(), performer.perform, time.monotonic)
    if not state.succeeded:
        raise CollectionError("; ".join(describe(state)))
    return _collected(state, describe(state))


async def foresee(access: RegistryAccess, site: Site, canary_repository: str, tell: Tell) -> Collected:
    """Ask what a collection would free; changes nothing. Raises CollectionError."""
    performer = Performer(site, access, canary_repository, tell)
    state = State()
    while state.step in (Step.RESOLVE, Step.DRY_RUN):
        state = advance(state, await performer.perform(state.step))
    return _collected(state, foreseen(state))


def _collected(state: State, lines: list[str]) -> Collected:
    report = state.swept or state.eligible
    return Collected(
        touched=state.touched,
        blobs=report.blobs_eligible if report else 0,
        manifests=report.manifests_eligible if report else 0,
        bytes_before=state.before_bytes,
        bytes_after=state.after_bytes,
        read_only_seconds=state.read_only_seconds,
        down_seconds=state.down_seconds,
        lines=tuple(lines),
    )
