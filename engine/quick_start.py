"""The start of a process that imports the Pulumi SDK, of which it needs a part: a sixth of the time, and more later.

`launch.py` and `language/executor.py` run this file by its path, since they import nothing of ours; for the same reason
it imports nothing of ours either.
"""

from __future__ import annotations

import gc
import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

# The SDK imports its Automation API for whoever may use it: programs and providers are run by an engine, and few do.
_SELDOM_USED = frozenset({"pulumi.automation"})
# What is imported stays, and a collector that looks through it at every 700th object finds nothing. mypy does the same.
_OBJECTS_BEFORE_A_COLLECTION = 100_000


class _Deferred:
    """Finds the modules that are seldom used; they are executed at the first look at what is in them."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _SELDOM_USED:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


def begin() -> None:
    """Do so; call it before the SDK is imported."""
    gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION)
    sys.meta_path.insert(0, _Deferred())
