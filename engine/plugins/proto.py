"""The SDK's gRPC stubs, loaded without running the SDK.

``import pulumi.runtime.proto`` executes the whole ``pulumi`` package first (0.35 s); a plugin needs none of it. The
stub modules import each other relatively only, so they load as well from a package of our own whose search path is the
SDK's folder: 0.12 s with gRPC, and ``sys.modules`` never holds a half-made ``pulumi``. A process may load both:
protobuf keeps one class a message. This is the one place that knows of it; everyone else imports the modules from here.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

_PACKAGE = f"{__name__}_stubs"


def load(name: str) -> ModuleType:
    """Import one stub module of the SDK by its bare name, such as ``provider_pb2``.

    Raises:
        ModuleNotFoundError: the ``pulumi`` distribution is not installed, or has no such stub.

    """
    if _PACKAGE not in sys.modules:
        spec = importlib.util.find_spec("pulumi")
        if spec is None or not spec.submodule_search_locations:
            message = "the Pulumi SDK is not installed: run `make setup`"
            raise ModuleNotFoundError(message)
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(Path(spec.submodule_search_locations[0], "runtime", "proto"))]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}")


if not TYPE_CHECKING:
    engine_pb2 = load("engine_pb2")
    engine_pb2_grpc = load("engine_pb2_grpc")
    plugin_pb2 = load("plugin_pb2")
    provider_pb2 = load("provider_pb2")
    provider_pb2_grpc = load("provider_pb2_grpc")
    status_pb2 = load("status_pb2")

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "load",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
