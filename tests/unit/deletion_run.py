"""Deletions of everything in a registry in memory."""

from collections.abc import Iterable

from tests.unit.slow_registry import SlowRegistry, image
from towpath.images.deletion.carry_out import carry_out
from towpath.images.deletion.outcome import Outcome
from towpath.images.deletion.saved_run import SavedManifest
from towpath.images.deletion.step import Step
from towpath.oci.manifest import Manifest

NAMES = ("a", "b", "c", "d", "e")
IMAGES = 12


def filled(seed: int = 0, names: Iterable[str] = NAMES) -> tuple[SlowRegistry, list[Step]]:
    """Images `0` to `11` in each repository, all of which are to go."""
    registry = SlowRegistry(seed)
    return registry, [
        going(name, registry.push(name, image(f"{name}{number}"), str(number)), str(number))
        for name in names
        for number in range(IMAGES)
    ]


def filled_with_small_ones(seed: int = 0) -> tuple[SlowRegistry, list[Step]]:
    registry = SlowRegistry(seed)
    names = [f"app{number:02}" for number in range(20)]
    return registry, [going(name, registry.push(name, image(name), "1"), "1") for name in names]


def going(repository: str, found: Manifest, *tags: str) -> Step:
    return Step(repository, found.digest, tags, "old")


async def run(
    registry: SlowRegistry, steps: Iterable[Step], concurrency: int = 8, saved: list[SavedManifest] | None = None
) -> Outcome:
    async with registry.session(concurrency) as session:
        return await carry_out(session, steps, (saved if saved is not None else []).extend)
