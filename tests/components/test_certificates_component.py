"""`Certificates`: what is registered for each source."""

from typing import Any

import pulumi
import pytest

from components.certificates import Certificates
from towpath.errors import SettingsError
from towpath.settings.certificate import Certificate


def leaf_inputs(recorder: Any) -> dict[str, Any]:
    (inputs,) = recorder.of_type(":LocallySignedCert").values()
    return inputs  # type: ignore[no-any-return]


@pytest.fixture
def made(recorder: Any) -> Certificates:
    settings = Certificate.model_validate({"sans": ["registry.test", "10.0.0.6"], "subject": {"organization": "Acme"}})
    return Certificates("certificate", settings, ["10.0.0.5"])


@pulumi.runtime.test
def test_our_ca_signs_a_leaf_for_every_host(recorder: Any, made: Certificates) -> pulumi.Output[None]:
    def check(parts: list[Any]) -> None:
        ca_pem, chain_pem, key_pem = parts
        assert ca_pem == recorder.pem("certificate-ca")
        assert chain_pem == recorder.pem("certificate-leaf")
        assert key_pem == "key certificate-key"
        request = recorder.of_type(":CertRequest")["certificate-request"]
        assert request["dnsNames"] == ["registry.test"]
        assert request["ipAddresses"] == ["10.0.0.5", "10.0.0.6"]
        assert request["subject"] == {"commonName": "10.0.0.5", "organization": "Acme"}
        leaf = leaf_inputs(recorder)
        assert leaf["caCertPem"] == ca_pem
        assert (leaf["validityPeriodHours"], leaf["earlyRenewalHours"]) == (365 * 24, 30 * 24)
        assert leaf["allowedUses"] == ["digital_signature", "key_encipherment", "server_auth"]
        authority = recorder.of_type(":SelfSignedCert")["certificate-ca"]
        assert authority["isCaCertificate"] is True
        assert authority["allowedUses"] == ["cert_signing", "crl_signing", "digital_signature"]

    return pulumi.Output.all(made.ca_pem, made.chain_pem, made.private_key_pem).apply(check)


@pulumi.runtime.test
def test_keys_are_the_by_hand_procedures_unless_set(recorder: Any, made: Certificates) -> pulumi.Output[None]:
    def check(_: str) -> None:
        keys = recorder.of_type(":PrivateKey")
        assert {name: (key["algorithm"], key["rsaBits"]) for name, key in keys.items()} == {
            "certificate-ca-key": ("RSA", 2048),
            "certificate-key": ("RSA", 2048),
        }

    return made.chain_pem.apply(check)


@pulumi.runtime.test
def test_a_self_signed_certificate_is_its_own_trust(recorder: Any) -> pulumi.Output[None]:
    settings = Certificate(source="self-signed", key_algorithm="ECDSA")
    certificates = Certificates("certificate", settings, ["registry.test"])

    def check(parts: list[str]) -> None:
        assert parts[0] == parts[1] == recorder.pem("certificate-leaf")
        assert not recorder.of_type(":LocallySignedCert")
        assert recorder.of_type(":PrivateKey")["certificate-key"] == {"algorithm": "ECDSA", "ecdsaCurve": "P256"}
        assert recorder.of_type(":SelfSignedCert")["certificate-leaf"]["dnsNames"] == ["registry.test"]

    return pulumi.Output.all(certificates.ca_pem, certificates.chain_pem).apply(check)


def test_a_given_certificate_that_does_not_hold_stops_the_program(recorder: Any) -> None:
    settings = Certificate.model_validate(
        {"source": "provided", "certificate_pem": "x", "private_key_pem": "x", "ca_pem": "x"}
    )
    with pytest.raises(SettingsError, match="certificate_pem"):
        Certificates("certificate", settings, ["registry.test"])
