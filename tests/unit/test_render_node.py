"""A node's whole document: what each runtime reads, and what follows from it."""

import tomllib
from dataclasses import replace

import pytest
import yaml

from tests.unit.merge_program import AWKS, edit
from towpath.applier.actors import Command, Service
from towpath.applier.document import Document
from towpath.applier.entries import Block, File, JsonKeys, TomlKeys
from towpath.applier.result import parse_result
from towpath.nodes.errors import NodeError
from towpath.nodes.facts import Facts, facts_of
from towpath.nodes.node import node_document
from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import Mirror, PrivateRegistry, Upstream
from towpath.nodes.wish import NodeWish, TrustedCa

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
OTHER = PEM.replace("AAAA", "BBBB")
WISH = NodeWish(
    proxy=Proxy.of("http://u:hush@10.0.0.2:3128", "http://u:hush@10.0.0.2:3128", ("10.0.0.0/8",)),
    registries=(PrivateRegistry("registry.test", 6000, PEM, address="10.0.0.5"),),
    upstreams=(
        Upstream("docker.io", (Mirror("https://m1:5000", OTHER), Mirror("http://m2:5000")), fallback=True),
        Upstream("quay.io", (Mirror("https://h/v2/quay", skip_verify=True), Mirror("https://h/quay2")), fallback=False),
    ),
    cas=(TrustedCa("corp", PEM + OTHER),),
    live_restore=True,
)
DEBIAN = Facts("debian", "12", "systemd", {"docker": "20.10.24", "containerd": "1.6.20"})


def file(document: Document, path: str) -> str:
    (entry,) = [each for each in document.files if each.path == path]
    assert isinstance(entry, File)
    assert isinstance(entry.content, str)
    return entry.content


def services(document: Document) -> dict[str, Service]:
    return {actor.name: actor for actor in document.actors if isinstance(actor, Service)}


def test_docker_gets_drop_in_keys_and_certificates() -> None:
    document = node_document(WISH, DEBIAN)
    (keys,) = [each for each in document.files if isinstance(each, JsonKeys)]
    assert keys.keys == {
        "insecure-registries": ["m2:5000"],
        "registry-mirrors": ["https://m1:5000", "http://m2:5000"],
        "live-restore": True,
    }
    assert file(document, "/etc/docker/certs.d/registry.test:6000/ca.crt") == PEM
    assert file(document, "/etc/docker/certs.d/m1:5000/ca.crt") == OTHER
    docker = services(document)["docker"]
    assert docker.restart_on == ("/etc/systemd/system/docker.service.d/towpath-proxy.conf", "/etc/conf.d/docker")
    assert docker.reload_on == tuple(f"/etc/docker/daemon.json#{key}" for key in keys.keys)


def test_docker_s_proxy_may_stand_in_daemon_json() -> None:
    facts = replace(DEBIAN, runtimes={"docker": "28.5.1"})
    document = node_document(replace(WISH, docker_proxy="daemon.json"), facts)
    (keys,) = [each for each in document.files if isinstance(each, JsonKeys)]
    assert keys.keys["proxies"] == {
        "http-proxy": "http://u:hush@10.0.0.2:3128",
        "https-proxy": "http://u:hush@10.0.0.2:3128",
        "no-proxy": "localhost,127.0.0.0/8,::1,10.0.0.0/8",
    }
    assert keys.mode == "0600"
    assert services(document)["docker"].restart_on == ("/etc/docker/daemon.json#proxies",)
    assert not any("docker.service.d" in entry.path for entry in document.files)


def test_containerd_gets_config_path_and_hosts() -> None:
    document = node_document(WISH, DEBIAN)
    docker_io = tomllib.loads(file(document, "@certs.d@/docker.io/hosts.toml"))
    assert docker_io == {
        "server": "https://registry-1.docker.io",
        "host": {
            "https://m1:5000": {"capabilities": ["pull", "resolve"], "ca": "mirror-1.crt"},
            "http://m2:5000": {"capabilities": ["pull", "resolve"]},
        },
    }
    assert list(docker_io["host"]) == ["https://m1:5000", "http://m2:5000"]
    quay = tomllib.loads(file(document, "@certs.d@/quay.io/hosts.toml"))
    assert quay == {
        "server": "https://h/v2/quay2",
        "capabilities": ["pull", "resolve"],
        "override_path": True,
        "host": {
            "https://h/v2/quay": {"capabilities": ["pull", "resolve"], "skip_verify": True, "override_path": True},
            "https://h/v2/quay2": {"capabilities": ["pull", "resolve"], "override_path": True},
        },
    }
    registry = tomllib.loads(file(document, "@certs.d@/registry.test:6000/hosts.toml"))
    own = {"capabilities": ["pull", "resolve", "push"], "ca": "ca.crt"}
    assert registry == {"server": "https://registry.test:6000", **own, "host": {"https://registry.test:6000": own}}
    assert services(document)["containerd"].restart_on == (
        "/etc/systemd/system/containerd.service.d/towpath-proxy.conf",
        "/etc/conf.d/containerd",
        "/etc/containerd/config.toml",
    )


CRI = "io.containerd.grpc.v1.cri"


@pytest.mark.parametrize("awk", AWKS, ids=" ".join)
@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("", ["plugins", CRI, "registry"]),
        ("version = 2\n", ["plugins", CRI, "registry"]),
        ("version = 3\n", ["plugins", "io.containerd.cri.v1.images", "registry"]),
        ("root = '/x'\n", ["plugins", "cri", "registry"]),
        (
            f'version = 2\n[plugins."{CRI}".registry]\n  config_path = ""\n  [plugins."{CRI}".registry.mirrors]\n',
            ["plugins", CRI, "registry"],
        ),
    ],
)
def test_config_path_goes_where_the_file_s_version_has_it(awk: tuple[str, ...], base: str, path: list[str]) -> None:
    (entry,) = [each for each in node_document(WISH, DEBIAN).files if isinstance(each, TomlKeys)]
    text = edit(awk, "merge", entry, base or None).text
    assert text is not None
    at = tomllib.loads(text)
    for part in path:
        at = at[part]
    assert at["config_path"] == "/etc/containerd/certs.d"


@pytest.mark.parametrize("table", ["mirrors.'docker.io'", "configs.'r:5000'.tls"])
def test_what_excludes_config_path_is_refused(table: str) -> None:
    (entry,) = [each for each in node_document(WISH, DEBIAN).files if isinstance(each, TomlKeys)]
    merged = edit(AWKS[0], "merge", entry, f'version = 2\n[plugins."{CRI}".registry.{table}]\n  x = 1\n')
    assert merged.text is None
    assert "cannot stand beside config_path" in merged.error


def test_podman_and_crio_share_their_registries() -> None:
    facts = Facts("fedora", "41", "systemd", {"podman": "5.2", "crio": "1.31"})
    document = node_document(WISH, facts)
    conf = tomllib.loads(file(document, "/etc/containers/registries.conf.d/50-towpath.conf"))
    assert conf["registry"] == [
        {
            "prefix": "docker.io", "location": "docker.io",
            "mirror": [{"location": "m1:5000"}, {"location": "m2:5000", "insecure": True}],
        },
        {"prefix": "quay.io", "location": "h/quay2", "mirror": [{"location": "h/quay", "insecure": True}]},
    ]  # fmt: skip
    engine = tomllib.loads(file(document, "/etc/containers/containers.conf.d/50-towpath.conf"))["engine"]
    assert "http_proxy=http://u:hush@10.0.0.2:3128" in engine["env"]
    crio = services(document)["crio"]
    assert crio.restart_on == ("/etc/systemd/system/crio.service.d/towpath-proxy.conf",)
    assert crio.reload_on == ("/etc/containers/registries.conf.d/50-towpath.conf",)
    assert set(services(document)) == {"crio"}


def test_k3s_and_rke2_have_files_of_their_own() -> None:
    for runtime, folder, environment in (
        ("k3s-agent", "/etc/rancher/k3s", "/etc/systemd/system/k3s-agent.service.env"),
        ("rke2-server", "/etc/rancher/rke2", "/etc/default/rke2-server"),
    ):
        document = node_document(WISH, Facts("debian", "12", "systemd", {runtime: "1.31"}))
        registries = yaml.safe_load(file(document, f"{folder}/registries.yaml"))
        assert registries["mirrors"]["registry.test:6000"] == {"endpoint": ["https://registry.test:6000"]}
        assert registries["mirrors"]["quay.io"] == {"endpoint": ["https://h/v2/quay", "https://h/v2/quay2"]}
        assert (
            registries["configs"]["registry.test:6000"]["tls"]["ca_file"] == f"{folder}/towpath/registry.test:6000.crt"
        )
        assert registries["configs"]["h"] == {"tls": {"insecure_skip_verify": True}}
        (block,) = [each for each in document.files if isinstance(each, Block) and each.path == environment]
        assert 'CONTAINERD_HTTP_PROXY="http://u:hush@10.0.0.2:3128"' in block.lines
        assert block.mode == "0600"
        assert services(document)[runtime].restart_on == (environment, f"{folder}/registries.yaml")


def test_the_os_trust_store_gets_a_file_a_certificate() -> None:
    document = node_document(WISH, DEBIAN)
    assert file(document, "@trust@/towpath-corp-1.crt") == PEM
    assert file(document, "@trust@/towpath-corp-2.crt") == OTHER
    assert file(document, "@trust@/towpath-registry.test_6000.crt") == PEM
    (command,) = [actor for actor in document.actors if isinstance(actor, Command)]
    assert len(command.on) == 3
    with pytest.raises(NodeError, match="holds no certificate"):
        node_document(NodeWish(cas=(TrustedCa("x", "PEM"),)))
    with pytest.raises(NodeError, match="cannot be a CA's name"):
        node_document(NodeWish(cas=(TrustedCa("../x", PEM),)))


def test_kubelet_gets_a_proxy_only_if_it_is_asked_for() -> None:
    facts = replace(DEBIAN, runtimes={"kubelet": "1.36"})
    assert not services(node_document(WISH, facts))
    document = node_document(replace(WISH, proxied=frozenset({"kubelet"})), facts)
    assert services(document)["kubelet"].settle_seconds > 0


def test_passwords_stand_in_narrow_files_and_are_masked() -> None:
    document = node_document(WISH)
    holding = [
        each for each in document.files if "hush" in str(getattr(each, "content", "")) + str(getattr(each, "lines", ""))
    ]
    assert len(holding) > 5
    assert {each.mode for each in holding if isinstance(each, File | Block)} == {"0600"}
    assert document.secrets == ("hush",)
    assert "hush" not in repr(document)


def test_nothing_wished_is_nothing_done() -> None:
    assert node_document(NodeWish()).entries == ()


def test_a_document_without_facts_fits_every_machine() -> None:
    everywhere = node_document(WISH)
    assert {"docker", "containerd", "crio", "k3s", "rke2-agent"} <= set(services(everywhere))
    assert all(
        getattr(each, "when", None) or each.path.startswith(("/etc/hosts", "@trust@")) for each in everywhere.files
    )
    assert everywhere.requires == ()
    declared = node_document(replace(WISH, runtimes=frozenset({"docker"})))
    assert declared.requires == ("docker",)
    assert set(services(declared)) == {"docker"}


@pytest.mark.parametrize(
    ("wish", "facts", "reason"),
    [
        (replace(WISH, runtimes=frozenset({"crio"})), DEBIAN, "crio is declared but not on it"),
        (replace(WISH, docker_proxy="daemon.json"), DEBIAN, r"Docker 20\.10\.24 takes no proxy from daemon\.json"),
        (WISH, replace(DEBIAN, runtimes={"containerd": "1.4.13"}), r"containerd 1\.4\.13 reads no hosts\.toml"),
        (WISH, replace(DEBIAN, init="none"), "neither systemd nor OpenRC"),
    ],
)
def test_what_the_machine_does_not_know_is_named(wish: NodeWish, facts: Facts, reason: str) -> None:
    with pytest.raises(NodeError, match=reason):
        node_document(wish, facts)


def test_facts_are_read_from_what_discover_prints() -> None:
    text = (
        "towpath-result 1\nstatus discovered\nmachine n1 debian 12\ninit systemd found \n"
        "runtime docker active 20.10.24+dfsg1\nruntime containerd active 1.6.20~ds1\n"
    )
    assert facts_of(parse_result(text)) == Facts(
        "debian", "12", "systemd", {"docker": "20.10.24+dfsg1", "containerd": "1.6.20~ds1"}
    )
