"""LocallySignedCert: a certificate for a request, signed with the key of an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.plugins.fields import Field
from engine.plugins.tls import certificate
from engine.plugins.values import reveal

if TYPE_CHECKING:
    from engine.plugins.resource import Call
    from engine.plugins.values import Properties


class LocallySignedCert(certificate.CertificateResource):
    """A certificate from an authority whose key is at hand. Its id is its serial number, decimal."""

    token = "tls:index/locallySignedCert:LocallySignedCert"  # noqa: S105 - a type token
    fields: ClassVar = {
        "caCertPem": Field("string", required=True),
        "caPrivateKeyPem": Field("string", required=True, secret=True),
        "certRequestPem": Field("string", required=True),
        **certificate.FIELDS,
    }
    computed: ClassVar = ("caKeyAlgorithm", "certPem", "validityStartTime", "validityEndTime")
    secrets: ClassVar = frozenset({"caPrivateKeyPem"})

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:
        """Issue the certificate."""
        from engine.plugins.tls import authority, issuing, keys  # noqa: PLC0415 - cryptography, for what is made only

        known = reveal(planned)
        holder = authority.load_request(known["certRequestPem"])
        signer = authority.load_authority(known["caCertPem"], known["caPrivateKeyPem"])
        if not signer.is_ca:
            call.log(
                "the certificate in caCertPem is not one of an authority: clients will refuse what it signs", "warning"
            )
        issuer = issuing.Issuer(signer.name, signer.key, signer.key_id_for(holder.subject))
        serial, outputs = issuing.issue(holder, issuer, known, self.clock())
        return serial, outputs | {"caKeyAlgorithm": keys.algorithm(signer.key)}
