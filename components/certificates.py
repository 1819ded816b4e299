"""`Certificates`: what the registry proves itself with, and what clients trust."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi
import pulumi_tls as tls

from towpath.errors import CertificateError, SettingsError
from towpath.registry.certificate import check_authority, check_certificate
from towpath.settings.certificate import Certificate, Subject
from towpath.settings.validators import is_address

_HOURS_A_DAY = 24
_LEAF_USES = ["digital_signature", "key_encipherment", "server_auth"]
_CA_USES = ["cert_signing", "crl_signing", "digital_signature"]


class Certificates(pulumi.ComponentResource):
    """A CA and a leaf, one self-signed certificate, or the user's own, by `settings.source`.

    An `up` within `renew_before_days` of the end renews. Does not put anything on a machine, and does not renew
    what the user gave.
    """

    ca_pem: pulumi.Output[str]
    """What clients must trust: the CA, or the self-signed certificate."""
    chain_pem: pulumi.Output[str]
    """What the server presents: leaf first."""
    private_key_pem: pulumi.Output[str]
    """Key of the leaf, secret."""
    valid_until: pulumi.Output[str]
    """End of the leaf, RFC 3339; empty for a certificate that the user gave."""

    def __init__(
        self, name: str, settings: Certificate, hosts: list[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the certificate for `hosts` (names and addresses that clients use) and the settings' further SANs.

        Raises SettingsError where a given certificate, key or CA does not hold.
        """
        super().__init__("towpath:index:Certificates", name, {}, opts)
        self._name = name
        self._settings = settings
        self._hosts = list(dict.fromkeys([*hosts, *settings.sans]))
        match settings.source:
            case "ca":
                self._sign_by_own_ca()
            case "self-signed":
                self._sign_itself()
            case "own-ca":
                self._sign_by_given_ca()
            case "provided":
                self._take_given()
        self.register_outputs({"ca_pem": self.ca_pem, "valid_until": self.valid_until})

    def _sign_by_own_ca(self) -> None:
        settings = self._settings
        key = self._key("ca-key")
        authority = tls.SelfSignedCert(
            f"{self._name}-ca",
            private_key_pem=key.private_key_pem,
            is_ca_certificate=True,
            set_subject_key_id=True,
            set_authority_key_id=True,
            allowed_uses=_CA_USES,
            subject={"common_name": settings.ca_common_name},
            validity_period_hours=settings.ca_validity_days * _HOURS_A_DAY,
            early_renewal_hours=settings.renew_before_days * _HOURS_A_DAY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.ca_pem = authority.cert_pem
        self._leaf(authority.cert_pem, key.private_key_pem)

    def _sign_by_given_ca(self) -> None:
        authority, key = self._settings.ca_pem or "", self._settings.ca_private_key_pem
        key_pem = key.get_secret_value() if key else ""
        with _named_settings():
            check_authority(authority, key_pem, _now())
        self.ca_pem = pulumi.Output.from_input(authority)
        self._leaf(self.ca_pem, pulumi.Output.secret(key_pem))

    def _leaf(self, ca_pem: pulumi.Output[str], ca_key_pem: pulumi.Output[str]) -> None:
        settings = self._settings
        key = self._key("key")
        request = tls.CertRequest(
            f"{self._name}-request",
            private_key_pem=key.private_key_pem,
            subject=self._subject(settings.subject),
            dns_names=self._dns_names(),
            ip_addresses=self._addresses(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        leaf = tls.LocallySignedCert(
            f"{self._name}-leaf",
            ca_cert_pem=ca_pem,
            ca_private_key_pem=ca_key_pem,
            cert_request_pem=request.cert_request_pem,
            allowed_uses=_LEAF_USES,
            set_subject_key_id=True,
            validity_period_hours=settings.validity_days * _HOURS_A_DAY,
            early_renewal_hours=settings.renew_before_days * _HOURS_A_DAY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.chain_pem, self.private_key_pem = leaf.cert_pem, key.private_key_pem
        self.valid_until = leaf.validity_end_time

    def _sign_itself(self) -> None:
        settings = self._settings
        key = self._key("key")
        certificate = tls.SelfSignedCert(
            f"{self._name}-leaf",
            private_key_pem=key.private_key_pem,
            subject=self._subject(settings.subject),
            dns_names=self._dns_names(),
            ip_addresses=self._addresses(),
            allowed_uses=_LEAF_USES,
            set_subject_key_id=True,
            validity_period_hours=settings.validity_days * _HOURS_A_DAY,
            early_renewal_hours=settings.renew_before_days * _HOURS_A_DAY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.ca_pem = self.chain_pem = certificate.cert_pem
        self.private_key_pem, self.valid_until = key.private_key_pem, certificate.validity_end_time

    def _take_given(self) -> None:
        settings = self._settings
        chain, authority = settings.certificate_pem or "", settings.ca_pem or ""
        key_pem = settings.private_key_pem.get_secret_value() if settings.private_key_pem else ""
        with _named_settings():
            check_certificate(chain, key_pem, authority, self._hosts, _now())
        self.ca_pem = pulumi.Output.from_input(authority)
        self.chain_pem = pulumi.Output.from_input(chain)
        self.private_key_pem = pulumi.Output.secret(key_pem)
        self.valid_until = pulumi.Output.from_input("")

    def _key(self, part: str) -> tls.PrivateKey:
        settings = self._settings
        return tls.PrivateKey(
            f"{self._name}-{part}",
            algorithm=settings.key_algorithm,
            rsa_bits=settings.rsa_bits if settings.key_algorithm == "RSA" else None,
            ecdsa_curve=settings.ecdsa_curve if settings.key_algorithm == "ECDSA" else None,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _subject(self, subject: Subject) -> tls.SelfSignedCertSubjectArgsDict:
        fields = subject.model_dump(exclude_none=True)
        return {"common_name": self._hosts[0], **fields}  # type: ignore[typeddict-item]  # same names, checked by tests

    def _dns_names(self) -> list[str]:
        return [host for host in self._hosts if not is_address(host)]

    def _addresses(self) -> list[str]:
        return [host for host in self._hosts if is_address(host)]


@contextmanager
def _named_settings() -> Iterator[None]:
    try:
        yield
    except CertificateError as error:
        raise SettingsError([f"towpath:registry.certificate.{error}"]) from None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
