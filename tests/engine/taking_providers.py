"""Providers of dynamic resources that only take down what they are given, under the types that a stack has."""

from collections.abc import Iterable

_TAKING = """
from pathlib import Path

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class Taking(ResourceProvider):
    serialize_as_secret_always = False

    def diff(self, _id, olds, news):
        changed = any(olds.get(key) != value for key, value in news.items() if key != "__provider")
        return DiffResult(changes=changed, replaces=[])

    def create(self, props):
        return CreateResult("made", {**props})

    def read(self, id_, props):
        if Path("drift").exists() and props.get("machine") == "node-2":
            props = {**props, "drifted": True, "files": {**props["files"], "/etc/hosts": "two"}}
        return ReadResult(id_, props, {key: value for key, value in props.items() if key != "drifted"})

    def update(self, _id, _olds, news):
        return UpdateResult({**news})
"""
_RESOURCE = """

class {name}(Resource, module="{module}", name="{name}"):
    def __init__(self, name, props, opts=None):
        super().__init__(Taking(), name, props, opts)
"""


def taking_providers(resources: Iterable[tuple[str, str]]) -> str:
    """Return the module with a class for each (module, name), e.g. `("nodes", "NodeState")`."""
    return _TAKING + "".join(_RESOURCE.format(module=module, name=name) for module, name in resources)
