"""Plain text from the API server, and what stands in for it where it fails."""

import httpx
import pytest

from towpath.cluster.client import ClusterClient
from towpath.cluster.errors import ForbiddenError, NotFoundError, ProtocolError, ServerFailedError
from towpath.cluster.transport import Limits
from towpath.registry_client.retry import Retry


class Nobody:
    """Credentials that are none."""

    renewable = False

    def headers(self) -> dict[str, str]:
        return {}


class Always:
    """Answers everything with the same."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer

    async def send(self, *_: object) -> httpx.Response:
        return self.answer


def client(answer: httpx.Response) -> ClusterClient:
    return ClusterClient("https://fake", Nobody(), Always(answer), Limits(), Retry(attempts=1))  # type: ignore[arg-type]


async def test_a_log_is_given_as_it_is() -> None:
    log = "one\n{}\n3 blobs marked\n"
    assert await client(httpx.Response(200, text=log)).text("/log", "reading") == log
    assert await client(httpx.Response(200)).text("/log", "reading") == ""


@pytest.mark.parametrize(("status", "kind"), [(403, ForbiddenError), (404, NotFoundError), (500, ServerFailedError)])
async def test_a_log_that_is_refused_is_an_error_with_what_the_server_said(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="pods/log"):
        await client(httpx.Response(status, json={"message": "cannot get pods/log"})).text("/log", "reading")
    with pytest.raises(kind):
        await client(httpx.Response(status, text="not JSON")).text("/log", "reading")


async def test_text_where_an_object_should_be_is_no_answer() -> None:
    with pytest.raises(ProtocolError):
        await client(httpx.Response(200, text="hello")).get("/version", "asking")
