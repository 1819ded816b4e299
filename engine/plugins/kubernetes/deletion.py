"""Removing objects, and waiting until they are gone."""

from engine.plugins.kubernetes.annotations import SKIP_AWAIT, is_true, propagation_policy, timeout_seconds
from engine.plugins.kubernetes.checkpoint import Checkpoint, read_checkpoint
from engine.plugins.kubernetes.documents import name_in, namespace_in, nested, parse_id
from engine.plugins.kubernetes.errors import ApiError, KubernetesError, NoSuchKindError, UnreachableError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.kinds import is_config_map, is_secret
from engine.plugins.kubernetes.names import field_manager
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.pause import Pause
from engine.plugins.kubernetes.relinquishing import relinquish
from engine.plugins.resource import Prior

_WORKLOADS = frozenset({"DaemonSet", "Deployment", "ReplicationController", "StatefulSet"})
_MAY_SKIP = _WORKLOADS | {"Job", "Namespace", "Pod"}
"""Kinds whose deletion `pulumi.com/skipAwait` does not wait for either."""
_SECONDS, _WORKLOAD_SECONDS = 300, 600


def delete_object(operation: Operation, prior: Prior) -> None:
    """Delete the object; of a patch, only the fields that it set.

    Raises:
        UnreachableError: the cluster cannot be reached, and `deleteUnreachable` is not set.
        KubernetesError: the object is still there.

    """
    if _is_unreachable(operation):
        return
    old = read_checkpoint(prior.state)
    gvk = operation.gvk(old.live)
    try:
        if operation.is_patch(old.live):
            _give_up_fields(operation, gvk, old)
        else:
            _delete(operation, gvk, old, prior.id)
    except NoSuchKindError:
        # Its CustomResourceDefinition is gone, and with that all objects of it.
        return
    except ApiError as error:
        if not error.is_not_found:
            raise


def _delete(operation: Operation, gvk: GroupVersionKind, old: Checkpoint, identifier: str) -> None:
    namespace, name = parse_id(identifier)
    owns_nothing = is_secret(gvk) or is_config_map(gvk)
    policy = propagation_policy(old.inputs, "Background" if owns_nothing else "Foreground")
    answer = operation.api.delete(gvk, namespace, name, policy)
    if answer.get("kind") == "Status" or (is_true(old.inputs, SKIP_AWAIT) and gvk.kind in _MAY_SKIP):
        return
    default = _WORKLOAD_SECONDS if gvk.kind in _WORKLOADS else _SECONDS
    seconds = timeout_seconds(old.inputs, operation.call.timeout_seconds, default)
    _wait_until_gone(operation, gvk, answer, seconds)


def _wait_until_gone(operation: Operation, gvk: GroupVersionKind, document: KubeObject, seconds: float) -> None:
    """Look until the object is not there, or another one has its name; raises `ApiError` in the first case."""
    uid, namespace, name = nested(document, "metadata", "uid"), namespace_in(document), name_in(document)
    pause = Pause(operation.call.cancelled, seconds)
    while pause.wait():
        document = operation.api.get(gvk, namespace, name)
        if nested(document, "metadata", "uid") != uid:
            return
        operation.status(f"{gvk.kind} {name!r} still exists ({_what_holds(document)})")
    end = "was cancelled" if operation.call.cancelled.is_set() else "timed out"
    message = f"waiting for the deletion of {gvk} {name!r} {end}: {_what_holds(document)}"
    raise KubernetesError(message)


def _what_holds(document: KubeObject) -> str:
    finalizers = nested(document, "metadata", "finalizers") or nested(document, "spec", "finalizers") or []
    replicas = nested(document, "status", "replicas")
    contents = [
        str(item.get("message"))
        for item in nested(document, "status", "conditions") or []
        if item.get("status") == "True"
        and item.get("type") in {"NamespaceContentRemaining", "NamespaceFinalizersRemaining"}
    ]
    parts = contents + ([f"{replicas} replicas exist"] if replicas else [])
    parts += [f"finalizers might be preventing deletion: {', '.join(finalizers)}"] if finalizers else []
    return "; ".join(parts) or "it is being deleted"


def _give_up_fields(operation: Operation, gvk: GroupVersionKind, old: Checkpoint) -> None:
    live = operation.api.get(gvk, namespace_in(old.live), name_in(old.live))
    try:
        relinquish(operation, gvk, live, field_manager(old.inputs, old.field_manager))
    except ApiError as error:
        required = error.missing_required_field()
        if not required:
            raise
        message = (
            f"this Patch resource is currently managing a required field, so it can't be deleted directly: {required}. "
            "Set the `retainOnDelete` resource option, or give the field to another manager first"
        )
        raise KubernetesError(message) from None


def _is_unreachable(operation: Operation) -> bool:
    reason = operation.cluster.unreachable_reason
    if not reason:
        return False
    operation.call.log(f"configured Kubernetes cluster is unreachable: {reason}", "warning")
    if operation.settings.delete_unreachable:
        operation.call.log("deleteUnreachable is set: the resource is deleted from the state")
        return True
    message = (
        f"configured Kubernetes cluster is unreachable: {reason}. If the cluster was deleted, you can remove this "
        'resource from Pulumi state by rerunning with PULUMI_K8S_DELETE_UNREACHABLE set to "true"'
    )
    raise UnreachableError(message)
