"""The login after a roll-out, against a real registry on loopback: who may get in, and what is said where it fails."""

import asyncio
from pathlib import Path

import pytest
import yaml

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer, free_port
from towpath.access.registry_access import RegistryAccess
from towpath.access.registry_check import RegistryCheckError, check_registry, pods_answer
from towpath.registry.config import PODS, SERVED_BY

MOMENT_SECONDS = 1
TIME_FOR_AN_ANSWER_SECONDS = 5


def access(server: RegistryServer, password: str = PASSWORD) -> RegistryAccess:
    return RegistryAccess(server.host, ACCOUNT, password, server.ca_pem)


async def test_a_registry_that_lets_its_account_in_and_nobody_else_passes(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        await check_registry(access(server).to_record())


async def test_it_is_waited_for(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        record = access(server).to_record()
        server.stop()
        check = asyncio.create_task(check_registry(record))
        await asyncio.sleep(0)
        await asyncio.to_thread(server.start)
        await check


async def test_a_refused_password_is_said_without_it(tmp_path: Path) -> None:
    with (
        RegistryServer(tmp_path) as server,
        pytest.raises(
            RegistryCheckError, match=r"does not serve within 5 s of its roll-out \(.*registry\.access"
        ) as said,
    ):
        await check_registry(access(server, "a-wrong-word").to_record(), TIME_FOR_AN_ANSWER_SECONDS)
    assert "a-wrong-word" not in str(said.value)


async def test_nothing_there_is_said(tmp_path: Path) -> None:
    nowhere = RegistryAccess(f"127.0.0.1:{free_port()}", ACCOUNT, PASSWORD)
    with pytest.raises(RegistryCheckError, match="does not serve within 1 s"):
        await check_registry(nowhere.to_record(), MOMENT_SECONDS)


async def test_a_registry_that_lets_everybody_in_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegistryServer, "_answers", lambda self: Path(self.folder / "log.txt").exists())
    whole = RegistryServer._config
    monkeypatch.setattr(RegistryServer, "_config", lambda self: {k: v for k, v in whole(self).items() if k != "auth"})
    with (
        RegistryServer(tmp_path) as server,
        pytest.raises(RegistryCheckError, match="lets everybody in; see who serves there"),
    ):
        await check_registry(access(server).to_record())


async def test_whoever_served_before_the_pods_is_told_from_them(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        record = access(server).to_record()
        assert not await pods_answer(record, MOMENT_SECONDS)
        waiting = asyncio.create_task(pods_answer(record))
        await asyncio.sleep(0)
        server.stop()
        config = tmp_path / "config.yml"
        written = yaml.safe_load(config.read_text())
        written["http"]["headers"] = {SERVED_BY: [PODS]}
        config.write_text(yaml.safe_dump(written))
        await asyncio.to_thread(server.start)
        assert await waiting
