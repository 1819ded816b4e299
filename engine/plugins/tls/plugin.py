"""What the tls plugin serves."""

from engine.plugins.package import Package
from engine.plugins.tls.cert_request import CertRequest
from engine.plugins.tls.locally_signed_cert import LocallySignedCert
from engine.plugins.tls.private_key import PrivateKey
from engine.plugins.tls.self_signed_cert import SelfSignedCert


def package() -> Package:
    """Return the package, with the version of the official plugin whose contract it keeps."""
    return Package("tls", "5.5.1", [CertRequest(), LocallySignedCert(), PrivateKey(), SelfSignedCert()])
