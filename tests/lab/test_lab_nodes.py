"""What a node offers to those who reach it, and a lab shell to those who use it."""

import pytest

from tests.lab.lab_access import LabAccess, finished


@pytest.mark.parametrize("node", ["node-1", "node-2"])
def test_a_node_is_a_whole_system_under_its_own_name(lab: LabAccess, node: str) -> None:
    asked = lab.run(node, "hostname; ps -p 1 -o comm=; systemctl is-active ssh docker containerd").check()

    assert asked.stdout.split() == [node, "systemd", "active", "active", "active"]


def test_deploy_has_sudo_with_its_password_only(lab: LabAccess) -> None:
    refused = lab.run("node-1", "sudo --non-interactive id -u", user="deploy")
    allowed = lab.run("node-1", "sudo --stdin --prompt '' id -u", user="deploy", stdin=lab.deploy_password + "\n")

    assert refused.status != 0
    assert allowed.check().stdout == "0\n"


def test_ops_has_sudo_without_a_password(lab: LabAccess) -> None:
    assert lab.run("node-1", "id -u; sudo --non-interactive id -u", user="ops").check().stdout == "1001\n0\n"


def test_a_node_has_its_own_host_key_and_no_other_kind(lab: LabAccess) -> None:
    addresses = list(lab.nodes.values())
    scanned = finished(["ssh-keyscan", *addresses]).stdout.splitlines()
    offered = sorted(line for line in scanned if not line.startswith("#"))
    known = [line.split() for line in lab.known_hosts.read_text().splitlines()]

    assert offered == sorted(f"{names.split(',')[0]} {kind} {key}" for names, kind, key in known)
    assert len({key for _, _, key in known}) == len(known)


def test_a_node_does_not_let_in_by_password(lab: LabAccess) -> None:
    options = ["-o", f"UserKnownHostsFile={lab.known_hosts}", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]

    refused = finished(["ssh", "-F", "none", "-i", "/dev/null", *options, f"root@{lab.nodes['node-1']}", "true"])

    assert "Permission denied" in refused.stderr


def test_the_inner_docker_answers_a_lab_shell_and_runs_the_registry(lab: LabAccess) -> None:
    assert lab.docker("info", "--format", "{{.Name}}").check().stdout == "node-1\n"
    assert "registry" in lab.docker("run", "--rm", "registry:3", "--version").check().stdout
    assert lab.docker("run", "--rm", "--user", "1234:1234", "registry:3", "--version").status == 0


def test_the_registry_image_is_laid_out_as_upstreams(lab: LabAccess) -> None:
    form = "{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.Volumes}} {{json .Config.ExposedPorts}}"
    shown = lab.docker("image", "inspect", "--format", form, "registry:3").check().stdout.strip()

    assert shown == '["registry"] ["serve","/etc/distribution/config.yml"] {"/var/lib/registry":{}} {"5000/tcp":{}}'


def test_a_lab_shell_has_the_labs_clients_and_none_of_the_users_settings(lab: LabAccess) -> None:
    found = finished(
        ["sh", "-c", "command -v docker; command -v crane; echo $DOCKER_CONFIG"], env=lab.env
    ).stdout.split()

    assert found == [f"{lab.state}/bin/docker", f"{lab.state}/bin/crane", f"{lab.state}/docker-config"]


def test_clients_on_this_machine_trust_the_upstream_only_in_a_lab_shell(lab: LabAccess) -> None:
    image = f"docker://{lab.upstream_address}/hello:1"
    outside = {**lab.env, "SSL_CERT_DIR": "/etc/ssl/certs"}

    lab.skopeo("inspect", image).check()
    assert "x509" in finished(["skopeo", "inspect", image], env=outside).stderr
