"""`images.mirror` of a stack: out of the closed network's upstream, through the proxy, into the stack's registry."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace, new_stack
from towpath.images.errors import NotEnoughSpaceError
from towpath.images.mirror.room import StorageFolder
from towpath.ssh.connection import Connection

PORT = 6045
HOST = f"10.89.0.11:{PORT}"


@pytest.fixture(scope="module")
def mirrored(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackWorkspace]:
    """A stack with images to copy in; the nodes' runtimes get no proxy, so that none restarts."""
    lab.crane("copy", f"{lab.upstream_address}/hello:1", f"{lab.upstream_address}/e-mirror/moving:1").check()
    workspace = new_stack(lab, tmp_path_factory.mktemp("mirror"), PORT)
    workspace.environment["DOCKER_HOST"] = "unix:///run/towpath-lab/node-1.sock"
    trusted = {lab.upstream: {"ca_pem": (lab.state / "upstream-ca.pem").read_text()}}
    workspace.change("nodes", setup={"proxy": False}, upstreams=trusted)
    workspace.configure(
        proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]},
        images={
            "mirror": [
                {"from": f"{lab.upstream}/e-mirror/moving:1", "to": "team/moving", "referrers": True},
                {"from": f"{lab.upstream}/hello:multi"},
                {"from": str(lab.image_archive("hello")), "to": "from/archive:1"},
                {"from": "docker-daemon:registry:3", "to": "from/engine"},
            ]
        },
    )
    yield workspace
    workspace.destroy("--continue-on-error").ok()
    lab.run("node-1", f"rm -rf /data/registry-{PORT}").check()
    # An emptied repository would stay in the upstream's catalogue.
    shutil.rmtree(lab.state / "upstream/docker/registry/v2/repositories/e-mirror")


@pytest.fixture(scope="module")
def shell(lab: LabAccess, mirrored: StackWorkspace, tmp_path_factory: pytest.TempPathFactory) -> LabAccess:
    """The stack, up, and a shell whose clients are logged in to its registry and trust it."""
    mark = lab.squid_mark()
    preview = mirrored.preview().ok().output
    digest = lab.crane("digest", f"{lab.upstream_address}/e-mirror/moving:1").check().stdout.strip()
    assert "team/moving:1 " in preview
    assert digest in preview
    assert f'from     : "{lab.upstream}/e-mirror/moving:1"' in preview
    up = mirrored.up().ok().output
    assert "4 of 4 images copied" in up
    assert any(f"CONNECT {lab.upstream}:443" in line for line in mark.lines())
    return logged_in(lab, mirrored, tmp_path_factory.mktemp("clients"))


def logged_in(lab: LabAccess, stack: StackWorkspace, folder: Path) -> LabAccess:
    outputs = stack.outputs()
    (folder / "ca.pem").write_text(outputs["registry"]["ca_pem"])
    shell = LabAccess({**lab.env, "SSL_CERT_DIR": f"{lab.env['SSL_CERT_DIR']}:{folder}", "DOCKER_CONFIG": str(folder)})
    login = outputs["credentials"]["ci"]
    shell.docker("login", "-u", login["username"], "--password-stdin", HOST, stdin=login["password"]).check()
    return shell


def digest_of(shell: LabAccess, reference: str) -> str:
    return shell.crane("digest", reference).check().stdout.strip()


def test_copies_have_their_upstreams_digests_and_a_node_runs_them(lab: LabAccess, shell: LabAccess) -> None:
    for copy, original in (("team/moving:1", "e-mirror/moving:1"), ("hello:multi", "hello:multi")):
        assert digest_of(shell, f"{HOST}/{copy}") == digest_of(lab, f"{lab.upstream_address}/{original}")
    index = json.loads(shell.crane("manifest", f"{HOST}/hello:multi").check().stdout)
    for entry in index["manifests"]:
        shell.crane("validate", "--remote", f"{HOST}/hello@{entry['digest']}").check()
    for reference in (f"{HOST}/team/moving:1", f"{HOST}/from/archive:1"):
        shell.docker("image", "rm", "--force", reference, node="node-2")
        assert "hello from towpath" in shell.docker("run", "--rm", reference, node="node-2").check().stdout
        shell.docker("image", "rm", "--force", reference, node="node-2").check()


def test_the_engines_image_is_the_one_that_a_node_pulls(shell: LabAccess) -> None:
    shown = ("image", "inspect", "--format", "{{.Id}}")
    there = shell.docker(*shown, "registry:3").check().stdout
    shell.docker("pull", "--quiet", f"{HOST}/from/engine:3", node="node-2").check()
    assert shell.docker(*shown, f"{HOST}/from/engine:3", node="node-2").check().stdout == there
    shell.docker("image", "rm", f"{HOST}/from/engine:3", node="node-2").check()


def test_a_second_preview_shows_no_changes(mirrored: StackWorkspace, shell: LabAccess) -> None:
    mirrored.preview("--expect-no-changes").ok()
    mirrored.refresh("--expect-no-changes").ok()


def test_no_secret_stands_in_the_state_in_plain_text(mirrored: StackWorkspace, shell: LabAccess) -> None:
    state = json.dumps(mirrored.export())
    password = mirrored.outputs()["credentials"]["ci"]["password"]
    assert password not in state
    resource = next(r for r in mirrored.export()["deployment"]["resources"] if r["type"].endswith("ImageMirror"))
    for secret in ("access", "ways", "storage"):
        assert set(resource["inputs"][secret]) >= {"ciphertext"}
        assert set(resource["outputs"][secret]) >= {"ciphertext"}


def test_a_tag_that_moves_upstream_shows_old_and_new_digest(
    lab: LabAccess, mirrored: StackWorkspace, shell: LabAccess
) -> None:
    old = digest_of(shell, f"{HOST}/team/moving:1")
    lab.crane("copy", f"{lab.upstream_address}/hello:2", f"{lab.upstream_address}/e-mirror/moving:1").check()
    new = digest_of(lab, f"{lab.upstream_address}/e-mirror/moving:1")
    assert old != new
    preview = mirrored.preview().ok().output
    assert re.search(rf'digest\s*: "{old}" => "{new}"', preview)
    assert "images.mirror: 1 of 3 images are to be copied" in preview
    assert digest_of(shell, f"{HOST}/team/moving:1") == old
    mirrored.up().ok()
    assert digest_of(shell, f"{HOST}/team/moving:1") == new
    assert mirrored.outputs()["images"]["mirrored"]["team/moving:1"] == new


def test_an_image_deleted_behind_our_back_is_found_by_refresh_and_put_back_by_up(
    mirrored: StackWorkspace, shell: LabAccess
) -> None:
    digest = digest_of(shell, f"{HOST}/hello:multi")
    shell.crane("delete", f"{HOST}/hello@{digest}").check()
    assert shell.crane("digest", f"{HOST}/hello:multi").status != 0
    assert mirrored.refresh("--expect-no-changes").code != 0
    preview = mirrored.preview().ok().output
    assert re.search(r'- hello:multi\s*: "is missing"', preview)
    mirrored.up().ok()
    assert digest_of(shell, f"{HOST}/hello:multi") == digest
    mirrored.preview("--expect-no-changes").ok()


async def test_the_room_on_the_registrys_disk_is_asked_on_its_node(lab: LabAccess) -> None:
    line = next(line for line in lab.known_hosts.read_text().splitlines() if ",node-1 " in line)
    connection = Connection(lab.nodes["node-1"], line.split(" ", 1)[1], private_key=lab.key.read_text())
    folder = StorageFolder.from_record(StorageFolder(connection, "/data").to_record())
    await folder.check_room(1000)
    with pytest.raises(NotEnoughSpaceError, match=r"10\.89\.0\.11: /data: 1\.0 PB would be copied in"):
        await folder.check_room(10**15)
    await StorageFolder(connection, "/no/such/folder").check_room(10**15)
