"""Types of Terraform providers as Pulumi's bridge presents them: all that random and tls have in common.

Such a resource exists in the state alone. Inputs that are not given show as outputs with their defaults, and a diff
compares those with the old *outputs*, so that a default that changed, or was not yet known to the version that made
the state, is handled like a value that was given. The state has the id among its outputs, and ``__meta`` with the
version of its schema if that is above 0.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from engine.plugins.changes import Change, Diff, compare
from engine.plugins.fields import Field, normalise, with_defaults
from engine.plugins.resource import Call, Checked, Created, Failure, Prior, ProviderError, Resource
from engine.plugins.values import UNKNOWN, Properties, Secret, has_unknown, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plugins.values import Value

_RAW_STATE: Final = "__pulumi_raw_state_delta"


class BridgedResource(Resource):
    """One type of a bridged provider.

    Attributes:
        fields: its inputs.
        computed: the outputs that only the created resource has; the id is not among them.
        secrets: the outputs that are secret.
        schema_version: what ``__meta`` says.
        id_is_output: whether the id is an output too.

    """

    fields: ClassVar[Mapping[str, Field]]
    computed: ClassVar[tuple[str, ...]]
    secrets: ClassVar[frozenset[str]] = frozenset()
    schema_version: ClassVar[int] = 0
    id_is_output: ClassVar[bool] = True

    def check(self, call: Call, old_inputs: Properties, inputs: Properties) -> Checked:  # noqa: ARG002
        """Validate the inputs: types and ranges of the fields, then ``faults``."""
        normal, failures = normalise(self.fields, inputs)
        if not failures:
            failures = self.faults(reveal(self.planned(normal)))
        return Checked(normal, failures)

    def diff(self, call: Call, prior: Prior, inputs: Properties) -> Diff:
        """Compare the planned outputs with those in the state."""
        planned = self.planned(inputs)
        given = {name: value for name, value in prior.state.items() if name in self.fields}
        before = self.tidied(self.planned(given))
        replaces = {name for name in self.fields if self.replaces(name, before, planned)}
        found = compare(before, self.tidied(planned), replace_on=replaces)
        changes = dict(found.changes) | dict(self.aged(call, prior, planned))
        return Diff({path: change for path, change in changes.items() if path not in call.ignore_changes})

    def create(self, call: Call, inputs: Properties) -> Created:
        """Make the resource from the planned inputs; in a preview, all that is computed is unknown."""
        planned = self.planned(inputs)
        if call.preview:
            names = (*self.computed, "id") if self.id_is_output else self.computed
            return Created("", {**dict.fromkeys(names, UNKNOWN), **self._marked(planned)})
        return self.created(*self.make(call, planned), planned)

    def update(self, call: Call, prior: Prior, inputs: Properties) -> Properties:  # noqa: ARG002
        """Take over what changed in place; what was computed stays."""
        kept = {name: value for name, value in prior.state.items() if name not in self.fields and name != _RAW_STATE}
        return self._marked(kept | self.planned(inputs))

    def read(self, call: Call, prior: Prior) -> Prior | None:  # noqa: ARG002
        """Trust the state; without one, import from the id."""
        if prior.state:
            return Prior(prior.id, self._marked(prior.state), prior.inputs)
        identity, computed, inputs = self.adopt(prior.id)
        created = self.created(identity, computed, self.planned(inputs))
        return Prior(created.id, created.state, inputs)

    def planned(self, inputs: Properties) -> Properties:
        """Return the outputs that follow from the inputs alone."""
        return with_defaults(self.fields, inputs)

    def created(self, identity: str, computed: Properties, planned: Properties) -> Created:
        """Put a state together."""
        state = planned | computed
        if self.id_is_output:
            state["id"] = identity
        if self.schema_version:
            state["__meta"] = json.dumps({"schema_version": str(self.schema_version)}, separators=(",", ":"))
        return Created(identity, self._marked(state))

    @abstractmethod
    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:
        """Return the id and the computed outputs of a new resource."""

    def faults(self, planned: Properties) -> list[Failure]:  # noqa: ARG002
        """Return what is wrong with inputs that are valid one by one. Values may be ``UNKNOWN``, none is secret."""
        return []

    def replaces(self, name: str, before: Properties, planned: Properties) -> bool:  # noqa: ARG002
        """Tell whether a change of this input needs a replacement."""
        return self.fields[name].replaces

    def aged(self, call: Call, prior: Prior, planned: Properties) -> Mapping[str, Change]:  # noqa: ARG002
        """Return what differs although no input does."""
        return {}

    def adopt(self, identity: str) -> tuple[str, Properties, Properties]:  # noqa: ARG002
        """Return id, computed outputs and inputs of an existing resource with this import id."""
        message = f"{self.token} cannot be imported"
        raise ProviderError(message)

    def tidied(self, planned: Properties) -> Properties:
        """Return the properties as a diff compares them: an empty map is none at all."""
        return {name: None if value == {} else value for name, value in planned.items()}

    def _marked(self, state: Properties) -> Properties:
        return {name: self._mark(name, value) for name, value in state.items()}

    def _mark(self, name: str, value: Value) -> Value:
        plain = isinstance(value, Secret) or value is UNKNOWN or has_unknown(value)
        return Secret(value) if name in self.secrets and not plain else value
