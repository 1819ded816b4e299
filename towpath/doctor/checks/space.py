"""Space for images. kubelet begins to evict pods below 15 % (its default for imagefs.available)."""

from collections.abc import Iterable

from towpath.doctor.answer import Space
from towpath.doctor.finding import Finding, fail, ok, warn

_WARN_PERCENT = 15
_FAIL_PERCENT = 5
_PERCENT = 100
_KIB_A_GIB = 1024**2


def space_findings(spaces: Iterable[Space]) -> list[Finding]:
    """Judge each file system once, whatever the number of folders on it."""
    by_device: dict[tuple[str, int], list[Space]] = {}
    for space in spaces:
        by_device.setdefault((space.device, space.total_kib), []).append(space)
    return [_finding(on_it) for on_it in by_device.values()]


def _finding(on_it: list[Space]) -> Finding:
    space = on_it[0]
    folders = ", ".join(dict.fromkeys(each.folder for each in on_it))
    percent = space.free_kib * _PERCENT // max(space.total_kib, 1)
    shown = f"{space.free_kib / _KIB_A_GIB:.1f} GiB free of {space.total_kib / _KIB_A_GIB:.1f} ({percent} %)"
    way_out = "remove images (docker image prune, crictl rmi --prune), or give the file system more space"
    check = f"space {folders}"
    if percent < _FAIL_PERCENT:
        return fail(check, shown, way_out)
    return warn(check, shown, way_out) if percent < _WARN_PERCENT else ok(check, shown)
