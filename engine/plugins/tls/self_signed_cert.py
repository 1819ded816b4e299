"""SelfSignedCert: a certificate signed with its own key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.plugins.fields import Field
from engine.plugins.resource import Failure
from engine.plugins.tls import certificate, requested
from engine.plugins.values import reveal

if TYPE_CHECKING:
    from engine.plugins.resource import Call
    from engine.plugins.values import Properties


class SelfSignedCert(certificate.CertificateResource):
    """A certificate that vouches for itself, a root CA for example. Its id is its serial number, decimal."""

    token = "tls:index/selfSignedCert:SelfSignedCert"  # noqa: S105 - a type token
    fields: ClassVar = {
        "privateKeyPem": Field("string", required=True, secret=True),
        "setAuthorityKeyId": Field("boolean", default=False),
        **certificate.FIELDS,
        **requested.FIELDS,
    }
    computed: ClassVar = ("certPem", "keyAlgorithm", "validityStartTime", "validityEndTime")
    secrets: ClassVar = frozenset({"privateKeyPem"})

    def faults(self, planned: Properties) -> list[Failure]:
        """Find what no certificate can hold."""
        failures = [*super().faults(planned), *requested.faults(planned)]
        is_ca, sets_id = planned["isCaCertificate"], planned["setSubjectKeyId"]
        if planned["setAuthorityKeyId"] is True and is_ca is False and sets_id is False:
            failures.append(Failure("setAuthorityKeyId", "this needs setSubjectKeyId or isCaCertificate too"))
        if is_ca is True and not self.tidied(planned).get("subject"):
            failures.append(Failure("subject", "the certificate of an authority needs a subject, commonName at least"))
        return failures

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Issue the certificate."""
        from engine.plugins.tls import issuing, keys, names  # noqa: PLC0415 - cryptography, for what is made only

        known = reveal(planned)
        key = keys.load(known["privateKeyPem"], "privateKeyPem")
        subject = names.subject(known.get("subject") or {})
        holder = issuing.Holder(subject, names.alternative_names(known), key.public_key())
        key_id = issuing.subject_key_id(holder.key) if known["setAuthorityKeyId"] else None
        serial, outputs = issuing.issue(holder, issuing.Issuer(subject, key, key_id), known, self.clock())
        return serial, outputs | {"keyAlgorithm": keys.algorithm(key)}
