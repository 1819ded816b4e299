"""CertRequest: a certificate signing request (RFC 2986)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

from engine.plugins.bridged import BridgedResource
from engine.plugins.fields import Field
from engine.plugins.tls import requested
from engine.plugins.values import reveal

if TYPE_CHECKING:
    from engine.plugins.resource import Call, Failure
    from engine.plugins.values import Properties


class CertRequest(BridgedResource):
    """A request for a certificate; every change makes a new one. Its id is the SHA-1 of its DER form."""

    token = "tls:index/certRequest:CertRequest"  # noqa: S105 - a type token
    fields: ClassVar = {"privateKeyPem": Field("string", required=True, secret=True), **requested.FIELDS}
    computed: ClassVar = ("certRequestPem", "keyAlgorithm")
    secrets: ClassVar = frozenset({"privateKeyPem"})

    def faults(self, planned: Properties) -> list[Failure]:
        """Find what no request can hold."""
        return requested.faults(planned)

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Make and sign the request."""
        from cryptography import x509  # noqa: PLC0415 - cryptography is loaded for what is made only
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

        from engine.plugins.tls import keys, names  # noqa: PLC0415

        known = reveal(planned)
        key = keys.load(known["privateKeyPem"], "privateKeyPem")
        builder = x509.CertificateSigningRequestBuilder(names.subject(known.get("subject") or {}))
        alternative = names.alternative_names(known)
        if alternative:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        request = builder.sign(key, keys.signature_hash(key))
        outputs: Properties = {
            "certRequestPem": request.public_bytes(Encoding.PEM).decode(),
            "keyAlgorithm": keys.algorithm(key),
        }
        return hashlib.sha1(request.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest(), outputs
