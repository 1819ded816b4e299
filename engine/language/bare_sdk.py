"""The SDK's generated messages without the SDK.

`import pulumi` takes three times as long as gRPC itself, and the host needs only the messages: programs run in
processes of their own.
"""

import importlib.util
import sys
import types
from pathlib import Path

_BARE_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def stand_in() -> None:
    """Let `pulumi.runtime.proto` be imported in this process without what its parent packages import.

    Bare packages with the right search path take the place of the real ones; call it before any of them is imported.
    Raises ImportError if the SDK is not installed.
    """
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the Pulumi SDK is not installed in the engine's virtual environment")
    root = Path(spec.submodule_search_locations[0])
    for name in _BARE_PACKAGES:
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
