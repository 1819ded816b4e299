"""What a resource type of a plugin implements.

The engine asks in this order: ``check`` (are the inputs valid?), ``diff`` (what would change?), then ``create``,
``update`` or a replacement (``create`` of the new one, ``delete`` of the old one); ``read`` on refresh and import.
Calls come from several threads at once, one instance serves them all: keep no state in it.

Values are those of ``values``: secrets are wrapped in ``Secret`` where the package accepts them, what a preview does
not know is ``UNKNOWN``. In a preview (``call.preview``) ``create`` and ``update`` change nothing and answer with what
is known already; outside of one there are no unknowns.
"""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from engine.plugins.changes import Diff, compare
from engine.plugins.values import Properties

Severity = Literal["debug", "info", "warning", "error"]


class EngineLog(Protocol):
    """Where messages of a resource go; ``engine_log.GrpcEngineLog`` sends them to the engine."""

    def write(self, severity: Severity, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        """Show one message; see ``Call.log``."""


@dataclass(frozen=True)
class Call:
    """What surrounds one request.

    Attributes:
        urn: the resource's URN.
        name: its name, the URN's last part.
        preview: nothing may be changed, and unknown values may occur.
        timeout_seconds: the user's ``customTimeouts`` for this operation, 0 for none.
        ignore_changes: paths of properties the user wants ignored (the inputs already hold the old values).
        configuration: the provider's configuration.
        cancelled: set as soon as the engine cancels, for what waits.
        engine_log: where ``log`` writes to.

    """

    urn: str
    name: str
    engine_log: EngineLog
    preview: bool = False
    timeout_seconds: float = 0.0
    ignore_changes: tuple[str, ...] = ()
    configuration: Properties = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def log(self, message: str, severity: Severity = "info", *, ephemeral: bool = False, stream_id: int = 0) -> None:
        """Show a message beside the resource, while the call still runs.

        Messages of one non-zero ``stream_id`` are shown as one text; ephemeral ones only fill the status column.
        """
        self.engine_log.write(severity, message, urn=self.urn, stream_id=stream_id, ephemeral=ephemeral)


@dataclass(frozen=True)
class Prior:
    """A resource as the engine's state has it.

    Attributes:
        id: its id.
        state: its outputs.
        inputs: the inputs it was made from; empty in ``read`` of an import.

    """

    id: str
    state: Properties
    inputs: Properties


@dataclass(frozen=True)
class Failure:
    """One invalid input. ``property`` is its path, empty for the inputs as a whole; no secret is in the reason."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as they go on, with what was filled in; with failures, nothing goes on."""

    inputs: Properties
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Created:
    """A new resource. In a preview the id is empty and unknown outputs are ``UNKNOWN``."""

    id: str
    state: Properties


class Resource(ABC):
    """One resource type.

    Attributes:
        token: its type token, ``command:remote:Command``.
        replace_on: the inputs a change of which needs a replacement, for the default ``diff``.
        delete_before_replace: whether the old one has to go first, for the default ``diff``.

    """

    token: ClassVar[str]
    replace_on: ClassVar[frozenset[str]] = frozenset()
    delete_before_replace: ClassVar[bool] = False

    def check(self, call: Call, old_inputs: Properties, inputs: Properties) -> Checked:  # noqa: ARG002
        """Validate the inputs and fill in what has to be fixed now. ``old_inputs`` is empty for a new resource."""
        return Checked(inputs)

    def diff(self, call: Call, prior: Prior, inputs: Properties) -> Diff:  # noqa: ARG002
        """Tell what the new inputs change. The default compares them with the old inputs."""
        found = compare(prior.inputs, inputs, replace_on=self.replace_on)
        return Diff(found.changes, delete_before_replace=self.delete_before_replace)

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> Created:
        """Make the resource."""

    def update(self, call: Call, prior: Prior, inputs: Properties) -> Properties:  # noqa: ARG002
        """Change the resource in place and return its whole new state."""
        message = f"{self.token} has nothing that can be updated in place"
        raise ProviderError(message)

    def read(self, call: Call, prior: Prior) -> Prior | None:  # noqa: ARG002
        """Return the resource as it is now, ``None`` if it is gone. The default trusts the state.

        On an import ``prior.state`` is empty: fill in state and inputs from the id, or raise.
        """
        if not prior.state:
            message = f"{self.token} cannot be imported"
            raise ProviderError(message)
        return prior

    def delete(self, call: Call, prior: Prior) -> None:  # noqa: B027 - most types have nothing to remove
        """Remove the resource; one that is gone already is no error."""


class ProviderError(Exception):
    """A request failed. The message is shown to the user: no secret in it.

    ProviderError
     └── PartialFailure   the resource exists, but not as wished
    """


class PartialFailure(ProviderError):  # noqa: N818 - it is a state of the resource first
    """The resource was made or changed, but not wholly: the engine keeps this state and tries an update next time."""

    def __init__(self, reasons: list[str], created: Created, inputs: Properties | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.created = created
        self.inputs = inputs
