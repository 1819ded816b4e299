"""Looking at objects: for a refresh, an import, or a `get` of the program."""

from engine.plugins.kubernetes.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from engine.plugins.kubernetes.documents import id_of, nested, parse_id, set_metadata, to_object, to_properties
from engine.plugins.kubernetes.errors import ApiError, NoSuchKindError, UnreachableError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject, gvk_of_token
from engine.plugins.kubernetes.names import field_manager
from engine.plugins.kubernetes.normalisation import READ_ONLY_METADATA, normalise
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.pruning import prune_to_inputs
from engine.plugins.kubernetes.readiness import rule_of
from engine.plugins.kubernetes.secret_marks import LAST_APPLIED, mark_secrets
from engine.plugins.kubernetes.waiting import judge
from engine.plugins.resource import Created, PartialFailure, Prior

_OWN_ANNOTATIONS = (LAST_APPLIED, "deployment.kubernetes.io/revision")
"""Annotations of the cluster's, not of whoever made the object."""


def read_object(operation: Operation, prior: Prior) -> Prior | None:
    """Return the object as it is now, ``None`` if it is gone.

    Raises:
        UnreachableError: the cluster cannot be asked, and the user does not say what that means.
        PartialFailure: it is there, but not ready.

    """
    unreachable = operation.cluster.unreachable_reason
    if unreachable:
        return _unreachable(operation, prior, unreachable)
    checkpoint = read_checkpoint(prior.state)
    document = to_object(prior.inputs)
    known = "apiVersion" in document or "apiVersion" in checkpoint.live
    document = _identified(document, checkpoint.live, operation.token, prior.id)
    gvk = operation.gvk(document)
    document = normalise(document, gvk)
    namespace, name = parse_id(prior.id)
    live = _live(operation, gvk, namespace, name)
    if live is None:
        return None
    inputs = prune_to_inputs(live, document, checkpoint.live) if known else _inputs_of(live)
    found = Checkpoint(
        live,
        inputs,
        checkpoint.initial_api_version or str(document["apiVersion"]),
        field_manager(document, checkpoint.field_manager),
    )
    result = Prior(
        prior.id or id_of(live),
        write_checkpoint(found, prior.inputs),
        mark_secrets(to_properties(inputs), prior.inputs),
    )
    if known:
        _judge(operation, gvk, live, document, result)
    return result


def _live(operation: Operation, gvk: GroupVersionKind, namespace: str, name: str) -> KubeObject | None:
    try:
        return operation.api.get(gvk, namespace, name)
    except NoSuchKindError:
        # Its CustomResourceDefinition is gone, and with that all objects of it.
        return None
    except ApiError as error:
        if error.is_not_found:
            return None
        raise


def _judge(operation: Operation, gvk: GroupVersionKind, live: KubeObject, inputs: KubeObject, found: Prior) -> None:
    """Raise `PartialFailure` if the object is not ready: the engine shows it, and the next update works on it."""
    rule = rule_of(gvk, inputs)
    if rule is None or not rule.on_read or operation.is_patch(inputs):
        return
    verdict = judge(operation.api, live, rule)
    if not verdict.ready:
        reasons = [f"Resource {found.id!r} was created but failed to initialize", *verdict.problems]
        raise PartialFailure(reasons, Created(found.id, found.state), found.inputs)


def _unreachable(operation: Operation, prior: Prior, reason: str) -> Prior | None:
    operation.call.log(f"configured Kubernetes cluster is unreachable: {reason}", "warning")
    if operation.settings.delete_unreachable:
        operation.call.log("deleteUnreachable is set: the resource is deleted from the state")
        return None
    if operation.settings.skip_update_unreachable and prior.state:
        operation.call.log("skipUpdateUnreachable is set: the state may not be what the cluster has")
        return prior
    message = (
        f"failed to read resource state due to unreachable cluster: {reason}. If the cluster was deleted, you can "
        'remove this resource from Pulumi state by rerunning with PULUMI_K8S_DELETE_UNREACHABLE set to "true"'
    )
    raise UnreachableError(message)


def _identified(document: KubeObject, live: KubeObject, token: str, identifier: str) -> KubeObject:
    """Return inputs that say at least which object it is: by the state, else by the type and the id."""
    if "apiVersion" in document:
        return document
    gvk = gvk_of_token(token)
    kind = str(live.get("kind", gvk.kind))
    namespace, name = parse_id(identifier)
    document = {**document, "apiVersion": live.get("apiVersion", gvk.api_version), "kind": kind}
    document["kind"] = kind if live else kind.removesuffix("Patch")
    document["metadata"] = dict(document.get("metadata") or {})
    set_metadata(document, "name", name)
    set_metadata(document, "namespace", namespace)
    return document


def _inputs_of(live: KubeObject) -> KubeObject:
    """Return what the inputs of an imported object would be: all but what a cluster adds."""
    inputs = {key: value for key, value in live.items() if key != "status"}
    metadata = {key: value for key, value in live["metadata"].items() if key not in READ_ONLY_METADATA}
    annotations = nested(metadata, "annotations") or {}
    kept = {key: value for key, value in annotations.items() if key not in _OWN_ANNOTATIONS}
    if annotations:
        metadata["annotations"] = kept
    if not kept:
        metadata.pop("annotations", None)
    return {**inputs, "metadata": metadata}
