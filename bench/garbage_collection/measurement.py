"""Contenders in turns on one registry: garbage is made, one collects it, and what came of it is looked at."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bench.garbage_collection.images import (
    GARBAGE,
    KEPT,
    Sizes,
    can_push_again,
    check,
    delete,
    in_session,
    push,
)
from bench.garbage_collection.observer import Observer, Seen
from bench.garbage_collection.target import Target
from bench.harness import Times, timed, turns
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest
from towpath.registry_client.errors import NotFoundError, RegistryError

SETTLE_SECONDS = 60

T = TypeVar("T", bound=Target)


@dataclass
class Found:
    """Times and what a user saw, by contender, an entry a round; and who could push an image anew that had gone."""

    times: Times = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    pushed_again: dict[str, list[bool]] = field(default_factory=dict)


@dataclass
class Measurement(Generic[T]):
    """All contenders on one registry."""

    target: T
    contenders: Mapping[str, Callable[[T], None]]
    sizes: Sizes
    found: Found = field(default_factory=Found)

    def run(self, rounds: int) -> Found:
        """Fill the registry, and let everybody collect once a round."""
        names = [str(number) for number in range(self.sizes.kept)]
        kept = in_session(self.target.access, lambda session: push(session, KEPT, names, self.sizes.layer_bytes // 10))
        self.target.put_back()
        for turn, order in enumerate(turns(list(self.contenders), rounds)):
            for name in order:
                self._take_turn(name, turn, kept)
        return self.found

    def _take_turn(self, name: str, turn: int, kept: Sequence[Manifest]) -> None:
        """Make garbage, let one contender collect it while somebody pulls and pushes, and look at what came of it."""
        access, layer_bytes = self.target.access, self.sizes.layer_bytes
        names = [f"{name.replace(', ', '-')}-{turn}-{number}" for number in range(self.sizes.garbage)]
        gone = in_session(access, lambda session: push(session, GARBAGE, names, layer_bytes))
        in_session(access, lambda session: delete(session, gone))
        with Observer(access, KEPT, kept[0]) as observer:
            timed(self.found.times, name, lambda: self.contenders[name](self.target))
            self._wait_until_answering()
        self.found.seen.setdefault(name, []).append(observer.seen)
        check(self.target.stored(), kept, gone, name)
        again = in_session(access, lambda session: can_push_again(session, gone[0], names[0], layer_bytes))
        self.found.pushed_again.setdefault(name, []).append(again)
        self.target.put_back()
        self._wait_until_answering()

    def _wait_until_answering(self) -> None:
        """Wait until the registry is there; what the observer saw until then counts."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                in_session(self.target.access, lambda session: manifest.head(session, KEPT, "0"))
            except NotFoundError as error:
                raise RuntimeError("an image that is kept has gone") from error
            except RegistryError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
