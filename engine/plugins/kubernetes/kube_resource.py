"""Any Kubernetes type as a resource: each request goes to its module, and no error leaves with a secret."""

import contextlib
from collections.abc import Iterator
from typing import ClassVar

from engine.plugins.changes import Change, Diff, Kind
from engine.plugins.kubernetes.annotations import REPLACE_UNREADY, is_true
from engine.plugins.kubernetes.check import check_inputs
from engine.plugins.kubernetes.checkpoint import read_checkpoint
from engine.plugins.kubernetes.cluster import Cluster
from engine.plugins.kubernetes.creation import create_object
from engine.plugins.kubernetes.deletion import delete_object
from engine.plugins.kubernetes.differences import diff_objects, with_same_scope
from engine.plugins.kubernetes.documents import name_in, namespace_in, set_metadata, to_object
from engine.plugins.kubernetes.errors import KubernetesError
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.immutable import immutable_paths
from engine.plugins.kubernetes.names import Autonaming
from engine.plugins.kubernetes.normalisation import normalise
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.pruning import prune_to_inputs
from engine.plugins.kubernetes.readiness.jobs import JOB_RULE
from engine.plugins.kubernetes.reading import read_object
from engine.plugins.kubernetes.secret_marks import redact
from engine.plugins.kubernetes.update import update_object
from engine.plugins.kubernetes.waiting import judge
from engine.plugins.resource import Call, Checked, Created, PartialFailure, Prior, ProviderError, Resource
from engine.plugins.values import Properties


class KubernetesResource(Resource):
    """One type of the package.

    Args:
        type_token: its token.
        cluster: of the provider.

    """

    token: ClassVar[str] = "kubernetes"  # noqa: S105 - of all types

    def __init__(self, type_token: str, cluster: Cluster) -> None:
        self._token = type_token
        self._cluster = cluster

    def check(self, call: Call, old_inputs: Properties, inputs: Properties) -> Checked:
        """Name and place the object; see `check`."""
        return self.check_named(call, old_inputs, inputs, Autonaming())

    def check_named(self, call: Call, old_inputs: Properties, inputs: Properties, autonaming: Autonaming) -> Checked:
        """Check, with what the engine says on names."""
        with _redacting(inputs):
            return check_inputs(self._operation(call), old_inputs, inputs, autonaming)

    def diff(self, call: Call, prior: Prior, inputs: Properties) -> Diff:
        """Compare the state with the new inputs; see `differences`."""
        operation = self._operation(call)
        new, old = to_object(inputs), read_checkpoint(prior.state)
        gvk = operation.gvk(new)
        new, made_from = normalise(new, gvk), normalise(old.inputs, gvk)
        before = prune_to_inputs(old.live, made_from)
        if name_in(new):
            set_metadata(before, "name", name_in(old.live))
        before, new = with_same_scope(before, new, namespaced=self._cluster.is_namespaced(gvk))
        immutable = immutable_paths(new, gvk, operation.settings, patch=operation.is_patch(new))
        found = diff_objects(before, new, immutable, call.ignore_changes, old.live)
        return self._with_unready(operation, new, old.live, found) if is_true(new, REPLACE_UNREADY) else found

    def create(self, call: Call, inputs: Properties) -> Created:
        """Make the object; see `creation`."""
        with _redacting(inputs):
            return create_object(self._operation(call), inputs)

    def update(self, call: Call, prior: Prior, inputs: Properties) -> Properties:
        """Change the object; see `update`."""
        with _redacting(inputs):
            return update_object(self._operation(call), prior, inputs)

    def read(self, call: Call, prior: Prior) -> Prior | None:
        """Look at the object; see `reading`."""
        with _redacting(prior.inputs):
            return read_object(self._operation(call), prior)

    def delete(self, call: Call, prior: Prior) -> None:
        """Remove the object; see `deletion`."""
        with _redacting(prior.inputs):
            delete_object(self._operation(call), prior)

    def _operation(self, call: Call) -> Operation:
        return Operation(call, self._token, self._cluster)

    def _with_unready(self, operation: Operation, new: KubeObject, live: KubeObject, found: Diff) -> Diff:
        """Add a replacement to the diff if the Job is not complete now and the user wants it replaced then."""
        gvk = operation.gvk(new)
        if gvk.kind != "Job" or self._cluster.reachable() is None:
            operation.call.log("replaceUnready: not a Job, or the cluster is unreachable: not looked at", "warning")
            return found
        try:
            job = operation.api.get(gvk, namespace_in(live), name_in(live))
            if judge(operation.api, job, JOB_RULE).ready:
                return found
        except KubernetesError:
            return found
        path = f'metadata.annotations["{REPLACE_UNREADY}"]'
        changes = {**found.changes, path: Change(Kind.UPDATE, replaces=True)}
        return Diff(changes, delete_before_replace=name_in(new) == name_in(live))


@contextlib.contextmanager
def _redacting(inputs: Properties) -> Iterator[None]:
    """Mask secret values of the inputs in errors: a server may quote what it refuses."""
    try:
        yield
    except PartialFailure as failure:
        reasons = [redact(reason, inputs) for reason in failure.reasons]
        raise PartialFailure(reasons, failure.created, failure.inputs) from None
    except ProviderError as error:
        raise ProviderError(redact(str(error), inputs)) from None
