"""A destroy puts every byte back, and the daemons run as they did before: on a node full of other people's settings."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on

PORT = 6021
REGISTRY = f"registry.towpath.test:{PORT}"
DAEMON_JSON = """{
\t"log-opts" : {"max-size":"7m",  "max-file": "2"},
  "insecure-registries":["old.example:5000"  , "10.1.0.0/16"],

    "debug":   false ,"registry-mirrors": [
        "https://mirror.example"]}"""
DROP_IN = '[Service]\nEnvironment="HTTP_PROXY=http://old.example:{port}"\nEnvironment=ODD=100%%\n'
OTHERS = {
    "/etc/docker/daemon.json": (DAEMON_JSON, "0640", "root:docker"),
    f"/etc/docker/certs.d/{REGISTRY}/ca.crt": ("an old CA\n", "0600", "deploy:deploy"),
    f"/etc/containerd/certs.d/{REGISTRY}/hosts.toml": ('server = "https://old.example"', "0604", "root:deploy"),
    f"/etc/containerd/certs.d/{REGISTRY}/ca.crt": ("another old CA", "0444", "root:root"),
    "/etc/systemd/system/docker.service.d/http-proxy.conf": (DROP_IN.format(port=1), "0644", "root:root"),
    "/etc/systemd/system/docker.service.d/towpath-proxy.conf": (DROP_IN.format(port=2), "0640", "root:deploy"),
    "/etc/systemd/system/containerd.service.d/towpath-proxy.conf": (DROP_IN.format(port=3), "0600", "root:root"),
    f"/data/registry-{PORT}/kept/by-others": ("a file\n", "0640", "deploy:deploy"),
}
COMMENTED = "\n# Ours, do not touch: ü\n[debug]  # as asked for\n    level='warn'   # odd, but ours"
DROP_INS = [f"/etc/systemd/system/{unit}.service.d/towpath-proxy.conf" for unit in ("docker", "containerd")]


@dataclass(frozen=True)
class Seen:
    """What a node is at one moment."""

    tree: list[str]
    dockerd: list[str]
    containerd: list[str]
    docker_settings: str
    config_path: str
    starts: dict[str, str]

    @property
    def lasting(self) -> dict[str, object]:
        """What must be the same again."""
        return {name: value for name, value in vars(self).items() if name != "starts"}


@dataclass(frozen=True)
class Round:
    """Both nodes before `up`, after it, and after `destroy`."""

    before: dict[str, Seen]
    up: dict[str, Seen]
    after: dict[str, Seen]
    crowded: str
    stock: str


def fill(node: NodeAccess) -> None:
    """Put files of others into every place that the stack touches."""
    for path, (content, mode, owner) in OTHERS.items():
        node.write(path, content, mode)
        node.sh(f"chown {owner} '{path}'")
    node.sh("cat >>/etc/containerd/config.toml", stdin=COMMENTED)
    node.sh("printf '10.9.9.9 old.example # no line break at the end' >>/etc/hosts")
    node.sh("chmod 0750 /etc/docker/certs.d /etc/systemd/system/docker.service.d; chown deploy /etc/docker/certs.d")
    node.sh(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=old -days 30 2>/dev/null "
        f"-out '/usr/local/share/ca-certificates/towpath-{REGISTRY.replace(':', '_')}.crt'"
    )
    node.sh("update-ca-certificates 2>&1; systemctl daemon-reload; systemctl restart containerd docker")


def clear(node: NodeAccess) -> None:
    """Take them out again."""
    paths = " ".join(f"'{path}'" for path in OTHERS)
    node.sh(f"rm -f {paths}; rm -rf /data /etc/docker/certs.d /etc/containerd/certs.d")
    node.sh("cp -a /root/config.toml.stock /etc/containerd/config.toml; cat /root/hosts.stock >/etc/hosts")
    node.sh("rm -f /usr/local/share/ca-certificates/*; update-ca-certificates --fresh 2>&1")
    node.sh("rmdir /etc/systemd/system/*.service.d; systemctl daemon-reload; systemctl restart containerd docker")


def look(node: NodeAccess) -> Seen:
    info = (
        "{{json .RegistryConfig.IndexConfigs}} {{json .RegistryConfig.InsecureRegistryCIDRs}} {{.LiveRestoreEnabled}}"
    )
    return Seen(
        tree=node.tree().splitlines(),
        dockerd=node.daemon_environment("dockerd"),
        containerd=node.daemon_environment("containerd"),
        docker_settings=node.docker("info", "--format", info).check().stdout,
        config_path=node.cri("info", "--output", "go-template", "--template", "{{.config.registry.configPath}}").stdout,
        starts=node.starts(),
    )


@pytest.fixture(scope="module")
def round_trip(
    lab: LabAccess, spare_nodes: tuple[NodeAccess, NodeAccess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Round]:
    crowded, stock = spare_nodes
    crowded.sh("cp -a /etc/containerd/config.toml /root/config.toml.stock; cp /etc/hosts /root/hosts.stock")
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("undo"), PORT)
    members = stack.settings["nodes"]["members"]
    members[stock.name]["setup"] = {"proxy": False}
    stack.change(
        "nodes",
        members=members,
        setup={"live_restore": True, "insecure_registries": ["plain.example:5000"]},
        upstreams={"docker.io": {"mirrors": [{"url": "https://mirror-2.example"}]}},
    )
    stack.change("registry", host="registry.towpath.test")
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]})
    fill(crowded)
    try:
        before = {node.name: look(node) for node in spare_nodes}
        try:
            stack.up().ok()
            up = {node.name: look(node) for node in spare_nodes}
        finally:
            stack.destroy().ok()
        after = {node.name: look(node) for node in spare_nodes}
        yield Round(before, up, after, crowded.name, stock.name)
    finally:
        clear(crowded)


@pytest.mark.parametrize("kind", ["crowded", "stock"])
def test_a_destroy_puts_every_byte_and_every_daemon_back(round_trip: Round, kind: str) -> None:
    name = getattr(round_trip, kind)
    before, after = round_trip.before[name], round_trip.after[name]

    for what, value in before.lasting.items():
        assert after.lasting[what] == value, what


@pytest.mark.parametrize("kind", ["crowded", "stock"])
def test_the_stack_had_changed_both_before(round_trip: Round, kind: str) -> None:
    """What makes the other test worth something: in between, files and daemons were others."""
    name = getattr(round_trip, kind)
    before, up = round_trip.before[name], round_trip.up[name]

    changed = {what for what, value in before.lasting.items() if up.lasting[what] != value}

    environments = {"dockerd", "containerd"} if kind == "crowded" else set()
    assert changed == {"tree", "docker_settings", "config_path"} | environments


def test_what_others_wrote_survives_beside_ours(round_trip: Round, spare_nodes: tuple[NodeAccess, NodeAccess]) -> None:
    """Merged, not overwritten: others' members of daemon.json are still in force while the stack is up."""
    up = round_trip.up[round_trip.crowded]

    assert "old.example:5000" in up.docker_settings
    assert "plain.example:5000" in up.docker_settings
    assert any("ODD=100%" in entry for entry in up.dockerd)


@pytest.mark.parametrize("kind", ["crowded", "stock"])
def test_a_destroy_restarts_what_ran_with_our_settings(round_trip: Round, kind: str) -> None:
    """Also where no drop-in went, and only config_path changes: containerd reads it when it starts."""
    name = getattr(round_trip, kind)
    up, after = round_trip.up[name], round_trip.after[name]

    assert up.starts["containerd"] != after.starts["containerd"]
