"""An authority, and what it is asked to sign, read from PEM."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from engine.plugins.resource import ProviderError
from engine.plugins.tls.issuing import Holder
from engine.plugins.tls.keys import Private, Public, load, public_der
from engine.plugins.tls.names import requested_names


@dataclass(frozen=True)
class Authority:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Private

    @property
    def name(self) -> x509.Name:
        """The issuer of what it signs."""
        return self.certificate.subject

    @property
    def is_ca(self) -> bool:
        """Whether the certificate is one of an authority."""
        try:
            return self.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            return False

    def key_id_for(self, subject: x509.Name) -> bytes | None:
        """Return the id of its key, for certificates of others than itself."""
        if subject == self.name:
            return None
        try:
            return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return None


def load_authority(certificate_pem: str, key_pem: str) -> Authority:
    """Read an authority.

    Raises:
        ProviderError: there is no certificate, no key, or they do not belong together.

    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    except ValueError as error:
        message = f"caCertPem holds no certificate in PEM form: {error}"
        raise ProviderError(message) from error
    key = load(key_pem, "caPrivateKeyPem")
    if public_der(key.public_key()) != public_der(_public(certificate, "caCertPem")):
        message = "caPrivateKeyPem is not the private key of the certificate in caCertPem"
        raise ProviderError(message)
    return Authority(certificate, key)


def load_request(pem: str) -> Holder:
    """Read a request: who wants a certificate, for which names.

    Raises:
        ProviderError: there is none, or its key is of a kind that is not supported.

    """
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        return Holder(request.subject, requested_names(request), _public(request, "certRequestPem"))
    except ValueError as error:
        message = f"certRequestPem holds no certificate request in PEM form: {error}"
        raise ProviderError(message) from error


def _public(holder: x509.Certificate | x509.CertificateSigningRequest, name: str) -> Public:
    try:
        key = holder.public_key()
    except UnsupportedAlgorithm:
        key = None
    if not isinstance(key, Public):
        message = f"the key in {name} is not an RSA, ECDSA or ED25519 key"
        raise ProviderError(message)
    return key
