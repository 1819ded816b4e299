"""Machines without systemd: OpenRC, and none at all."""

from pathlib import Path

import pytest

from tests.unit.applier_machine import Machine, make_machine
from towpath.applier.actors import Service
from towpath.applier.bootstrap import Sudo, discover_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import Block, File
from towpath.nodes.facts import facts_of
from towpath.nodes.node import node_document
from towpath.nodes.proxy import Proxy
from towpath.nodes.wish import NodeWish

RC = """
echo "$*" >>/fake/rc.log
[ "$2" != status ] || grep -q started "/units/$1"
"""


@pytest.fixture
def alpine(tmp_path: Path) -> Machine:
    machine = make_machine(tmp_path / "root", "busybox")
    machine.write("/etc/os-release", 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n')
    machine.fake("rc-service", RC)
    machine.fake("dockerd", "echo Docker version 26.1.5, build x")
    machine.fake("docker", "exit 0")
    for name in ("docker", "containerd"):
        machine.write(f"/etc/init.d/{name}", "", 0o755)
    machine.write("/units/docker", "started")
    machine.write("/units/containerd", "stopped")
    machine.write("/etc/conf.d/docker", "DOCKER_OPTS=''\n")
    return machine


def test_docker_on_openrc_gets_its_proxy_and_restarts(alpine: Machine) -> None:
    before = alpine.tree()
    wish = NodeWish(proxy=Proxy.of("http://u:p@10.0.0.2:3128", None))
    done = alpine.apply(node_document(wish))
    assert done.code == 0, done
    text = alpine.path("/etc/conf.d/docker").read_text()
    assert text.startswith("DOCKER_OPTS=''\n# towpath node: begin\nexport HTTP_PROXY=\"http://u:p@10.0.0.2:3128\"\n")
    assert alpine.path("/etc/conf.d/docker").stat().st_mode & 0o777 == 0o600
    assert not alpine.path("/etc/systemd").exists()
    calls = alpine.path("/fake/rc.log").read_text().splitlines()
    assert "docker restart" in calls
    assert "containerd restart" not in calls
    assert alpine.delete("node").code == 0
    assert alpine.tree() == before


def test_discovery_names_distribution_init_and_runtimes(alpine: Machine) -> None:
    facts = facts_of(alpine.run(discover_command(Sudo()), stdin(None, Sudo())).result)
    assert (facts.distribution, facts.version, facts.init) == ("alpine", "3.20.3", "openrc")
    assert facts.runtimes["docker"] == "26.1.5"
    assert set(facts.runtimes) == {"docker", "containerd"}


def test_without_an_init_system_files_are_written_and_nothing_restarts(tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "root", "busybox")
    entries = (File("/etc/x", "1"), Block("/etc/y", ("z",), when="docker+openrc"), Service("docker", ("/etc/x",)))
    done = machine.apply(Document("node", entries))
    assert done.code == 0
    assert [(step.name, step.outcome) for step in done.result.of("service")] == [("docker", "skipped")]
    assert not machine.path("/etc/y").exists()
    facts = facts_of(machine.run(discover_command(Sudo()), stdin(None, Sudo())).result)
    assert (facts.distribution, facts.init, facts.runtimes) == ("unknown", "none", {})
