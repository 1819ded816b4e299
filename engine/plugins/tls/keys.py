"""Keys: made, read and written."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from engine.plugins.resource import ProviderError

if TYPE_CHECKING:
    from engine.plugins.values import Properties

Private: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Public: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
SignatureHash: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "P224": ec.SECP224R1(),
    "P256": ec.SECP256R1(),
    "P384": ec.SECP384R1(),
    "P521": ec.SECP521R1(),
}
_RSA_EXPONENT: Final = 65537


def generate(algorithm: str, *, rsa_bits: int, curve: str) -> Private:
    """Generate a key for RSA, ECDSA or ED25519; what is for another algorithm is ignored."""
    if algorithm == "RSA":
        return rsa.generate_private_key(_RSA_EXPONENT, rsa_bits)
    if algorithm == "ECDSA":
        return ec.generate_private_key(_CURVES[curve])
    return ed25519.Ed25519PrivateKey.generate()


def load(pem: str, name: str) -> Private:
    """Read the key of the property ``name``.

    Raises:
        ProviderError: it is not a PEM of an RSA, ECDSA or ED25519 key without passphrase.

    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause may quote what it could not read, which is close to a secret.
        key = None
    if not isinstance(key, Private):
        message = f"{name} holds no private key: a PEM of an RSA, ECDSA or ED25519 key without passphrase is needed"
        raise ProviderError(message) from None
    return key


def algorithm(key: Private | Public) -> str:
    """Name the key's algorithm."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) else "ED25519"


def signature_hash(key: Private) -> SignatureHash | None:
    """Return the hash to sign with: as strong as the curve; an ED25519 signature takes none."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    curve = key.curve.name if isinstance(key, ec.EllipticCurvePrivateKey) else ""
    strong: dict[str, SignatureHash] = {"secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
    return strong.get(curve, hashes.SHA256())


def public_der(key: Public) -> bytes:
    """Return the SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def identity(key: Public) -> str:
    """Return the id of a resource that is this key."""
    return hashlib.sha1(public_der(key), usedforsecurity=False).hexdigest()


def private_forms(key: Private) -> Properties:
    """Return the outputs that hold the private key: PEM as OpenSSL had it first, PKCS#8, OpenSSH."""
    formats = serialization.PrivateFormat
    traditional = formats.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else formats.TraditionalOpenSSL
    return {
        "privateKeyPem": _private_pem(key, traditional),
        "privateKeyPemPkcs8": _private_pem(key, formats.PKCS8),
        "privateKeyOpenssh": _private_pem(key, formats.OpenSSH) if _openssh_knows(key.public_key()) else "",
    }


def public_forms(key: Public) -> Properties:
    """Return the outputs that hold the public key."""
    encoding, formats = serialization.Encoding, serialization.PublicFormat
    pem = key.public_bytes(encoding.PEM, formats.SubjectPublicKeyInfo).decode()
    if not _openssh_knows(key):
        empty = ("publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256")
        return {"publicKeyPem": pem, **dict.fromkeys(empty, "")}
    line = key.public_bytes(encoding.OpenSSH, formats.OpenSSH).decode()
    blob = base64.b64decode(line.split()[1])
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {
        "publicKeyPem": pem,
        "publicKeyOpenssh": f"{line}\n",
        "publicKeyFingerprintMd5": hashlib.md5(blob, usedforsecurity=False).digest().hex(":"),
        "publicKeyFingerprintSha256": f"SHA256:{sha256}",
    }


def _private_pem(key: Private, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _openssh_knows(key: Public) -> bool:
    return not (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp224r1")
