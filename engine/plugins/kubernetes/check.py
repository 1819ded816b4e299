"""Inputs as they go on: spelled as the server does, named, in a namespace, with their secrets marked."""

from engine.plugins.kubernetes.annotations import AUTONAMED, annotation
from engine.plugins.kubernetes.documents import (
    name_in,
    nested,
    set_metadata,
    to_object,
    to_properties,
)
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.kinds import is_list
from engine.plugins.kubernetes.names import Autonaming, adopt_name, assign_name
from engine.plugins.kubernetes.normalisation import normalise
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.secret_marks import mark_secrets
from engine.plugins.resource import Checked, ProviderError
from engine.plugins.values import Properties, Unknown


def check_inputs(operation: Operation, old: Properties, new: Properties, autonaming: Autonaming) -> Checked:
    """Check the inputs of a new object, or, with ``old`` inputs, of one that exists.

    Raises:
        ProviderError: the inputs cannot be those of an object.

    """
    if operation.cluster.unreachable_reason and operation.settings.skip_update_unreachable:
        operation.call.log("Cluster is unreachable and skipUpdateUnreachable is set: the update is skipped", "warning")
        return Checked(old or new)
    if reason := operation.cluster.to_announce():
        operation.call.log(f"configured Kubernetes cluster is unreachable: {reason}", "warning")
    document, before = to_object(new), to_object(old)
    gvk = operation.gvk(document)
    if is_list(gvk):
        message = f"{operation.token}: lists exist for manifests only: use the types of their items"
        raise ProviderError(message)
    if not operation.settings.enable_server_side_apply:
        message = "kubernetes provider: enableServerSideApply: client-side apply needs the official plugin; set it true"
        raise ProviderError(message)
    document = normalise(document, gvk)
    if annotation(document, AUTONAMED):
        operation.call.log(f"ignoring user-specified value for internal annotation {AUTONAMED!r}", "warning")
    _name(operation, document, before, autonaming)
    _place(operation, document)
    return Checked(mark_secrets(to_properties(document), new))


def _name(operation: Operation, document: KubeObject, before: KubeObject, autonaming: Autonaming) -> None:
    if nested(document, "metadata", "generateName") and not name_in(document):
        message = "metadata.generateName is not supported with server-side apply; give metadata.name, or leave both out"
        raise ProviderError(message)
    named = name_in(document) or isinstance(nested(document, "metadata", "name"), Unknown)
    if operation.is_patch(document) and not named and not isinstance(document.get("metadata"), Unknown):
        message = f"{operation.token}: metadata.name: missing; a patch has to name the object that it changes"
        raise ProviderError(message)
    if before:
        adopt_name(document, before)
    assign_name(document, operation.call.name, autonaming)


def _place(operation: Operation, document: KubeObject) -> None:
    """Put an object without a namespace into the provider's."""
    if nested(document, "metadata", "namespace") or isinstance(document.get("metadata"), Unknown):
        return
    namespace = operation.cluster.default_namespace
    if namespace and operation.cluster.is_namespaced(operation.gvk(document)):
        set_metadata(document, "namespace", namespace)
