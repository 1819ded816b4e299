"""What the stack's last `up` exported, read from the backend and not from anything that this run makes."""

import time
from typing import Any

import pulumi

from towpath.errors import TowpathError

_ATTEMPTS = 20
_WAIT_SECONDS = 0.1


def deployed_outputs() -> dict[str, Any]:
    """Return the outputs, secrets in plain text; empty before the first `up`. Raises TowpathError.

    The engine writes the state while it begins an update, and a file backend can then not read it for a moment.
    Not to be kept beyond a run: a process may run the program of several stacks, one after the other.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            outputs = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value["outputs"]
            return dict(outputs or {})
        except Exception as error:  # noqa: BLE001 the SDK raises nothing more telling
            if attempt == _ATTEMPTS:
                raise TowpathError(f"the outputs of the stack's last `up` cannot be read ({error})") from None
        time.sleep(_WAIT_SECONDS)
    return {}
