"""Making objects."""

from engine.plugins.kubernetes.annotations import timeout_seconds
from engine.plugins.kubernetes.checkpoint import Checkpoint, write_checkpoint
from engine.plugins.kubernetes.documents import id_of, name_in, namespace_in, nested, to_object
from engine.plugins.kubernetes.errors import ApiError, KubernetesError, NoSuchKindError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.managed_fields import Ownership
from engine.plugins.kubernetes.names import MANAGER_PREFIX, field_manager
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.pause import Pause
from engine.plugins.kubernetes.previews import unknown_of_new
from engine.plugins.kubernetes.readiness import rule_of
from engine.plugins.kubernetes.waiting import NotReadyError, wait_until_ready
from engine.plugins.resource import Created, PartialFailure
from engine.plugins.values import Properties, has_unknown

_ORDER_SECONDS = 8.0
"""How long what an object needs, its namespace or its kind, may come after it."""


def create_object(operation: Operation, inputs: Properties) -> Created:
    """Make an object and wait until it is ready; in a preview, ask the server what it would be.

    Raises:
        KubernetesError: it was not made.
        PartialFailure: it was made, but is not ready.

    """
    document = to_object(inputs)
    gvk = operation.gvk(document)
    if operation.call.preview:
        return _preview(operation, gvk, document, inputs)
    manager = field_manager(document)
    try:
        made = _write_in_time(operation, gvk, document, manager)
    except NoSuchKindError as error:
        message = (
            f"creation of resource {operation.call.urn!r} with kind {gvk} failed: {error}. Verify that any required "
            "CustomResourceDefinitions have been created"
        )
        raise KubernetesError(message) from None
    except ApiError as error:
        raise KubernetesError(_refusal(operation, error)) from None
    return _await(operation, gvk, made, inputs, manager)


def _await(operation: Operation, gvk: GroupVersionKind, made: KubeObject, inputs: Properties, manager: str) -> Created:
    document = to_object(inputs)

    def created(live: KubeObject) -> Created:
        checkpoint = Checkpoint(live, document, str(document.get("apiVersion", "")), manager)
        return Created(id_of(live), write_checkpoint(checkpoint, inputs))

    try:
        rule = rule_of(gvk, document)
        if rule:
            seconds = timeout_seconds(document, operation.call.timeout_seconds, rule.timeout_seconds)
            made = wait_until_ready(operation, gvk, made, rule, seconds)
    except NotReadyError as error:
        made, reasons = error.document, [str(error), *error.problems]
    except KubernetesError as error:
        reasons = [str(error)]
    else:
        return created(made)
    reasons[0] = (
        f"resource {operation.call.urn!r} was successfully created, but the Kubernetes API server reported that it "
        f"failed to fully initialize or become live: {reasons[0]}"
    )
    raise PartialFailure(reasons, created(made))


def _preview(operation: Operation, gvk: GroupVersionKind, document: KubeObject, inputs: Properties) -> Created:
    """Ask by a dry run; where that cannot tell, the inputs are all that is known."""
    nothing_more = Created("", inputs)
    if has_unknown(document) or operation.is_patch(document) or not operation.cluster.exists(gvk):
        return nothing_more
    manager = field_manager(document)
    try:
        made = _write(operation, gvk, document, manager)
    except ApiError as error:
        if error.is_forbidden or error.is_already_there or error.is_namespace_not_found or _cannot_dry_run(error):
            return nothing_more
        raise KubernetesError(_refusal(operation, error)) from None
    live = unknown_of_new({key: value for key, value in made.items() if key != "status"}, document)
    checkpoint = Checkpoint(live, document, str(document.get("apiVersion", "")), manager)
    return Created("", write_checkpoint(checkpoint, inputs))


def _write_in_time(operation: Operation, gvk: GroupVersionKind, document: KubeObject, manager: str) -> KubeObject:
    """Write the object; while its kind or namespace is missing, try again for some seconds."""
    pause = Pause(operation.call.cancelled, _ORDER_SECONDS)
    while True:
        try:
            made = _write(operation, gvk, document, manager)
        except (NoSuchKindError, ApiError) as error:
            missing = isinstance(error, NoSuchKindError) or error.is_not_found
            if not missing or not pause.wait():
                raise
            operation.status(f"Retry; creation failed: {error}")
        else:
            if pause.waited:
                operation.status("")
            return made


def _write(operation: Operation, gvk: GroupVersionKind, document: KubeObject, manager: str) -> KubeObject:
    api, namespace = operation.api, namespace_in(document)
    how = operation.write(document, Ownership(manager))
    if operation.is_patch(document) or operation.settings.upsert_existing_objects:
        return api.apply(gvk, namespace, document, how)
    try:
        return api.create(gvk, namespace, document, how)
    except ApiError as error:
        if error.is_already_there and not how.dry_run and (own := _own(operation, gvk, document, manager)):
            return own
        raise


def _own(operation: Operation, gvk: GroupVersionKind, document: KubeObject, manager: str) -> KubeObject | None:
    """Return the object that this very request made: its first try was served, but the answer got lost."""
    if not manager.startswith(MANAGER_PREFIX):
        return None
    live = operation.api.get(gvk, namespace_in(document), name_in(document))
    entries = nested(live, "metadata", "managedFields") or []
    return live if any(entry.get("manager") == manager for entry in entries) else None


def _cannot_dry_run(error: ApiError) -> bool:
    """Tell whether an admission webhook has side effects."""
    return "does not support dry run" in str(error)


def _refusal(operation: Operation, error: ApiError) -> str:
    text = f"resource {operation.call.urn!r} was not successfully created by the Kubernetes API server: {error}"
    if error.is_already_there:
        return f"{text}. To take it over, import it, or set the provider's upsertExistingObjects"
    if error.is_conflict:
        return f"{text}. To take fields over from others, set the annotation pulumi.com/patchForce"
    return text
