"""`python -m towpath images copy` as a person types it, between two real registries."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from tests.lab.test_images_mirror_copying import head, push_multi, run
from tests.lab.test_registry_client_copying import docker_save


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RegistryServer, RegistryServer]]:
    with (
        RegistryServer(tmp_path_factory.mktemp("source")) as source,
        RegistryServer(tmp_path_factory.mktemp("target")) as target,
    ):
        yield source, target


def copy(ends: tuple[RegistryServer, RegistryServer], *arguments: str) -> subprocess.CompletedProcess[str]:
    source, target = ends
    (source.folder / "docker").mkdir(exist_ok=True)
    login = {"auth": base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()}
    (source.folder / "docker/config.json").write_text(json.dumps({"auths": {s.host: login for s in ends}}))
    options = ["--registry", target.host, "--ca", str(target.folder / "certificate.pem")]
    return subprocess.run(
        [sys.executable, "-m", "towpath", "images", "copy", *arguments, *options],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "DOCKER_CONFIG": str(source.folder / "docker")},
    )


def test_an_image_of_another_registry_comes_with_its_digest(ends: tuple[RegistryServer, RegistryServer]) -> None:
    source, target = ends
    whole = run(source, lambda session: push_multi(session, "team/app", "1"))
    ca = ["--source-ca", str(source.folder / "certificate.pem")]
    done = copy(ends, f"{source.host}/team/app:1", "--to", "copy/app", *ca)
    assert done.stdout == f"copy/app:1@{whole.digest}\n", done.stderr
    assert head(target, "copy/app", "1") == whole.digest
    again = copy(ends, f"{source.host}/team/app:1", "--to", "copy/app", *ca)
    assert again.stderr == "0 bytes sent\n"
    one = copy(ends, f"{source.host}/team/app:1", "--to", "copy/one", "--platform", "linux/arm64", *ca)
    assert one.stdout == f"copy/one:1@{whole.manifests[1].digest}\n"


def test_a_file_is_copied_in_too(ends: tuple[RegistryServer, RegistryServer], tmp_path: Path) -> None:
    docker_save(tmp_path / "saved.tar", [b"layer"], ["team/saved:3"])
    done = copy(ends, f"{tmp_path}/saved.tar")
    assert done.stdout == f"team/saved:3@{head(ends[1], 'team/saved', '3')}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Bad:1"], "must be lower-case"),
        (["./none.tar", "--to", "a:1"], "there is no such file"),
        (["a.test/x:1", "--source-ca", "/no/such"], "--source-ca /no/such"),
        (["a.test/x:1", "--platform", "amd64"], "is no platform"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    ends: tuple[RegistryServer, RegistryServer], arguments: list[str], words: str
) -> None:
    done = copy(ends, *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
