"""RandomId: random bytes as an identifier, in several notations."""

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


class RandomId(BridgedResource):
    """Random bytes, each notation with the prefix before it. Every change draws new ones.

    Its id is unpadded URL-safe base64 without the prefix; its import id is that, or prefix, comma and that.
    """

    token = "random:index/randomId:RandomId"  # noqa: S105 - a type token
    fields: ClassVar = {
        "byteLength": Field("integer", required=True, minimum=1),
        "keepers": Field("string_map"),
        "prefix": Field("string"),
    }
    computed = ("b64Std", "b64Url", "dec", "hex")

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Draw the bytes."""
        drawn = secrets.token_bytes(reveal(planned["byteLength"]))
        return _url_base64(drawn), _notations(drawn, reveal(planned.get("prefix")) or "")

    def adopt(self, identity: str) -> tuple[str, Properties, Properties]:
        """Take over bytes that exist."""
        prefix, _, encoded = identity.rpartition(",")
        try:
            given = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except binascii.Error as error:
            message = f"{self.token} is imported as [PREFIX,]BYTES with bytes in unpadded URL-safe base64: {error}"
            raise ProviderError(message) from error
        inputs: Properties = {"byteLength": len(given)} | ({"prefix": prefix} if prefix else {})
        return _url_base64(given), _notations(given, prefix), inputs


def _notations(drawn: bytes, prefix: str) -> Properties:
    return {
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "b64Url": prefix + _url_base64(drawn),
        "dec": f"{prefix}{int.from_bytes(drawn)}",
        "hex": prefix + drawn.hex(),
    }


def _url_base64(drawn: bytes) -> str:
    return base64.urlsafe_b64encode(drawn).decode().rstrip("=")
