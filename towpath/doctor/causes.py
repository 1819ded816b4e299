"""One fault, one failing line: what fails only because something else does is told as a consequence."""

from collections.abc import Iterable
from dataclasses import replace

from towpath.doctor.finding import Finding, Row, State


def because(node: str, finding: Finding, causes: Iterable[Row]) -> Finding:
    """Return a failure as skipped if one of its possible causes failed; all else as it is."""
    if finding.state is not State.FAIL:
        return finding
    cause = next((row for row in causes if row.finding.state is State.FAIL), None)
    if cause is None:
        return finding
    place = "" if cause.node == node else f" on {cause.node}"
    found = f"{finding.found} (a consequence of: {cause.finding.check}{place})"
    return replace(finding, state=State.SKIPPED, found=found, way_out="")
