"""Messages to the engine while a request is still running."""

from typing import TYPE_CHECKING

import grpc

from engine.plugins.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from engine.plugins.resource import Severity


class GrpcEngineLog:
    """Sends messages to the engine at ``address`` (``host:port``); without an address they are dropped.

    The engine shows each with its resource. It masks secrets that it knows, and no others.
    """

    def __init__(self, address: str = "") -> None:
        self._stub: engine_pb2_grpc.EngineStub | None = None
        if address:
            self.connect(address)

    def connect(self, address: str) -> None:
        """Use this engine from now on."""
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def write(self, severity: "Severity", message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        """Send one message. A message that does not arrive fails nothing: the engine may be on its way out."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(
            severity=engine_pb2.LogSeverity.Value(severity.upper()),
            message=message,
            urn=urn,
            streamId=stream_id,
            ephemeral=ephemeral,
        )
        try:
            self._stub.Log(request, timeout=5)
        except grpc.RpcError:
            return
