"""Keys, certificates and passwords of the lab: made once, private, and good for what they are for."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lab import certificates, keys, proxy, state
from lab.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(checkout=tmp_path, cache=tmp_path / "cache", run=tmp_path / "run")
    state.ensure(made)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_is_private_and_its_id_stays(paths: Paths) -> None:
    assert mode(paths.state.parent) == mode(paths.state) == 0o700
    assert state.ensure(paths) == state.instance(paths) != ""


def test_threads_that_want_the_same_secret_get_the_same(paths: Paths) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: keys.client_key(paths), range(64)))

    assert len(found) == 1
    assert mode(paths.client_key) == 0o600


def test_known_hosts_has_each_node_by_address_and_name(paths: Paths) -> None:
    keys.write_known_hosts(paths, ["node-1", "node-2"])

    known = asyncssh.read_known_hosts(str(paths.known_hosts))
    for host in ("10.89.0.12", "node-2"):
        (trusted, *_), *_ = asyncssh.match_known_hosts(known, host, "", 22)
        assert (
            trusted.export_public_key().decode().split()[:2] == keys.public_line(keys.host_key(paths, "node-2")).split()
        )


def test_the_upstream_certificate_is_for_its_names_and_address_and_signed_by_its_authority() -> None:
    issued = certificates.issue(("upstream.towpath.test",), "10.89.1.10")
    ca, server = (x509.load_pem_x509_certificate(pem) for pem in (issued.ca, issued.certificate))

    server.verify_directly_issued_by(ca)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["upstream.towpath.test"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.89.1.10"]
    assert load_pem_private_key(issued.key, None).public_key() == server.public_key()
    assert not certificates.expires_soon(issued.certificate)


def test_the_proxy_password_is_odd_and_only_its_hash_goes_to_the_proxy(paths: Paths) -> None:
    user, password = proxy.credentials(paths)
    service = proxy.service(paths, "image")
    (file,) = (member for member in service.container.files if member.path == "/etc/squid/passwd")

    assert set(" %@:/#$`\"'\\") < set(password)
    assert file.content is not None
    name, _, hashed = file.content.decode().strip().partition(":")
    assert name == user
    assert bcrypt.checkpw(password.encode(), hashed.encode())
    assert not any(password.encode() in (member.content or b"") for member in service.container.files)
    assert proxy.credentials(paths) == (user, password)
