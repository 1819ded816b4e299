"""The Docker engine's API as far as copying in uses it, and what is said where it does not answer."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from towpath.images import space
from towpath.images.errors import MirrorError, NotEnoughSpaceError
from towpath.images.mirror.docker_engine import DockerEngine

ID = f"sha256:{'b' * 64}"
Answers = Callable[[str], tuple[int, bytes]]


async def serve(socket: Path, answers: Answers) -> asyncio.Server:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, body = answers(head.split()[1])
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(one, socket)


def inspected(path: str) -> tuple[int, bytes]:
    if path == "/images/team/app%3A1/json":
        return 200, f'{{"Id": "{ID}", "Size": 1000}}'.encode()
    if path == "/images/get?names=team%2Fapp%3A1":
        return 200, b"an archive" * 1000
    return 404, b'{"message": "No such image"}'


async def test_an_image_is_inspected_and_saved(tmp_path: Path) -> None:
    async with await serve(tmp_path / "s", inspected), DockerEngine({"DOCKER_HOST": f"unix://{tmp_path}/s"}) as engine:
        found = await engine.inspect("team/app:1")
        assert (found.image_id, found.size_bytes) == (ID, 1000)
        await engine.save("team/app:1", tmp_path / "image.tar")
        assert (tmp_path / "image.tar").read_bytes() == b"an archive" * 1000
        with pytest.raises(MirrorError, match=r"image team/none:1: there is no such image; build, load or pull it"):
            await engine.inspect("team/none:1")


async def test_nothing_is_written_where_the_disk_is_too_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "free_bytes", lambda _: space.RESERVE_BYTES)
    async with await serve(tmp_path / "s", inspected), DockerEngine({"DOCKER_HOST": f"unix://{tmp_path}/s"}) as engine:
        with pytest.raises(NotEnoughSpaceError):
            await engine.save("team/app:1", tmp_path / "image.tar")
    assert not (tmp_path / "image.tar").exists()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"Id": 5}', b"<html>"])
async def test_an_answer_of_something_else_is_said_so(tmp_path: Path, body: bytes) -> None:
    async with (
        await serve(tmp_path / "s", lambda _: (200, body)),
        DockerEngine({"DOCKER_HOST": f"unix://{tmp_path}/s"}) as engine,
    ):
        with pytest.raises(MirrorError, match="none of a Docker engine"):
            await engine.inspect("team/app:1")


async def test_an_engine_that_is_not_there_is_said_with_its_address(tmp_path: Path) -> None:
    async with DockerEngine({"DOCKER_HOST": f"unix://{tmp_path}/none"}) as engine:
        with pytest.raises(MirrorError, match=rf"Docker engine unix://{tmp_path}/none: image a:1: no answer"):
            await engine.inspect("a:1")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DOCKER_HOST": "ssh://host"}, "unix:// and tcp:// only"),
        ({"DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/no/such"}, "cannot be read"),
    ],
)
def test_a_docker_host_that_cannot_be_spoken_to_is_refused(environment: dict[str, str], words: str) -> None:
    with pytest.raises(MirrorError, match=words):
        DockerEngine(environment)
