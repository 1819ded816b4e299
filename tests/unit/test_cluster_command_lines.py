"""How the control plane's programs are started: closed by default, and without a secret in any argument."""

import dataclasses
from pathlib import Path

import pytest
from cryptography import x509

from lab.cluster import command_lines
from lab.cluster.programs import ClusterPrograms
from lab.cluster.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    programs = ClusterPrograms(Path("/programs"), Path("/etcd"), Path("/pause"))
    return Site(programs, tmp_path, "10.0.0.5", api_port=6443, etcd_port=2379, etcd_peer_port=2380)


def test_the_api_server_asks_for_rights(site: Site) -> None:
    api = command_lines.parts(site)["kube-apiserver"]

    assert "--authorization-mode=Node,RBAC" in api
    assert "--enable-admission-plugins=NodeRestriction" in api


def test_etcd_is_reached_from_its_own_machine_alone_and_with_a_certificate(site: Site) -> None:
    etcd = command_lines.parts(site)["etcd"]
    urls = [part.split("=")[1] for part in etcd if "-urls=" in part]

    assert urls
    assert all(url.startswith("https://127.0.0.1:") for url in urls)
    assert {"--client-cert-auth", "--peer-client-cert-auth"} <= set(etcd)


def test_etcd_does_not_trust_the_authority_of_nodes(site: Site) -> None:
    api_trusts = f"--client-ca-file={site.folder}/pki/ca.pem"

    assert api_trusts in command_lines.parts(site)["kube-apiserver"]
    assert f"--trusted-ca-file={site.folder}/pki/etcd-ca.pem" in command_lines.parts(site)["etcd"]


def test_etcd_and_its_only_client_have_certificates_of_etcds_own_authority(site: Site) -> None:
    site.prepare()
    authority, server, client = (
        x509.load_pem_x509_certificate((site.folder / "pki" / f"{name}.pem").read_bytes())
        for name in ("etcd-ca", "etcd-server", "apiserver-etcd-client")
    )

    server.verify_directly_issued_by(authority)
    client.verify_directly_issued_by(authority)


def test_arguments_name_files_and_hold_no_key(site: Site) -> None:
    site.prepare()
    keys = [path.read_text() for path in (site.folder / "pki").glob("*-key.pem")]
    arguments = [part for argv in command_lines.parts(site).values() for part in argv]

    assert keys
    assert not any(line in part for part in arguments for key in keys for line in key.splitlines())


def test_every_file_that_an_argument_names_is_made(site: Site) -> None:
    site.prepare()
    named = [
        Path(part.partition("=")[2])
        for argv in command_lines.parts(site).values()
        for part in argv
        if part.startswith("--") and f"={site.folder}/pki/" in part
    ]

    assert len(named) > 20
    assert [path for path in named if not path.is_file()] == []


def test_no_controller_means_no_controller_manager(site: Site) -> None:
    alone = dataclasses.replace(site, controllers=(), schedules=False)

    assert list(command_lines.parts(alone)) == ["etcd", "kube-apiserver"]


@pytest.mark.parametrize(("address", "published"), [("127.0.0.1", False), ("10.0.0.5", True)])
def test_only_an_address_that_pods_reach_is_published_as_endpoint(site: Site, address: str, published: bool) -> None:
    api = command_lines.parts(dataclasses.replace(site, address=address))["kube-apiserver"]

    assert ("--endpoint-reconciler-type=none" in api) is not published
