"""Changing objects in place."""

from collections.abc import Callable

from engine.plugins.kubernetes.annotations import timeout_seconds
from engine.plugins.kubernetes.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from engine.plugins.kubernetes.documents import id_of, name_in, namespace_in, nested, parse_id, to_object
from engine.plugins.kubernetes.errors import ApiError, KubernetesError, NoSuchKindError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.kinds import is_definition
from engine.plugins.kubernetes.managed_fields import Ownership, taken_over, without_ignored
from engine.plugins.kubernetes.names import field_manager
from engine.plugins.kubernetes.normalisation import normalise
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.readiness import rule_of
from engine.plugins.kubernetes.waiting import NotReadyError, wait_until_ready
from engine.plugins.resource import Created, PartialFailure, Prior
from engine.plugins.values import Properties, has_unknown

_TAKE_OVER_ATTEMPTS = 5


def update_object(operation: Operation, prior: Prior, inputs: Properties) -> Properties:
    """Change the object by server-side apply and wait until it is ready; in a preview, by a dry run.

    Raises:
        KubernetesError: nothing is known of the object after the failure.
        PartialFailure: it is there, but not as wished.

    """
    document = to_object(inputs)
    gvk = operation.gvk(document)
    document = normalise(document, gvk)
    if operation.call.preview and (has_unknown(document) or not operation.cluster.exists(gvk)):
        return inputs
    old = read_checkpoint(prior.state)
    manager = field_manager(document, old.field_manager)
    version = old.initial_api_version or str(old.inputs.get("apiVersion", ""))

    def state(live: KubeObject) -> Properties:
        return write_checkpoint(Checkpoint(live, document, version, manager), inputs)

    try:
        ownership = Ownership(manager, old.field_manager, operation.is_patch(document))
        live = _change(operation, gvk, document, name_in(old.live), ownership)
    except ApiError as error:
        if operation.call.preview and error.is_forbidden:
            return inputs
        raise _failure(operation, gvk, prior, [_explained(error)], state) from None
    except NotReadyError as error:
        raise _failure(operation, gvk, prior, [str(error), *error.problems], state) from None
    except NoSuchKindError as error:
        message = f"update of resource {operation.call.urn!r} failed: {error}; is its CustomResourceDefinition there?"
        raise KubernetesError(message) from None
    return state(live)


def _change(
    operation: Operation, gvk: GroupVersionKind, document: KubeObject, name: str, ownership: Ownership
) -> KubeObject:
    api, namespace = operation.api, namespace_in(document)
    live = api.get(gvk, namespace, name)
    if is_definition(gvk):
        version = nested(live, "metadata", "resourceVersion")
        replacement = {**document, "metadata": {**document["metadata"], "resourceVersion": version}}
        changed = api.replace(gvk, namespace, replacement, operation.write(document, ownership, live))
    else:
        if not operation.call.preview:
            live = _take_over(operation, gvk, live, ownership)
        wanted = without_ignored(document, live, operation.call.ignore_changes, ownership.manager)
        changed = api.apply(gvk, namespace, wanted, operation.write(document, ownership, live))
    rule = None if operation.call.preview else rule_of(gvk, document)
    if rule is None:
        return changed
    seconds = timeout_seconds(document, operation.call.timeout_seconds, rule.timeout_seconds)
    return wait_until_ready(operation, gvk, changed, rule, seconds)


def _take_over(operation: Operation, gvk: GroupVersionKind, live: KubeObject, ownership: Ownership) -> KubeObject:
    """Make fields that we wrote in another way those of our apply; others may write at the same time."""
    for attempt in range(1, _TAKE_OVER_ATTEMPTS + 1):
        entries = taken_over(live, ownership)
        if entries is None:
            break
        patches = [
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {
                "op": "replace",
                "path": "/metadata/resourceVersion",
                "value": nested(live, "metadata", "resourceVersion"),
            },
        ]
        try:
            return operation.api.json_patch(gvk, namespace_in(live), name_in(live), patches)
        except ApiError as error:
            if not error.is_conflict or attempt == _TAKE_OVER_ATTEMPTS:
                raise
            live = operation.api.get(gvk, namespace_in(live), name_in(live))
    return live


def _failure(
    operation: Operation,
    gvk: GroupVersionKind,
    prior: Prior,
    reasons: list[str],
    state: Callable[[KubeObject], Properties],
) -> KubernetesError | PartialFailure:
    """Return the error that keeps the object as it is now in the state, if that can be told."""
    if operation.call.preview:
        return KubernetesError(f"update of resource {operation.call.urn!r} would fail: {reasons[0]}")
    namespace, name = parse_id(prior.id)
    try:
        live = operation.api.get(gvk, namespace, name)
    except KubernetesError as error:
        return KubernetesError(f"update of resource {operation.call.urn!r} failed: {reasons[0]}; its state: {error}")
    reasons[0] = (
        f"the Kubernetes API server reported that {prior.id!r} failed to fully initialize or become live: {reasons[0]}"
    )
    return PartialFailure(reasons, Created(id_of(live), state(live)))


def _explained(error: ApiError) -> str:
    if error.is_conflict:
        return (
            f"Server-Side Apply field conflict detected: {error}. Leave the field to its manager, or take it over with "
            "the annotation pulumi.com/patchForce"
        )
    return f"{error}; `pulumi refresh` finds what is gone" if error.is_not_found else str(error)
