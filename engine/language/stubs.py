"""The SDK's generated messages without the SDK.

`import pulumi` takes three times as long as gRPC itself, and the host needs nothing of it: programs run in processes
of their own. Bare packages with the right search path stand in for its `__init__` modules.
"""

import importlib.util
import sys
import types
from pathlib import Path

_BARE_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def _stand_in() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the Pulumi SDK is not installed in the engine's virtual environment")
    root = Path(spec.submodule_search_locations[0])
    for name in _BARE_PACKAGES:
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package


if "pulumi" not in sys.modules:
    _stand_in()

from pulumi.runtime.proto import (  # noqa: E402
    analyzer_pb2,
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
)

__all__ = ["analyzer_pb2", "language_pb2", "language_pb2_grpc", "plugin_pb2"]
