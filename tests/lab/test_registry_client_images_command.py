"""`python -m towpath images …` as a person types it, against a real registry."""

import asyncio
import base64
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.registry_server import ACCOUNT, CURRENT, DEBIAN, PASSWORD, RegistryServer
from tests.lab.test_registry_client_real import index_of, open_session, push_image
from towpath.registry_client import manifest


@pytest.fixture(scope="module", params=[CURRENT, DEBIAN])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("registry"), release=request.param) as running:
        asyncio.run(fill(running))
        yield running


async def fill(server: RegistryServer) -> None:
    async with open_session(server) as session:
        one = await push_image(session, "team/app", "amd64", b"base" * 1000, "1.0")
        await manifest.put(session, "team/app", one, "latest")
        await push_image(session, "other/tool", "amd64", b"base" * 1000, "2")
        children = [await push_image(session, "team/multi", name, name.encode()) for name in ("amd64", "arm64")]
        outer = index_of(*children)
        await manifest.put(session, "team/multi", outer, "all")
        gone = await push_image(session, "team/emptied", "amd64", b"gone", "x")
        await manifest.delete(session, "team/emptied", gone.digest)


def towpath(server: RegistryServer, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (server.folder / "docker").mkdir(exist_ok=True)
    env = {
        "PATH": os.environ["PATH"],
        "DOCKER_CONFIG": str(server.folder / "docker"),
        "SECRET": PASSWORD,
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "towpath", "images", *arguments], capture_output=True, text=True, check=False, env=env
    )


def connection(server: RegistryServer) -> list[str]:
    ca = str(server.folder / "certificate.pem")
    return ["--registry", server.host, "--ca", ca, "--username", ACCOUNT, "--password-env", "SECRET"]


def test_plain_is_a_reference_a_line(server: RegistryServer) -> None:
    done = towpath(server, "list", "-f", "plain", *connection(server))
    assert (done.returncode, done.stderr) == (0, "")
    names = ["other/tool:2", "team/app:1.0", "team/app:latest", "team/multi:all"]
    assert done.stdout.splitlines() == [f"{server.host}/{name}" for name in names]


def test_json_and_csv_hold_the_same_rows(server: RegistryServer) -> None:
    as_json = json.loads(towpath(server, "list", "-f", "json", *connection(server)).stdout)
    as_csv = list(csv.DictReader(io.StringIO(towpath(server, "list", "--format", "csv", *connection(server)).stdout)))
    assert as_json["registry"] == server.host
    assert [row["tag"] for row in as_json["images"]] == [row["tag"] for row in as_csv] == ["2", "1.0", "latest", "all"]
    rows = {row["tag"]: row for row in as_json["images"]}
    assert rows["1.0"]["digest"] == rows["latest"]["digest"]
    assert rows["1.0"]["created"] == "2026-01-02T03:04:05Z"
    assert rows["1.0"]["shared_bytes"] >= 4000
    assert rows["all"]["platforms"] == ["linux/amd64", "linux/arm64"]
    assert {row["tag"]: row["size_bytes"] for row in as_csv}["all"] == str(rows["all"]["size_bytes"])


def test_a_table_shows_every_image_without_cutting_names(server: RegistryServer) -> None:
    done = towpath(server, "list", *connection(server))
    assert "team/multi" in done.stdout
    assert "linux/amd64 linux/arm64" in done.stdout
    only = towpath(server, "list", "--repository", "other/*", *connection(server))
    assert "other/tool" in only.stdout
    assert "team/app" not in only.stdout


def test_a_digest_is_that_of_the_index_and_json_tells_what_is_below(server: RegistryServer) -> None:
    rows = json.loads(towpath(server, "list", "-f", "json", *connection(server)).stdout)["images"]
    expected = next(row["digest"] for row in rows if row["tag"] == "all")
    for reference in ("team/multi:all", f"{server.host}/team/multi:all"):
        assert towpath(server, "digest", reference, *connection(server)).stdout == f"{expected}\n"
    below = json.loads(towpath(server, "digest", "team/multi:all", "-f", "json", *connection(server)).stdout)
    assert len(below["manifests"]) == 2
    absent = towpath(server, "digest", "team/multi:none", *connection(server))
    assert absent.returncode == 1
    assert f"{server.host}: manifest team/multi:none: 404" in absent.stderr
    elsewhere = towpath(server, "digest", "other.test:5/team/multi", *connection(server))
    assert "another registry" in elsewhere.stderr


def test_usage_counts_shared_layers_once(server: RegistryServer) -> None:
    usage = json.loads(towpath(server, "usage", "-f", "json", *connection(server)).stdout)
    rows = {row["repository"]: row for row in usage["repositories"]}
    assert rows["team/app"]["images"] == 1
    assert rows["team/app"]["tags"] == 2
    assert rows["team/app"]["shared_bytes"] == rows["other/tool"]["shared_bytes"] > 4000
    assert usage["total_bytes"] < sum(row["size_bytes"] for row in rows.values())
    assert "in all" in towpath(server, "usage", *connection(server)).stdout


def test_the_password_comes_by_stdin_variable_or_docker_login(server: RegistryServer) -> None:
    base = ["list", "-f", "plain", "--registry", server.host, "--ca", str(server.folder / "certificate.pem")]
    anonymous = towpath(server, *base)
    assert anonymous.returncode == 1
    assert "401" in anonymous.stderr
    auths = {"auths": {server.host: {"auth": base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()}}}
    (server.folder / "docker/config.json").write_text(json.dumps(auths))
    try:
        assert towpath(server, *base).returncode == 0
    finally:
        (server.folder / "docker/config.json").unlink()
    piped = subprocess.run(
        [sys.executable, "-m", "towpath", "images", *base, "-u", ACCOUNT, "--password-stdin"],
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert piped.returncode == 0, piped.stderr


def test_a_stack_gives_its_registry_and_its_admin(server: RegistryServer, tmp_path: Path) -> None:
    outputs = {
        "registry": {"url": f"https://{server.host}", "host": server.host, "ca_pem": server.ca_pem},
        "credentials": {
            "aaa": {"username": "aaa.1", "password": "wrong"},
            "admin": {"username": ACCOUNT, "password": PASSWORD, "slot": 1},
        },
    }
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\ncat {tmp_path}/outputs.json\n')
    pulumi.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = towpath(server, "list", "-f", "plain", "-s", "lab", PATH=path)
    assert len(done.stdout.splitlines()) == 4, done.stderr
    assert (tmp_path / "asked").read_text().splitlines() == [
        "stack output --json --show-secrets --stack lab",
        "config --json --show-secrets --non-interactive --stack lab",
    ]
    (tmp_path / "outputs.json").write_text('{"registry": {"host": "h"}, "credentials": {"a": {"password": "hidden"}}}')
    broken = towpath(server, "list", "-s", "lab", PATH=path)
    assert broken.returncode == 1
    assert "registry.ca_pem" in broken.stderr
    assert "hidden" not in broken.stderr
    pulumi.write_text("#!/bin/sh\necho no such stack >&2; exit 255\n")
    assert "no such stack" in towpath(server, "list", "-s", "lab", PATH=path).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list"], "which registry?"),
        (["list", "--registry", "https://r.test"], "without a scheme"),
        (["list", "--registry", "r.test", "--ca", "/no/such"], "--ca /no/such"),
        (["list", "--registry", "r.test", "-u", "a"], "--password-stdin or --password-env"),
        (["list", "--registry", "r.test", "--password-env", "X"], "needs --username"),
        (["list", "--registry", "r.test", "-u", "a", "--password-env", "NOPE"], "no such variable"),
        (["digest", "r.test/Bad"], "repository"),
        (["digest", "r.test/a", "-f", "csv"], "plain or as json"),
    ],
)
def test_options_that_do_not_go_together_are_one_clear_line(
    server: RegistryServer, arguments: list[str], words: str
) -> None:
    done = towpath(server, *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_manifest_lost_from_the_storage_is_told_and_the_rest_is_listed(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        asyncio.run(fill(server))
        tags = server.storage / "docker/registry/v2/repositories/team/app/_manifests/tags"
        lost = tags / "lost/current"
        lost.mkdir(parents=True)
        (lost / "link").write_text(f"sha256:{'0' * 64}")
        done = towpath(server, "list", "-f", "json", *connection(server))
        assert "not read" in done.stderr
        assert "team/app:lost" in done.stderr
        assert [row["tag"] for row in json.loads(done.stdout)["images"]] == ["2", "1.0", "latest", "all"]
