"""`NodeState`: what a document wants of a machine, beside what a refresh finds there.

`command.remote.Command` cannot read, so drift has this companion. Its inputs are the document's summary, which a
preview can show. Its read is a read-only run of the applier. Its `repairs` counter is an input of the Command beside it
and is raised only when an `up` follows a refresh that found drift.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from towpath.machines.drift import check_machine

WISH = ("files", "restarts", "reloads", "containers")
"""The inputs that say how the machine should be; after a refresh, in the state, how it was found."""
UNCOMPARED = ("__provider", "facts")
"""The inputs that make no change: facts are for policies, and follow from what else is compared."""
KEPT = ("machine", "document", "connection", "salt", "shown", *WISH)
"""The inputs that stay as they are once the machine is gone."""


class NodeStateProvider(ResourceProvider):
    """Keeps the wish; only `read` connects to the machine."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where wish, connection or salt differ from the state; nothing ever replaces."""
        changed = any(_olds.get(key) != value for key, value in _news.items() if key not in UNCOMPARED)
        return DiffResult(changes=changed, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take the wish down."""
        return CreateResult(f"{props['document']}@{props['machine']}", {**props, "repairs": 0, "drifted": False})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look at the machine; what differs from the wish stands in the state until an `up` repairs it.

        A machine that is gone is not asked.
        """
        if props.get("gone"):
            return ReadResult(id_, props)
        found = check_machine(props["connection"], props["document"], props["salt"])
        wished = {key: props[key] for key in WISH}
        drifted = found != wished
        outs = {**props, **found, "drifted": drifted or bool(props["drifted"])}
        inputs = {key: value for key, value in outs.items() if key not in ("repairs", "drifted")}
        return ReadResult(id_, outs, inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take the new wish down, and count a repair where the machine had drifted."""
        repairs = int(_olds["repairs"]) + int(bool(_olds["drifted"]))
        return UpdateResult({**_news, "repairs": repairs, "drifted": False})


class NodeState(Resource, module="nodes", name="NodeState"):
    """The wish for one document on one machine, and the number of repairs so far."""

    repairs: pulumi.Output[int]
    """Raised by one whenever an `up` repairs drift."""
    drifted: pulumi.Output[bool]
    """Whether the last refresh found the machine otherwise than wished."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register the wish: `props` are machine, document, connection (secret), salt (secret) and the summary."""
        super().__init__(NodeStateProvider(), name, {**props, "repairs": None, "drifted": None}, opts)
