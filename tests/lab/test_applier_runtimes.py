"""Documents of the renderers on real runtimes: what they then do, what fails, what a delete leaves."""

import asyncio
import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from tests.lab.applied_node import AppliedNode, copy_image, further_node
from tests.lab.lab_access import LabAccess
from towpath.applier.actors import Service
from towpath.applier.bootstrap import Sudo, apply_command, delete_command
from towpath.applier.document import Document
from towpath.applier.entries import File, JsonKeys
from towpath.nodes.facts import facts_of
from towpath.nodes.no_proxy import Surroundings
from towpath.nodes.node import node_document
from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import PrivateRegistry
from towpath.nodes.systemd import drop_in_path, environment_drop_in
from towpath.nodes.wish import NodeWish, TrustedCa
from towpath.ssh.session import run

THEIRS = {
    "/etc/docker/daemon.json": '{\n\t"log-opts": {"max-size": "9m"}\n}',
    "/etc/docker/certs.d/theirs/ca.crt": "x",
    "/etc/systemd/system/docker.service.d/theirs.conf": "[Service]\nEnvironment=THEIRS=1\n",
    drop_in_path("containerd"): "[Service]\nEnvironment=OLD=1\n",
    "/etc/containerd/certs.d/theirs/hosts.toml": "# theirs\n",
}
"""Files of others beside and in the place of ours."""
AROUND = Surroundings(("10.89.0.0/24",), cluster_domain=None)
ODD = ("plain", "a b", "100%", "%n", "x@y#z", "q\"uo'te", "back\\slash\\", "$HOME", "`id`", "ünï", "end\\\\", "a;b|c&d")


@pytest.fixture(scope="module")
def node(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppliedNode]:
    with further_node(lab) as node:
        copy_image(lab, "registry:3", node.name, tmp_path_factory.mktemp("image"))
        yield node


@pytest.fixture(autouse=True)
def _clean(node: AppliedNode) -> Iterator[None]:
    yield
    node.delete("node")


@pytest.fixture
def wish(lab: LabAccess) -> NodeWish:
    upstream_ca = (lab.state / "upstream-ca.pem").read_text()
    return NodeWish(
        proxy=Proxy.of(lab.proxy, lab.proxy, around=AROUND),
        registries=(PrivateRegistry(lab.upstream, 443, upstream_ca),),
        cas=(TrustedCa("upstream", upstream_ca),),
        live_restore=True,
    )


def environment(node: AppliedNode, unit: str) -> list[str]:
    script = f"tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value {unit})/environ | grep -i proxy | sort; true"
    return node.shell(script).check().stdout.splitlines()


def test_the_runtimes_pull_through_the_proxy_and_everything_comes_back(node: AppliedNode, wish: NodeWish) -> None:
    """Files of others lie in every place that is touched, and outlive the delete byte for byte."""
    folders = " ".join(sorted({str(PurePosixPath(path).parent) for path in THEIRS}))
    node.shell(f"mkdir -p {folders}").check()
    for path, text in THEIRS.items():
        node.lab.run(node.name, f"cat >{path}; chmod 640 {path}", stdin=text).check()
    node.shell("systemctl daemon-reload; systemctl restart containerd docker").check()
    image = f"{node.lab.upstream}/hello:1"
    node.shell(f"docker rmi {image}")
    before, running = node.tree(), environment(node, "docker")
    assert node.shell(f"docker pull {image}").status != 0
    mark = node.lab.squid_mark()
    document = node_document(wish, facts_of(node.discover()))
    assert node.apply(document).status == "changed"
    node.shell(f"docker pull {image}").check()
    assert any(node.lab.upstream in line for line in mark.lines())
    assert "HTTP_PROXY=http://10.89.0.2:3128" in environment(node, "containerd")
    assert node.shell("docker info -f '{{.LiveRestoreEnabled}}'").stdout.strip() == "true"
    dump = node.shell("containerd config dump").check().stdout
    assert 'config_path = "/etc/containerd/certs.d"' in dump
    assert node.is_as_wished(document)
    assert node.apply(document).status == "unchanged"
    node.delete()
    assert node.tree() == before
    assert environment(node, "docker") == running
    assert node.shell("docker info -f '{{.LiveRestoreEnabled}}'").stdout.strip() == "false"
    node.shell(f"rm {' '.join(THEIRS)}; systemctl daemon-reload; systemctl restart containerd docker").check()


def test_a_registry_more_does_not_restart_anything(node: AppliedNode, wish: NodeWish) -> None:
    facts = facts_of(node.discover())
    node.apply(node_document(wish, facts))
    pids = "systemctl show -p MainPID docker containerd"
    before = node.shell(pids).stdout
    more = replace(wish, registries=(*wish.registries, PrivateRegistry("other.test", 5000, wish.cas[0].pem)))
    assert node.apply(node_document(replace(more, insecure_registries=("bare.test:5000",)), facts)).status == "changed"
    assert node.shell(pids).stdout == before
    assert "bare.test:5000" in node.shell("docker info").stdout


def test_containers_outlive_a_restart_of_dockerd(node: AppliedNode, wish: NodeWish) -> None:
    """One without a restart policy too: live-restore is on before the restart, or else it is started again."""
    for live_restore in (True, None):
        name = f"outlives-{live_restore}"
        document = node_document(replace(wish, live_restore=live_restore), facts_of(node.discover()))
        node.apply(node_document(replace(wish, proxy=None, live_restore=None), facts_of(node.discover())))
        node.shell(f"docker run -d --name {name} registry:3").check()
        node.apply(document)
        assert node.shell(f"docker inspect -f '{{{{.State.Running}}}}' {name}").stdout.strip() == "true"
        node.shell(f"docker rm -f {name}").check()
        node.delete()


def test_dockerd_that_refuses_its_config_gets_the_old_one_back(node: AppliedNode, wish: NodeWish) -> None:
    document = node_document(wish, facts_of(node.discover()))
    node.apply(document)
    tree = node.tree()
    broken = JsonKeys("/etc/docker/daemon.json", {"live-restore": True, "no-such-key": 1})
    entries = tuple(broken if isinstance(entry, JsonKeys) else entry for entry in document.entries)
    restarting = tuple(
        replace(entry, restart_on=("/etc/docker/daemon.json",), reload_on=())
        if isinstance(entry, Service) and entry.name == "docker"
        else entry
        for entry in entries
    )
    error = node.refused(replace(document, entries=restarting))
    assert error.exit_code == 11
    assert "docker does not come up with the new settings" in error.stderr
    assert "no-such-key" in error.stderr
    assert error.stderr.rstrip().endswith("the old state is back and works")
    assert node.tree() == tree
    node.shell("docker info && ctr version").check()


def test_systemd_reads_back_what_a_drop_in_was_meant_to_say(node: AppliedNode) -> None:
    variables = {f"V{number}": value for number, value in enumerate(ODD)}
    path = drop_in_path("towpath-reads-back")
    unit = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env -0 >/run/towpath-reads-back'\n"
    entries = (File("/etc/systemd/system/towpath-reads-back.service", unit), File(path, environment_drop_in(variables)))
    node.apply(Document("node", entries))
    node.shell("systemctl start towpath-reads-back").check()
    seen = node.shell("tr '\\0' '\\n' </run/towpath-reads-back; rm /run/towpath-reads-back").check().stdout.splitlines()
    assert {line.partition("=")[0]: line.partition("=")[2] for line in seen if line[:1] == "V"} == variables


def test_a_proxy_s_odd_password_lets_docker_through(node: AppliedNode, wish: NodeWish) -> None:
    user, password = node.lab.proxy_credentials
    url = f"http://{user}:{password.replace('%', '%25')}@10.89.0.2:{node.lab.proxy_authenticated_port}"
    document = node_document(replace(wish, proxy=Proxy.of(url, url, around=AROUND)), facts_of(node.discover()))
    result = node.apply(document)
    image = f"{node.lab.upstream}/hello:1"
    node.shell(f"docker rmi {image}; docker pull {image}").check()
    drop_ins = [drop_in_path("docker"), drop_in_path("containerd")]
    assert node.shell(f"stat -c %a {' '.join(drop_ins)}").stdout.split() == ["600", "600"]
    assert password not in repr(result)
    wide = "find /etc /var/lib/towpath /run /tmp -xdev -type f -perm /044 -print0 | xargs -0 grep -lF -e"
    assert node.shell(f"{wide} {shlex.quote(password)}").stdout == ""


@pytest.mark.parametrize("user", ["ops", "deploy"])
def test_a_user_with_sudo_is_as_good_as_root(node: AppliedNode, user: str) -> None:
    sudo = Sudo("passwordless") if user == "ops" else Sudo("password", node.lab.deploy_password)
    before = node.tree()
    document = Document("node", (File("/etc/towpath-sudo-test", "x\n", "0600"),))
    by_user = node.as_user(user, sudo)
    assert by_user.apply(document).status == "changed"
    assert by_user.apply(document).status == "unchanged"
    assert by_user.is_as_wished(document)
    assert node.shell("stat -c '%U %a' /etc/towpath-sudo-test").stdout == "root 600\n"
    assert by_user.delete().status == "changed"
    assert by_user.delete().status == "unchanged"
    assert node.tree() == before
    assert node.shell("ls -A /dev/shm").stdout == ""


def test_delete_takes_what_apply_was_given(node: AppliedNode) -> None:
    """The command plugin hands a delete the standard input of the apply."""
    sudo = Sudo("password", node.lab.deploy_password)
    by_user = node.as_user("deploy", sudo)
    document = Document("node", (File("/etc/towpath-sudo-test", "x\n"),))
    by_user.apply(document)
    given = f"{sudo.line}#!/bin/sh\nexit 9\n"
    asyncio.run(run(by_user.connection, delete_command("node", sudo), given))
    assert node.shell("ls /etc/towpath-sudo-test").status != 0


@pytest.mark.parametrize(
    ("user", "sudo", "words"),
    [
        ("deploy", Sudo("passwordless"), "allow it in sudoers (NOPASSWD), or set the sudo password"),
        ("deploy", Sudo("password", "wrong-password"), "check the sudo password and the user in sudoers"),
        ("deploy", Sudo(), "deploy is not root here"),
    ],
)
def test_no_right_to_become_root_is_said(node: AppliedNode, user: str, sudo: Sudo, words: str) -> None:
    error = node.as_user(user, sudo).refused(Document("node", (File("/etc/towpath-sudo-test", "x\n"),)))
    assert words in error.stderr
    assert "nothing was changed" in error.stderr
    assert "wrong-password" not in error.stderr
    assert node.shell("ls /etc/towpath-sudo-test").status != 0
    assert node.shell("ls -A /dev/shm").stdout == ""


def test_discovery_tells_what_a_machine_is(node: AppliedNode) -> None:
    facts = facts_of(node.discover())
    assert (facts.distribution, facts.version, facts.init) == ("debian", "12", "systemd")
    assert set(facts.runtimes) >= {"docker", "containerd"}
    assert facts.runtimes["docker"].startswith("20.10.")


def test_a_roll_out_takes_one_connection(node: AppliedNode, wish: NodeWish) -> None:
    document = node_document(wish)
    count = "journalctl -u ssh --no-pager -o cat | grep -c 'Accepted publickey'"
    before = int(node.shell(count).stdout)
    node.apply(document)
    assert int(node.shell(count).stdout) - before == 2  # the look itself is one


def test_commands_are_short_and_constant(wish: NodeWish) -> None:
    for sudo in (Sudo(), Sudo("passwordless"), Sudo("password", "hush")):
        for command in (apply_command(sudo), delete_command("node", sudo)):
            assert len(command) < 600
            assert "hush" not in command
    assert json.dumps(apply_command(Sudo()))
