"""`images restore`: put deleted images back."""

import asyncio
import sys
from typing import Annotated

import typer

from towpath.cli.connection import OptionsError
from towpath.cli.stack_context import StackContext, stack_context
from towpath.images.deletion.restore import Restored, choose, missing, restore
from towpath.images.deletion.saved_run import SavedManifest, SavedRun, read_all
from towpath.oci.reference import Reference

_LAST = "last"


def restore_images(
    stack: Annotated[str, typer.Option("--stack", "-s", help="the Pulumi stack whose registry it is")],
    references: Annotated[
        list[str] | None, typer.Argument(help="NAME:TAG or NAME@DIGEST; without any, and without --run: list them")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="only of this deletion, or of the last one: last")] = None,
) -> None:
    """Put deleted images and their tags back, as long as no garbage collection took their layers."""
    context = stack_context(stack)
    folder = context.project / context.settings.images.save_folder
    runs = _runs(read_all(folder, context.name), run)
    if not references and run is None:
        _list(runs, str(folder / context.name))
        return
    wanted = [_reference(text, context) for text in references or []]
    chosen = choose(runs, wanted)
    if unknown := missing(chosen, wanted):
        names = ", ".join(str(each) for each in unknown)
        raise OptionsError(f"nothing is saved of {names}; `images restore -s {stack}` lists what is")
    if not _told(asyncio.run(_restore(context, chosen))):
        raise typer.Exit(1)


def _runs(runs: list[SavedRun], wanted: str | None) -> list[SavedRun]:
    if wanted is None:
        return runs
    found = runs[:1] if wanted == _LAST else [run for run in runs if run.run == wanted]
    if not found:
        known = ", ".join(run.run for run in runs) or "none"
        raise OptionsError(f"there is no deletion {wanted}; saved are: {known}")
    return found


def _reference(text: str, context: StackContext) -> Reference:
    registry = context.access.registry
    reference = Reference.parse(text, registry)
    if reference.registry != registry:
        raise OptionsError(f"{text} is of another registry than {registry}, that of stack {context.name}")
    return reference


async def _restore(context: StackContext, chosen: list[SavedManifest]) -> Restored:
    async with context.access.session() as session:
        return await restore(session, chosen)


def _told(result: Restored) -> bool:
    for heading, lines in (("back", result.put), ("there", result.present)):
        sys.stdout.writelines(f"{heading}: {line}\n" for line in lines)
    for heading, lines in (("left", result.left), ("lost", result.lost)):
        sys.stderr.writelines(f"towpath: {heading}: {line}\n" for line in lines)
    return not result.left and not result.lost


def _list(runs: list[SavedRun], place: str) -> None:
    if not runs:
        sys.stdout.write(f"no deletion is saved in {place}\n")
    for run in runs:
        end = "" if run.outcome else ", which did not come to its end"
        sys.stdout.write(f"{run.run} {run.registry}: {len(run.manifests)} manifests{end}\n")
        for each in run.manifests:
            tags = f" ({', '.join(each.tags)})" if each.tags else ""
            sys.stdout.write(f"  {each.name}{tags}: {each.reason}\n")
