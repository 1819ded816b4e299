"""Many deletions at once: how many, in which order, and looked at how closely before."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deletion_run import IMAGES, NAMES, filled, filled_with_small_ones, going, run
from tests.unit.scripted_registry import REGISTRY
from tests.unit.slow_registry import SlowRegistry, image, index
from towpath.access.registry_access import RegistryAccess
from towpath.images.deletion import upkeep
from towpath.images.deletion.saved_run import SavedManifest, SavedRun, read_all, write
from towpath.images.deletion.step import Step
from towpath.images.deletion.upkeep import delete_images


@pytest.mark.parametrize("names", [NAMES[:1], NAMES])
@pytest.mark.parametrize("concurrency", [1, 3, 8])
async def test_as_many_are_under_way_as_the_limit_says_and_no_more(names: tuple[str, ...], concurrency: int) -> None:
    registry, steps = filled(names=names)
    most = 0

    def count(asked: str) -> None:
        nonlocal most
        if asked.startswith("DELETE"):
            most = max(most, registry.live + 1)

    registry.before = count
    outcome = await run(registry, steps, concurrency)
    assert outcome.deleted == steps
    assert (registry.most, most) == (concurrency, concurrency)


@pytest.mark.parametrize("concurrency", [1, 8])
async def test_one_small_repository_does_not_keep_the_others_waiting(concurrency: int) -> None:
    registry, steps = filled_with_small_ones()
    assert (await run(registry, steps, concurrency)).deleted == steps
    assert registry.most == concurrency


async def test_a_repository_is_read_again_only_when_its_turn_is_near() -> None:
    """Of twelve steps each and eight at once, two repositories: one that goes and the next."""
    registry, steps = filled()
    open_at_once = []

    def count(asked: str) -> None:
        if asked.endswith("list"):
            begun.add(asked.split()[1])
            open_at_once.append(sum(1 for name in begun if registry.manifests[name]))

    begun: set[str] = set()
    registry.before = count
    await run(registry, steps)
    assert len(open_at_once) == len(NAMES)
    assert max(open_at_once) == 2


@pytest.mark.parametrize("seed", range(5))
async def test_an_index_is_gone_before_its_parts_are_begun(seed: int) -> None:
    registry = SlowRegistry(seed)
    steps, pairs = [], []
    for number in range(6):
        parts = [registry.push("app", image(f"{number}{part}")) for part in "xy"]
        top = registry.push("app", index(*parts), str(number))
        pairs += [(top, part) for part in parts]
        steps.append(going("app", top, str(number)))
    steps += [going("app", part) for _, part in pairs]
    assert (await run(registry, steps)).deleted == steps
    for top, part in pairs:
        gone = registry.events.index(("answered", f"DELETE app {top.digest}"))
        assert gone < registry.events.index(("begun", f"DELETE app {part.digest}"))


async def test_nothing_comes_between_the_look_at_a_tag_and_its_deletion() -> None:
    """However many wait for a connection, with one there is, each deletion follows its own look at once."""
    registry, steps = filled()
    await run(registry, steps, concurrency=1)
    digest_of_tag = {(step.repository, step.tags[0]): step.digest for step in steps}
    before = [(first.split(), second.split()) for first, second in pairwise(registry.begun) if "DELETE" in second]
    assert len(before) == len(steps)
    for (method, repository, label), (_, _, digest) in before:
        assert (method, digest_of_tag[repository, label]) == ("HEAD", digest)


@pytest.mark.parametrize("seed", range(5))
async def test_every_manifest_is_saved_before_it_goes(seed: int) -> None:
    registry, steps = filled(seed)
    saved: list[SavedManifest] = []

    def check(asked: str) -> None:
        if asked.startswith("DELETE"):
            assert asked.split()[2] in {each.digest for each in saved}

    registry.before = check
    assert (await run(registry, steps, saved=saved)).deleted == steps


@pytest.mark.parametrize("seed", range(5))
async def test_a_tag_that_moves_meanwhile_keeps_its_image_and_what_that_needs(seed: int) -> None:
    registry = SlowRegistry(seed)
    part, shared = registry.push("app", image("part")), registry.push("app", image("shared"))
    top, other = registry.push("app", index(part, shared), "1"), registry.push("app", index(shared), "2")
    new = image("pushed just now")

    def push(asked: str) -> None:
        if asked == "HEAD app 1":
            registry.push("app", new, "1")

    registry.before = push
    steps = [going("app", top, "1"), going("app", other, "2"), going("app", part), going("app", shared)]
    outcome = await run(registry, steps)
    assert outcome.deleted == [steps[1]]
    assert [step for step, _ in outcome.skipped] == [steps[0], steps[2], steps[3]]
    assert outcome.skipped[0][1] == f"its tag 1 leads to {new.digest} by now"
    assert {why for _, why in outcome.skipped[1:]} == {f"{top.digest} stays and needs it"}


async def test_the_outcome_is_in_the_plans_order_however_the_answers_come() -> None:
    told = []
    for seed in range(5):
        registry, steps = filled(seed)
        del registry.tags["b"]["3"], registry.manifests["b"][steps[IMAGES + 3].manifest]
        registry.tags["d"]["0"] = registry.push("d", image("new")).digest
        registry.before = lambda asked, held=registry: (  # type: ignore[misc]
            held.tags["e"].pop("7", None) if asked == "HEAD e 7" else None
        )
        outcome = await run(registry, steps)
        told.append((outcome.deleted, outcome.gone, outcome.skipped, outcome.failures, outcome.not_done))
        assert outcome.deleted == [step for step in steps if step in outcome.deleted]
        assert outcome.gone == [steps[IMAGES + 3]]
        assert [step.name for step, _ in outcome.skipped] == [steps[3 * IMAGES].name, steps[4 * IMAGES + 7].name]
    assert told == [told[0]] * 5


async def test_tags_that_go_alone_go_one_by_one_before_the_manifests() -> None:
    registry = SlowRegistry()
    kept = registry.push("app", image("kept"), "new", "old-1", "old-2")
    old = [registry.push("app", image(f"{number}"), f"{number}") for number in range(4)]
    alone = [Step("app", kept.digest, (label,), "old", untag=True) for label in ("old-1", "old-2")]
    outcome = await run(registry, [*alone, *(going("app", each, str(number)) for number, each in enumerate(old))])
    assert (outcome.untagged, len(outcome.deleted)) == (alone, 4)
    last = [number for number, (_, asked) in enumerate(registry.events) if asked.startswith("DELETE app old")]
    assert [registry.events[number] for number in last] == [
        (event, f"DELETE app {label}") for label in ("old-1", "old-2") for event in ("begun", "answered")
    ]
    assert last[-1] < min(n for n, (_, asked) in enumerate(registry.events) if asked.startswith("DELETE app sha"))
    assert set(registry.tags["app"]) == {"new"}


def planned(stack: str, steps: list[Step]) -> dict[str, Any]:
    """Return the inputs of the resource that has these steps to do."""
    access = RegistryAccess(REGISTRY, "ci", "p", None).to_record()
    deletions = {
        f"{step.repository}@{step.digest}": {"turn": turn, "tags": [*step.tags], "reason": step.reason}
        for turn, step in enumerate(steps)
    }
    return {
        "registry": REGISTRY,
        "stack": stack,
        "save_folder": ".",
        "access": access,
        "deletions": deletions,
        "untaggings": {},
    }


def test_the_saved_file_is_the_same_however_the_answers_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        registry, steps = filled_with_small_ones(seed)
        with monkeypatch.context() as patched:
            patched.setattr(RegistryAccess, "session", lambda _, held=registry: held.session())
            outs = delete_images(planned(f"s{seed}", steps), 0, tmp_path, lambda _: None)
        [run] = read_all(tmp_path, f"s{seed}")
        assert outs["deleted"] == [each.name for each in run.manifests] == [step.name for step in steps]


def test_what_is_saved_is_written_twice_however_many_repositories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once before it goes, and once in the file that is left: not anew for each repository."""
    registry, steps = filled_with_small_ones()
    written = []

    def counted(folder: Path, run: SavedRun, part: int | None = None) -> Path:
        written.append(len(run.manifests))
        return write(folder, run, part)

    monkeypatch.setattr(RegistryAccess, "session", lambda _: registry.session())
    monkeypatch.setattr(upkeep, "write", counted)

    outs = delete_images(planned("dev", steps), 0, tmp_path, lambda _: None)

    assert sum(written) == 2 * len(steps)
    assert [place.name for place in (tmp_path / "dev").iterdir()] == [f"{outs['run']}.json"]
