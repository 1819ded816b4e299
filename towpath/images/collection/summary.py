"""What a collection came to, in words. No I/O."""

from rich.filesize import decimal

from towpath.images.collection.sequence import State


def describe(state: State) -> list[str]:
    """Return a line a finding: what failed and what to do, what was freed, how long it took from users."""
    lines = [f"failed: {failure}" for failure in state.failures]
    if not state.restored:
        lines.append(
            "the registry may still be read-only: look at its log, mend what it says, and run `pulumi up` again, "
            "which begins by restoring it"
        )
    if not state.touched:
        lines.append("nothing to free, the registry was not touched" if not state.failures else "nothing was touched")
        return lines
    if state.swept:
        lines.append(f"swept: {state.swept.blobs_eligible} blobs, {state.swept.manifests_eligible} manifests")
    if state.before_bytes is not None and state.after_bytes is not None:
        freed = state.before_bytes - state.after_bytes
        sizes = f"{decimal(state.before_bytes)} before, {decimal(state.after_bytes)} after"
        lines.append(f"storage: {sizes}, {decimal(freed)} freed" if freed >= 0 else f"storage: {sizes}")
    lines.append(f"read-only for {state.read_only_seconds:.1f} s, of which it was down for {state.down_seconds:.1f} s")
    return lines + [f"note: {note}" for note in state.notes]


def foreseen(state: State) -> list[str]:
    """Return what a collection would free, as its dry run says."""
    report = state.eligible
    if report is None or report.nothing_to_do:
        return ["nothing to free"]
    return [f"would sweep: {report.blobs_eligible} blobs, {report.manifests_eligible} manifests"]
