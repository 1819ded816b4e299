"""PrivateKey: a key pair in the formats that programs want."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.plugins.bridged import BridgedResource
from engine.plugins.fields import Field
from engine.plugins.values import reveal

if TYPE_CHECKING:
    from engine.plugins.resource import Call
    from engine.plugins.values import Properties


class PrivateKey(BridgedResource):
    """A generated key pair; every change generates a new one. Its id is the SHA-1 of the public key's DER form.

    OpenSSH knows no P224 keys: their forms and fingerprints for it are empty.
    """

    token = "tls:index/privateKey:PrivateKey"  # noqa: S105 - a type token
    fields: ClassVar = {
        "algorithm": Field("string", required=True, one_of=("RSA", "ECDSA", "ED25519")),
        "ecdsaCurve": Field("string", default="P224", one_of=("P224", "P256", "P384", "P521")),
        # Fewer bits are refused by all that could use the key, the official plugin included.
        "rsaBits": Field("integer", default=2048, minimum=1024),
    }
    computed: ClassVar = (
        "privateKeyOpenssh",
        "privateKeyPem",
        "privateKeyPemPkcs8",
        "publicKeyFingerprintMd5",
        "publicKeyFingerprintSha256",
        "publicKeyOpenssh",
        "publicKeyPem",
    )
    secrets: ClassVar = frozenset({"privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"})
    schema_version = 1

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Generate the pair."""
        from engine.plugins.tls import keys  # noqa: PLC0415 - cryptography is loaded for what is made only

        known = reveal(planned)
        key = keys.generate(known["algorithm"], rsa_bits=known["rsaBits"], curve=known["ecdsaCurve"])
        return keys.identity(key.public_key()), {**keys.private_forms(key), **keys.public_forms(key.public_key())}
