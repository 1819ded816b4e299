"""RandomBytes: random bytes as a secret."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, ClassVar

from engine.plugins.bridged import BridgedResource
from engine.plugins.fields import Field
from engine.plugins.resource import ProviderError
from engine.plugins.values import reveal

if TYPE_CHECKING:
    from engine.plugins.resource import Call
    from engine.plugins.values import Properties


class RandomBytes(BridgedResource):
    """Random bytes that are a secret. Every change draws new ones.

    Its id is the bytes in base64, in plain text in the state: so it is with the official plugin, and ids cannot be
    encrypted. What must stay secret there is better a RandomPassword.
    """

    token = "random:index/randomBytes:RandomBytes"  # noqa: S105 - a type token
    fields: ClassVar = {"length": Field("integer", required=True, minimum=1), "keepers": Field("string_map")}
    computed = ("base64", "hex")
    secrets = frozenset(computed)
    id_is_output = False

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Draw the bytes."""
        return _outputs(secrets.token_bytes(reveal(planned["length"])))

    def adopt(self, identity: str) -> tuple[str, Properties, Properties]:
        """Take over bytes that exist."""
        try:
            given = base64.b64decode(identity, validate=True)
        except binascii.Error as error:
            message = f"{self.token} is imported by its bytes in base64: {error}"
            raise ProviderError(message) from error
        return *_outputs(given), {"length": len(given)}


def _outputs(drawn: bytes) -> tuple[str, Properties]:
    encoded = base64.b64encode(drawn).decode()
    return encoded, {"base64": encoded, "hex": drawn.hex()}
