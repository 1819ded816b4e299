"""The start of a process that imports the Pulumi SDK, of which it needs a part: a sixth of the time, and more later.

`launch.py` and `language/executor.py` run this file by its path, since they import nothing of ours; for the same reason
it imports nothing of ours either.
"""

from __future__ import annotations

import gc
import sys
import threading
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# The SDK imports its Automation API for whoever may use it: programs and providers are run by an engine, and few do.
_SELDOM_USED = frozenset({"pulumi.automation"})
# What is imported stays, and a collector that looks through it at every 700th object finds nothing. mypy does the same.
_OBJECTS_BEFORE_A_COLLECTION = 100_000


class _Deferred(ModuleType):
    """Executed at the first look at what is in it. Others that look meanwhile wait, as they do for an import.

    `importlib.util.LazyLoader` lets them see half a module before Python 3.11.9 and 3.12.3.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._loader: Loader | None = None
        self._executing = threading.RLock()

    def defer(self, loader: Loader) -> None:
        """Say what executes it, now that the import system has put its own into it."""
        self._loader = loader

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever is in the module
        with self._executing:
            loader, self._loader = self._loader, None
            if loader:
                try:
                    loader.exec_module(self)
                except BaseException:
                    self._loader = loader
                    raise
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class _Deferring(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if isinstance(module, _Deferred):
            module.defer(self._loader)


class _Finder:
    """Finds the modules that are seldom used."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _SELDOM_USED:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec and spec.loader:
            spec.loader = _Deferring(spec.loader)
        return spec


def begin() -> None:
    """Do so; call it before the SDK is imported."""
    gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION)
    sys.meta_path.insert(0, _Finder())
