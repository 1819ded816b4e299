"""What every plugin does whatever its types: messages to the engine, cancellation, partial failures, URNs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import any_pb2, empty_pb2

from engine.plugins.package import Package, name_of, token_of
from engine.plugins.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from engine.plugins.resource import Call, Created, PartialFailure, Prior, Resource
from engine.plugins.serve import Server
from engine.plugins.values import Properties, Secret, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 30
URN = "urn:pulumi:lab::towpath::towpath:index:Lab$towpath:index:Ca$probe:index:Thing::ca::of$the lab"


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps the messages it is sent."""

    def __init__(self) -> None:
        self.messages: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        self.messages.append(request)
        return empty_pb2.Empty()


class Thing(Resource):
    """Does what its inputs say."""

    token = "probe:index:Thing"

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.prior: Prior | None = None

    def create(self, call: Call, inputs: Properties) -> Created:
        if inputs.get("fail"):
            raise PartialFailure(["half", "made"], Created("thing-1", {"made": Secret("half")}), {"fail": True})
        if inputs.get("wait"):
            self.waiting.set()
            assert call.cancelled.wait(SECONDS)
            return Created("cancelled", {})
        call.log("step 1", "warning", stream_id=7)
        call.log("step 2", ephemeral=True)
        return Created("thing", {"configuration": call.configuration, "name": call.name})

    def delete(self, call: Call, prior: Prior) -> None:
        self.prior = prior


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture(params=[False, True], ids=["plain", "secrets"])
def package(thing: Thing, request: pytest.FixtureRequest) -> Package:
    return Package("probe", "1.0.0", [thing], accepts_secrets=request.param)


@pytest.fixture
def stub(package: Package) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    server = Server(package)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop()


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    servicer, server = Engine(), grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(None).wait()


def create(stub: provider_pb2_grpc.ResourceProviderStub, **inputs: Any) -> provider_pb2.CreateResponse:
    answer: provider_pb2.CreateResponse = stub.Create(
        provider_pb2.CreateRequest(urn=URN, properties=encode(inputs)), timeout=SECONDS
    )
    return answer


@pytest.mark.parametrize("found_by", ["handshake", "attach"])
def test_messages_reach_the_engine_that_introduced_itself(
    stub: provider_pb2_grpc.ResourceProviderStub, engine: tuple[Engine, str], found_by: str
) -> None:
    keeper, address = engine
    if found_by == "handshake":
        stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=address))
    else:
        stub.Attach(plugin_pb2.PluginAttach(address=address))
    create(stub)
    shown = [(item.severity, item.message, item.urn, item.streamId, item.ephemeral) for item in keeper.messages]
    assert shown == [
        (engine_pb2.WARNING, "step 1", URN, 7, False),
        (engine_pb2.INFO, "step 2", URN, 0, True),
    ]


def test_an_engine_that_is_gone_hinders_nothing(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert create(stub).id == "thing"


def test_whether_secrets_are_taken_is_told_both_ways(
    stub: provider_pb2_grpc.ResourceProviderStub, package: Package
) -> None:
    configured = stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "x"})))
    assert (configured.acceptSecrets, configured.supportsPreview) == (package.accepts_secrets, True)
    assert stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets == package.accepts_secrets
    assert decode(create(stub).properties)["configuration"] == {"region": "x"}


def test_cancelling_wakes_what_waits(stub: provider_pb2_grpc.ResourceProviderStub, thing: Thing) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(create, stub, wait=True)
        assert thing.waiting.wait(SECONDS)
        stub.Cancel(empty_pb2.Empty())
        assert waiting.result(SECONDS).id == "cancelled"


def test_what_was_half_made_goes_into_the_state(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        create(stub, fail=True)
    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.UNKNOWN, "half; made")
    metadata = dict(refused.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    assert (status.code, status.message) == (grpc.StatusCode.UNKNOWN.value[0], "half; made")
    failed, packed = provider_pb2.ErrorResourceInitFailed(), any_pb2.Any()
    packed.CopyFrom(status.details[0])
    assert packed.Unpack(failed)
    assert (failed.id, list(failed.reasons)) == ("thing-1", ["half", "made"])
    assert decode(failed.properties) == {"made": Secret("half")}
    assert decode(failed.inputs) == {"fail": True}


def test_delete_knows_state_and_inputs(stub: provider_pb2_grpc.ResourceProviderStub, thing: Thing) -> None:
    request = provider_pb2.DeleteRequest(urn=URN, id="a", properties=encode({"x": 1}), old_inputs=encode({"y": 2}))
    stub.Delete(request)
    assert thing.prior == Prior("a", {"x": 1}, {"y": 2})


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": "1"}, {"a": "1"}, provider_pb2.DiffResponse.DIFF_NONE),
        ({}, {"a": "1"}, provider_pb2.DiffResponse.DIFF_SOME),
    ],
)
def test_a_new_provider_configuration_replaces_nothing(
    stub: provider_pb2_grpc.ResourceProviderStub, old: Properties, new: Properties, changes: int
) -> None:
    answer = stub.DiffConfig(provider_pb2.DiffRequest(urn=URN, old_inputs=encode(old), news=encode(new)))
    assert (answer.changes, list(answer.replaces)) == (changes, [])


def test_a_urn_is_taken_apart_whatever_its_name_holds() -> None:
    assert token_of(URN) == "probe:index:Thing"
    assert name_of(URN) == "ca::of$the lab"
    assert token_of("urn:pulumi:s::p::probe:index:Thing::n") == "probe:index:Thing"
