"""Certificates and kubeconfigs of the cluster say who their holder is, and hold against their own authority alone."""

import base64
import datetime
import ipaddress
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lab.cluster.authority import Identity
from lab.cluster.pki import API, ETCD, Pair, Pki

EVE = Identity("eve", groups=("team-a", "team-b"))
SERVER = Identity("api", hosts=("api.test",), addresses=("10.0.0.5",))


def loaded(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def test_a_client_certificate_carries_user_and_groups(tmp_path: Path) -> None:
    certificate = loaded(Pki(tmp_path).pair("eve", EVE))

    assert [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["eve"]
    groups = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    assert groups == ["team-a", "team-b"]


def test_a_client_cannot_pass_for_a_server(tmp_path: Path) -> None:
    usage = loaded(Pki(tmp_path).pair("eve", EVE)).extensions.get_extension_for_class(x509.ExtendedKeyUsage)

    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


@pytest.mark.parametrize("subject", [x509.DNSName("api.test"), x509.IPAddress(ipaddress.ip_address("10.0.0.5"))])
def test_a_server_certificate_verifies_for_its_names(tmp_path: Path, subject: x509.DNSName | x509.IPAddress) -> None:
    pki = Pki(tmp_path)
    store = Store([loaded(pki.certificate_authority())])

    chain = PolicyBuilder().store(store).build_server_verifier(subject).verify(loaded(pki.pair("api", SERVER)), [])

    assert len(chain) == 2


def test_a_server_certificate_does_not_verify_for_another_name(tmp_path: Path) -> None:
    pki = Pki(tmp_path)
    verifier = PolicyBuilder().store(Store([loaded(pki.certificate_authority())]))

    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("other.test")).verify(loaded(pki.pair("api", SERVER)), [])


def test_what_the_api_trusts_does_not_open_etcd(tmp_path: Path) -> None:
    pki = Pki(tmp_path)
    node = loaded(pki.pair("node-1", EVE))

    node.verify_directly_issued_by(loaded(pki.certificate_authority(API)))
    with pytest.raises((InvalidSignature, ValueError)):
        node.verify_directly_issued_by(loaded(pki.certificate_authority(ETCD)))


def test_certificates_outlive_any_lab(tmp_path: Path) -> None:
    certificate = loaded(Pki(tmp_path).pair("eve", EVE))

    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc > datetime.timedelta(days=3000)


def test_everything_is_made_once_and_kept(tmp_path: Path) -> None:
    def everything() -> dict[str, bytes]:
        pki = Pki(tmp_path / "pki")
        pki.pair("eve", EVE)
        pki.pair("etcd-server", SERVER, ETCD)
        pki.service_account_key()
        return {path.name: path.read_bytes() for path in (tmp_path / "pki").iterdir()}

    assert everything() == everything()


def test_nobody_else_can_read_what_is_kept(tmp_path: Path) -> None:
    pki = Pki(tmp_path / "pki")
    pki.pair("eve", EVE)

    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "pki").iterdir()} == {0o600}


def test_a_kubeconfig_is_complete_in_itself(tmp_path: Path) -> None:
    pki = Pki(tmp_path)

    document = yaml.safe_load(pki.kubeconfig("eve", EVE, "https://10.0.0.5:6443"))

    context = next(c["context"] for c in document["contexts"] if c["name"] == document["current-context"])
    user = next(u["user"] for u in document["users"] if u["name"] == context["user"])
    cluster = next(c["cluster"] for c in document["clusters"] if c["name"] == context["cluster"])
    assert context["user"] == "eve"
    assert cluster["server"] == "https://10.0.0.5:6443"
    kept = {
        cluster["certificate-authority-data"]: "ca.pem",
        user["client-certificate-data"]: "eve.pem",
        user["client-key-data"]: "eve-key.pem",
    }
    assert all(base64.b64decode(text) == (tmp_path / name).read_bytes() for text, name in kept.items())
