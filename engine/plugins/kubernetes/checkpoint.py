"""An object in the engine's state: the live object, and beside its fields three of the plugin's own."""

from dataclasses import dataclass
from typing import Final

from engine.plugins.kubernetes.documents import to_object, to_properties
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.secret_marks import mark_secrets
from engine.plugins.values import Properties

INPUTS: Final = "__inputs"
INITIAL_API_VERSION: Final = "__initialApiVersion"
FIELD_MANAGER: Final = "__fieldManager"


@dataclass(frozen=True)
class Checkpoint:
    """What a state holds.

    Attributes:
        live: the object as the server last answered it.
        inputs: the inputs it was made from.
        initial_api_version: the apiVersion it was first made with; empty if the state does not say.
        field_manager: who owns its fields; empty if the state does not say.

    """

    live: KubeObject
    inputs: KubeObject
    initial_api_version: str = ""
    field_manager: str = ""


def read_checkpoint(state: Properties) -> Checkpoint:
    """Take a state apart; an empty one, of an import, gives an empty checkpoint."""
    document = to_object(state)
    inputs = document.pop(INPUTS, None)
    return Checkpoint(
        inputs=inputs if isinstance(inputs, dict) else {},
        initial_api_version=str(document.pop(INITIAL_API_VERSION, "")),
        field_manager=str(document.pop(FIELD_MANAGER, "")),
        live=document,
    )


def write_checkpoint(checkpoint: Checkpoint, given: Properties) -> Properties:
    """Put a state together, with the same values secret as in the ``given`` inputs."""
    live = to_properties(checkpoint.live, underscored=True)
    inputs = to_properties(checkpoint.inputs, underscored=True)
    return {
        **mark_secrets(live, _with_data(given)),
        INPUTS: mark_secrets(inputs, given),
        INITIAL_API_VERSION: checkpoint.initial_api_version,
        FIELD_MANAGER: checkpoint.field_manager,
    }


def _with_data(given: Properties) -> Properties:
    """Return inputs in which `data` is as secret as the `stringData` that the server makes it of."""
    if "stringData" in given and "data" not in given:
        return {**given, "data": given["stringData"]}
    return given
