"""Plugins that start while the program is still being imported.

The engine starts a plugin when it first meets a resource of its package, and one plugin after the other: where a
resource waits for an output of another plugin's, the starts add up. Asking for a function of a package starts its
plugin without a resource; the answer to this one is always that there is no such function, which nobody reads. The
state gets the package's default provider by it, as by a resource, even where the settings turn out not to hold.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import metadata
from typing import Any

import grpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub
from pulumi.runtime.settings import get_monitor

DYNAMIC = "pulumi-python"
"""The package of dynamic resources, which come without a version."""
_SDKS = {"command": "pulumi_command", "random": "pulumi_random", "tls": "pulumi_tls"}
_NO_FUNCTION = "index:nothing"


def needed_packages(configuration: Mapping[str, str]) -> list[str]:
    """Return packages whose plugins a stack needs if it comes so far, and in a chain, in the order of the chain.

    `configuration` maps `towpath:GROUP` to JSON. It is not checked here: to read settings is most of what is imported.
    """
    nodes, registry = (_group(configuration, name) for name in ("nodes", "registry"))
    members, kind = nodes.get("members"), registry.get("kind", "container")
    if not (members or kind == "deployment" or _group(configuration, "namespaces")):
        return []
    signed = kind != "none" and _mapping(registry.get("certificate")).get("source") != "provided"
    return [*(["tls"] if signed else []), "random", DYNAMIC, *(["command"] if members else [])]


def start_plugins(packages: Iterable[str]) -> None:
    """Have the engine start the plugins of these packages, in this order, and return at once.

    One that is not there fails the run, as with its first resource. Without an engine there is nothing to start.
    """
    monitor = get_monitor()
    if isinstance(monitor, ResourceMonitorStub):
        asked = [question(package) for package in packages]
        threading.Thread(target=_ask, args=(monitor, asked), name="plugin-start", daemon=True).start()


def question(package: str) -> resource_pb2.ResourceInvokeRequest:
    """Return what a package is asked, in the version of its SDK: another one would start a plugin of its own."""
    version = metadata.version(_SDKS[package]) if package in _SDKS else ""
    return resource_pb2.ResourceInvokeRequest(tok=f"{package}:{_NO_FUNCTION}", version=version)


def _ask(monitor: ResourceMonitorStub, questions: Iterable[resource_pb2.ResourceInvokeRequest]) -> None:
    for each in questions:
        with suppress(grpc.RpcError):
            monitor.Invoke(each)


def _group(configuration: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        return _mapping(json.loads(configuration.get(f"towpath:{name}", "{}")))
    except ValueError:
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
