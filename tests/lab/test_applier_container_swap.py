"""The registry's container on a real dockerd: made, kept, replaced, rolled back, adopted, removed."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.lab.applied_node import AppliedNode, copy_image, further_node, htpasswd_line
from tests.lab.lab_access import LabAccess
from tests.unit.self_signed import certificate_for
from towpath.applier.actors import Container, HttpsCheck, Port
from towpath.applier.bootstrap import apply_command, stdin
from towpath.applier.document import Document
from towpath.applier.entries import Directory, File
from towpath.ssh.errors import SshError
from towpath.ssh.session import connect

NAME = "swap-test"
PORT = 6190
SEEN = (
    "touch /tmp/stop; until [ -f /tmp/ended ]; do sleep 0.1; done; "
    "tr '\\0' ' ' </tmp/seen; rm -f /tmp/seen /tmp/stop /tmp/ended"
)
"""Ends what watches in the background, and says what it saw."""
BASE = "/srv/swap-test"
CONFIG = """version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}}
auth: {htpasswd: {realm: R, path: /auth/htpasswd}}
http: {addr: "0.0.0.0:5443", tls: {certificate: /certs/certificate.pem, key: /certs/key.pem}}
"""
PASSWORD = "pw-for-the-check"


@pytest.fixture(scope="module")
def node(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppliedNode]:
    with further_node(lab) as node:
        copy_image(lab, "registry:3", node.name, tmp_path_factory.mktemp("image"))
        yield node


@pytest.fixture(autouse=True)
def _clean(node: AppliedNode) -> Iterator[None]:
    yield
    node.delete("swap")
    node.shell(f"docker rm -f {NAME} {NAME}-next {NAME}-previous {NAME}-before-towpath; rm -rf {BASE}")


@pytest.fixture(scope="module")
def wish(node: AppliedNode) -> Document:
    certificate, key = certificate_for(node.connection.host)
    files = (
        Directory(f"{BASE}/data", "0750", "10001:10001"),
        File(f"{BASE}/config/config.yml", CONFIG, "0644"),
        File(f"{BASE}/auth/htpasswd", htpasswd_line("u", PASSWORD), "0440", "root:10001"),
        File(f"{BASE}/certs/certificate.pem", certificate, "0644"),
        File(f"{BASE}/certs/key.pem", key, "0440", "root:10001"),
    )
    mounts = {"data": "/var/lib/registry", "config": "/etc/registry", "auth": "/auth", "certs": "/certs"}
    container = Container(
        NAME,
        "registry:3",
        ("--restart=always", "--user=10001:10001", *(f"--volume={BASE}/{name}:{at}" for name, at in mounts.items())),
        ("serve", "/etc/registry/config.yml"),
        (Port(PORT, 5443),),
        (f"{BASE}/config/config.yml", f"{BASE}/certs/certificate.pem"),
        HttpsCheck(node.connection.host, PORT, f"{BASE}/certs/certificate.pem", user="u", password=PASSWORD),
        timeout_seconds=20,
    )
    return Document("swap", (*files, container), (PASSWORD,))


def changed(wish: Document, *, config: str = CONFIG, **container: Any) -> Document:
    entries = [
        replace(entry, content=config) if isinstance(entry, File) and entry.path.endswith("config.yml") else entry
        for entry in wish.entries
    ]
    return replace(wish, entries=(*entries[:-1], replace(container_of(wish), **container)))


def container_of(wish: Document) -> Container:
    container = wish.entries[-1]
    assert isinstance(container, Container)
    return container


def container_id(node: AppliedNode, name: str = NAME) -> str:
    return node.shell(f"docker inspect -f '{{{{.Id}}}} {{{{.State.StartedAt}}}}' {name}").check().stdout


def names(node: AppliedNode) -> list[str]:
    return sorted(node.shell(f"docker ps -a --filter name={NAME} --format '{{{{.Names}}}}'").check().stdout.split())


def status(node: AppliedNode, password: str = PASSWORD) -> str:
    script = (
        f"printf 'GET /v2/ HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' $(printf 'u:{password}' | base64) | "
        f"openssl s_client -quiet -connect 127.0.0.1:{PORT} 2>/dev/null | head -n 1 | cut -d ' ' -f 2"
    )
    return node.shell(script).stdout.strip()


def test_it_is_made_kept_and_removed(node: AppliedNode, wish: Document) -> None:
    before = node.tree()
    made = node.apply(wish)
    assert [(step.name, step.outcome) for step in made.of("container")] == [(NAME, "created")]
    assert status(node) == "200"
    assert status(node, "wrong") == "401"
    assert node.is_as_wished(wish)
    first = container_id(node)
    assert node.apply(wish).status == "unchanged"
    assert container_id(node) == first
    node.delete("swap")
    assert names(node) == []
    assert node.tree() == before


def test_one_that_goes_has_its_files_until_it_has_stopped(node: AppliedNode, wish: Document) -> None:
    """Without its htpasswd a registry answers 400 to everybody, until it is stopped."""
    node.apply(wish)
    runs = f"[ \"$(docker inspect -f '{{{{.State.Running}}}}' {NAME} 2>/dev/null)\" = true ]"
    watch = f"while [ ! -f /tmp/stop ]; do {runs} && [ ! -f {BASE}/auth/htpasswd ] && {runs} && echo bare; done"
    node.shell(f"rm -f /tmp/stop /tmp/ended; ({watch}; touch /tmp/ended) >/tmp/seen 2>&1 &").check()
    try:
        node.delete("swap")
    finally:
        seen = node.shell(SEEN)
    assert seen.check().stdout == ""
    assert names(node) == []


def test_a_changed_config_restarts_and_a_changed_option_replaces(node: AppliedNode, wish: Document) -> None:
    node.apply(wish)
    first = container_id(node)
    result = node.apply(changed(wish, config=CONFIG + "log: {level: debug}\n"))
    assert [step.outcome for step in result.of("container")] == ["restarted"]
    second = container_id(node)
    assert (second.split()[0], second) != (first.split()[0], first)
    assert second.split()[0] == first.split()[0]
    result = node.apply(changed(wish, options=(*container_of(wish).options, "--label=x=y")))
    assert [step.outcome for step in result.of("container")] == ["replaced"]
    assert container_id(node).split()[0] != first.split()[0]
    assert names(node) == [NAME]


@pytest.mark.parametrize("kind", ["restart", "replace"])
def test_one_that_does_not_come_up_leaves_the_old_one_serving(node: AppliedNode, wish: Document, kind: str) -> None:
    node.apply(wish)
    tree, old = node.tree(), container_id(node).split()[0]
    bad = changed(wish, config="nonsense: [\n") if kind == "restart" else changed(wish, command=("nonsense",))
    error = node.refused(bad)
    assert error.exit_code == 11
    assert error.stderr.rstrip().endswith("the old state is back and works")
    assert f"last log lines of the container {NAME}" in error.stderr
    assert container_id(node).split()[0] == old
    assert status(node) == "200"
    assert names(node) == [NAME]
    assert node.tree() == tree
    assert node.is_as_wished(wish)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ports": (Port(22, 5443),)}, "port 22 is in use by something else (sshd"),
        ({"image": "registry:nosuch"}, "the image registry:nosuch is not on this machine and cannot be pulled"),
        ({"options": ("--no-such-option",)}, "cannot be made: unknown flag"),
    ],
)
def test_what_cannot_work_is_said_before_the_old_one_is_touched(
    node: AppliedNode, wish: Document, changes: dict[str, Any], words: str
) -> None:
    node.apply(wish)
    old = container_id(node)
    error = node.refused(changed(wish, **changes))
    assert words in error.stderr
    assert container_id(node) == old
    assert names(node) == [NAME]


def test_a_stranger_is_refused_and_adopted_only_on_demand(node: AppliedNode, wish: Document) -> None:
    node.shell(f"docker run -d --name {NAME} --restart=unless-stopped registry:3").check()
    stranger = container_id(node).split()[0]
    assert f"there is a container {NAME} that is not ours" in node.refused(wish).stderr
    assert container_id(node).split()[0] == stranger
    node.apply(changed(wish, adopt=True))
    assert names(node) == [NAME, f"{NAME}-before-towpath"]
    assert status(node) == "200"
    node.delete("swap")
    assert names(node) == [NAME]
    inspect = "{{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}"
    found = node.shell(f"docker inspect -f '{inspect}' {NAME}").check().stdout.split()
    assert found == [stranger, "true", "unless-stopped"]


def test_a_stranger_comes_back_when_its_successor_fails(node: AppliedNode, wish: Document) -> None:
    node.shell(f"docker run -d --name {NAME} --restart=unless-stopped registry:3").check()
    stranger = container_id(node).split()[0]
    node.refused(changed(wish, adopt=True, command=("nonsense",)))
    assert names(node) == [NAME]
    found = node.shell(f"docker inspect -f '{{{{.Id}}}} {{{{.State.Running}}}}' {NAME}").check().stdout.split()
    assert found == [stranger, "true"]


def test_one_that_was_stopped_or_removed_by_hand_is_found_and_repaired(node: AppliedNode, wish: Document) -> None:
    node.apply(wish)
    for command in ("docker stop", "docker rm -f"):
        node.shell(f"{command} {NAME}").check()
        assert not node.is_as_wished(wish)
        assert node.apply(wish).status == "changed"
        assert status(node) == "200"


def test_a_swap_that_is_killed_in_the_middle_is_taken_up(node: AppliedNode, wish: Document) -> None:
    """At whatever moment: afterwards one container serves, and nothing is left beside it."""
    node.apply(wish)
    for seconds in (0.5, 0.9, 1.3, 1.8):
        other = changed(wish, options=(*container_of(wish).options, f"--label=x={seconds}"))
        asyncio.run(_killed(node, other, seconds))
        node.apply(other)
        assert names(node) == [NAME]
        assert status(node) == "200"
        assert node.is_as_wished(other)


KILL_AFTER_COMMIT = """
cat >/usr/local/bin/mv <<'END'
#!/bin/sh
/bin/mv "$@"
case $* in *current.new*) kill -9 $PPID ;; esac
END
chmod 0755 /usr/local/bin/mv
"""


@pytest.mark.parametrize("verb", ["apply", "delete"])
def test_one_that_goes_is_removed_though_the_run_is_killed_when_that_is_decided(
    node: AppliedNode, wish: Document, verb: str
) -> None:
    """It is only stopped by then, and would start again with dockerd."""
    before = node.tree()
    node.apply(wish)
    without = replace(wish, entries=wish.entries[:-1])
    node.shell(KILL_AFTER_COMMIT).check()
    with pytest.raises(SshError):
        node.apply(without) if verb == "apply" else node.delete("swap")
    node.shell("rm /usr/local/bin/mv").check()
    assert names(node) == [f"{NAME}-previous"]

    if verb == "apply":
        assert node.apply(without).status == "unchanged"
        assert names(node) == []
    node.delete("swap")
    assert names(node) == []
    assert node.tree() == before


async def _killed(node: AppliedNode, document: Document, seconds: float) -> None:
    async with connect(node.connection) as client:
        process = await client.create_process(apply_command(node.sudo))
        process.stdin.write(stdin(document, node.sudo))
        process.stdin.write_eof()
        await asyncio.sleep(seconds)
        await client.run("pkill -9 -f /dev/shm/towpath.boot")


def test_the_password_of_the_check_is_in_no_process_list(node: AppliedNode, wish: Document) -> None:
    watch = (
        "(while [ ! -f /tmp/stop ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done "
        ">/tmp/seen 2>/dev/null; touch /tmp/ended) >/dev/null 2>&1 &"
    )
    node.shell(f"rm -f /tmp/stop /tmp/ended; {watch}").check()
    try:
        node.apply(wish)
        node.delete("swap")
    finally:
        seen = node.shell(SEEN).stdout
    check = container_of(wish).check
    assert check
    assert check.authorization
    assert "docker create" in seen
    assert PASSWORD not in seen
    assert check.authorization not in seen
