"""Ways to a remote host, and what is said where one is closed: keys, host keys, bastion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.command_sshd import Sshd, free_port, make_key, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import EngineProject

PROGRAM = """
    import json, pathlib, pulumi
    from pulumi_command import remote

    probes = json.loads(pathlib.Path("connections.json").read_text())
    for name, connection in probes.items():
        probe = remote.Command(name, connection=connection, create="echo $SSH_CONNECTION")
        pulumi.export(name, probe.stdout)
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "sshd")


@pytest.fixture
def bastion(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "bastion")


@pytest.fixture
def project(engine_project: EngineProject) -> EngineProject:
    engine_project.program(PROGRAM)
    # An agent of a session that has ended: its socket must not be in the way of a key that is given.
    engine_project.environment["SSH_AUTH_SOCK"] = "/nonexistent/agent.sock"
    return engine_project


def connect(project: EngineProject, **connections: dict[str, Any]) -> None:
    project.file("connections.json", json.dumps(connections))


def test_keys_of_all_kinds_and_a_bastion_with_its_own_host_key_get_through(
    project: EngineProject, sshd: Sshd, bastion: Sshd, tmp_path: Path
) -> None:
    keys = {
        "rsa": make_key(tmp_path / "rsa", "rsa"),
        "ecdsa": make_key(tmp_path / "ecdsa", "ecdsa"),
        "locked": make_key(tmp_path / "locked", passphrase="open sesame"),
    }
    with (sshd.folder / "authorized_keys").open("a") as file:
        file.writelines(key.with_suffix(".pub").read_text() for key in keys.values())
    connect(
        project,
        rsa=sshd.connection(privateKey=keys["rsa"].read_text()),
        ecdsa=sshd.connection(privateKey=keys["ecdsa"].read_text()),
        locked=sshd.connection(privateKey=keys["locked"].read_text(), privateKeyPassword="open sesame"),
        bastion=sshd.connection(proxy=bastion.connection()),
        unchecked=sshd.connection(hostKey=None),
    )

    done = project.up()

    outputs = project.outputs()
    assert all(text.endswith(f"127.0.0.1 {sshd.port}") for text in outputs.values())
    assert len(outputs) == 5
    # Over the bastion, and with nothing but the connection passing through it.
    assert "Accepted publickey" in bastion.log
    assert "Starting session" not in bastion.log
    warnings = [line for line in done.output.splitlines() if "host key is not checked" in line]
    assert warnings
    assert str(sshd.port) in warnings[0]


def test_each_refusal_names_machine_step_and_way_out(
    project: EngineProject, sshd: Sshd, bastion: Sshd, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other")
    other_public = other.with_suffix(".pub").read_text()
    closed = free_port()
    connect(
        project,
        hostkey=sshd.connection(hostKey=other_public),
        bastionkey=sshd.connection(proxy=bastion.connection(hostKey=other_public)),
        login=sshd.connection(privateKey=other.read_text()),
        closed=sshd.connection(port=closed, dialErrorLimit=1),
        behind=sshd.connection(port=closed, dialErrorLimit=0, proxy=bastion.connection()),
        rubbish=sshd.connection(privateKey="no key at all"),
    )

    failed = project.up("--continue-on-error", check=False)

    text = " ".join(failed.output.split())
    assert failed.exit_code != 0
    assert f"root@127.0.0.1:{sshd.port}: host key mismatch: expected ssh-ed25519 SHA256:" in text
    assert f"root@127.0.0.1:{bastion.port}: host key mismatch" in text
    assert f"root@127.0.0.1:{sshd.port}: the server refuses the credentials (private key)" in text
    assert f"root@127.0.0.1:{closed}: cannot connect after 2 failed attempts" in text
    assert f"root@127.0.0.1:{closed}: cannot connect from the bastion after 1 failed attempt" in text
    assert f"root@127.0.0.1:{sshd.port}: privateKey is no private key" in text
    assert "no key at all" not in text
    # Once, not eleven times: neither a wrong key nor a wrong host key gets better by trying again.
    assert sshd.log.count("Connection closed by authenticating user") == 1


def test_delete_uses_the_connection_in_the_state(project: EngineProject, sshd: Sshd) -> None:
    project.program(PROGRAM.replace("create=", f"delete='touch {sshd.folder}/deleted', create="))
    connect(project, probe=sshd.connection())
    project.up()
    connect(project, probe=sshd.connection(port=free_port()))

    project.destroy()

    assert (sshd.folder / "deleted").exists()
