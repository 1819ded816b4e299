"""What the resource of the deletion does, on plain values as a Pulumi state has them."""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from towpath.access.registry_access import RegistryAccess
from towpath.errors import TowpathError
from towpath.images.deletion.carry_out import carry_out
from towpath.images.deletion.outcome import Outcome
from towpath.images.deletion.saved_run import (
    RunOutcome,
    SavedManifest,
    SavedRun,
    by_repository,
    run_name,
    write,
)
from towpath.images.deletion.step import Step, steps_of
from towpath.images.errors import DeletionError, SavedManifestsError
from towpath.images.retention.decide import RunningImage

_SHOWN = 20

Tell = Callable[[str], None]
Properties = Mapping[str, Any]


def is_due(old: Properties, new: Properties) -> bool:
    """Whether the program just planned anything to delete, or nothing where the last run failed and was said to.

    No other difference from the state matters. The same plan again is due, since its images came back; but a refresh,
    too, hands the state's own plan over.
    """
    is_wanted = bool(new["deletions"] or new["untaggings"] or old.get("failures"))
    return is_wanted and new["planned_at"] != old.get("planned_at")


def delete_images(inputs: Properties, runs: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Carry the plan out; return the outputs `run`, `deleted`, `untagged`, `skipped`, `failures` and `runs`.

    `runs` counts those before that deleted something, and in the outputs this one too. `failures` says in lines what
    was done and what was not: what a run did comes into the state however it ended.
    `folder` is where a relative path of `save_folder` begins. Nobody is asked where there is nothing to do. Raises
    SshError and RegistryError where the registry is not reached at all.
    """
    steps = steps_of(inputs)
    if not steps:
        return {"run": "", "deleted": [], "untagged": [], "skipped": [], "failures": [], "runs": runs}
    run = _Run(folder / inputs["save_folder"], inputs["stack"], inputs["registry"])
    outcome = asyncio.run(_carried_out(inputs, steps, run))
    run.end(outcome)
    for step, reason in outcome.skipped:
        tell(f"{step.described} stays: {reason}")
    saved = f"; saved in {run.place}" if run.place else ""
    tell(f"{len(outcome.deleted)} manifests and {len(outcome.untagged)} tags deleted{saved}")
    return {
        "run": run.name,
        "deleted": [step.name for step in outcome.deleted],
        "untagged": [step.name for step in outcome.untagged],
        "skipped": [f"{step.name}: {reason}" for step, reason in outcome.skipped],
        "failures": _failures(inputs["registry"], outcome, len(steps), run.place) if outcome.failures else [],
        "runs": runs + bool(outcome.deleted or outcome.untagged),
    }


class _Run:
    """Saves what is about to go in parts, which become one file at the end."""

    def __init__(self, folder: Path, stack: str, registry: str) -> None:
        self.name = run_name(dt.datetime.now(dt.UTC))
        self._folder = folder
        self._run = SavedRun(run=self.name, stack=stack, registry=registry)
        self._saved: list[SavedManifest] = []
        self._parts: list[Path] = []

    @property
    def place(self) -> Path | None:
        """The one file; None where nothing was saved."""
        return self._parts[0].with_name(f"{self.name}.json") if self._parts else None

    def save(self, manifests: tuple[SavedManifest, ...]) -> None:
        part = self._run.model_copy(update={"manifests": manifests})
        self._parts.append(write(self._folder, part, len(self._parts)))
        self._saved += manifests

    def end(self, outcome: Outcome) -> None:
        if self.place is None:
            return
        said = RunOutcome(
            deleted=tuple(step.name for step in outcome.deleted),
            untagged=tuple(step.name for step in outcome.untagged),
            skipped=tuple(f"{step.name}: {reason}" for step, reason in outcome.skipped),
            not_done=tuple(step.name for step in outcome.not_done),
        )
        whole = self._run.model_copy(update={"manifests": by_repository(self._saved), "outcome": said})
        try:
            write(self._folder, whole)
        except SavedManifestsError as error:
            outcome.failures.append(str(error))
            return
        for part in self._parts:
            with suppress(OSError):  # one that is left says nothing that the whole does not
                part.unlink()


async def _carried_out(inputs: Properties, steps: Sequence[Step], run: _Run) -> Outcome:
    """Ask the cluster once more: between the plan and now a person looked at a preview, and pods came."""
    try:
        running = await _in_use(inputs.get("cluster"))
    except TowpathError as error:
        failure = f"the cluster could not be asked what its pods use by now, so nothing was deleted: {error}"
        return Outcome(failures=[failure], not_done=list(steps))
    async with RegistryAccess.from_record(inputs["access"]).session() as session:
        return await carry_out(session, steps, run.save, running)


async def _in_use(cluster: Mapping[str, Any] | None) -> frozenset[RunningImage]:
    if cluster is None:
        return frozenset()
    from towpath.cluster.access import ClusterAccess  # noqa: PLC0415 only stacks with a cluster pay for it
    from towpath.images.deletion.in_use import images_in_use  # noqa: PLC0415 as above

    return await images_in_use(ClusterAccess.from_record(cluster))


def raise_for(failures: Sequence[str]) -> None:
    """Raise DeletionError if the last run failed. `failures` are those of its outputs."""
    if failures:
        raise DeletionError("\n".join(failures))


def _failures(registry: str, outcome: Outcome, steps: int, place: Path | None) -> list[str]:
    done = len(outcome.deleted) + len(outcome.untagged)
    saved = f", saved in {place} for `python -m towpath images restore`" if place and done else ""
    head = (
        f"{registry}: {len(outcome.not_done)} of {steps} deletions were not done, {done} were{saved}; the next "
        "`pulumi up` plans anew and goes on from there:"
    )
    return [
        head,
        *(f"  - {failure}" for failure in outcome.failures[:_SHOWN]),
        *(f"  not done: {step.described}" for step in outcome.not_done[:_SHOWN]),
        *([f"  and {len(outcome.not_done) - _SHOWN} more"] if len(outcome.not_done) > _SHOWN else []),
    ]
