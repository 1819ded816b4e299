"""Runs a package as a plugin process."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

import grpc

from engine.ending import Ending
from engine.plugins.engine_log import GrpcEngineLog
from engine.plugins.proto import provider_pb2_grpc
from engine.plugins.servicer import Servicer

if TYPE_CHECKING:
    from engine.plugins.package import Package

# More than an engine runs at once by default on any machine (`--parallel`, 16 times the cores, is no ceiling): threads
# are made as they are needed, and one must be free for Cancel.
_THREADS = 512
# Of a message: a certificate bundle or an archive may be large; the engine allows 400 MiB.
_MESSAGE_BYTES = 400 * 1024 * 1024
_PARENT_WATCH_SECONDS = 0.25


def main(package: Package, servicer: type[Servicer] = Servicer) -> NoReturn:
    """Serve the package, with a servicer of its own if it has one, until the engine stops this process or is gone.

    The engine gives its address as the first argument and reads our port from the first line of standard output. A
    plugin must not outlive it: SIGINT and SIGTERM end the process quietly, and a killed engine is noticed by its child
    having a new parent.
    """
    parent, ending = os.getppid(), Ending()
    server = Server(package, sys.argv[1] if len(sys.argv) > 1 else "", servicer)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    while os.getppid() == parent and not ending.wait(_PARENT_WATCH_SECONDS):
        pass
    _end(package)


class Server:
    """A started gRPC server on a port of the loopback device."""

    def __init__(self, package: Package, engine_address: str = "", servicer: type[Servicer] = Servicer) -> None:
        limits = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), options=limits)
        served = servicer(package, GrpcEngineLog(engine_address))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(served, self._server)
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        """Stop at once."""
        self._server.stop(None).wait()


def _end(package: Package) -> NoReturn:
    package.close()
    # Threads may be busy in a request nobody waits for any more: do not join them.
    os._exit(0)
