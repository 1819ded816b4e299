"""Serve as `pulumi-language-python`: print the port, answer until interrupted.

Arguments come from the engine: flags for logging and tracing, and last the engine's own address.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

from engine.ending import Ending
from engine.language.bare_sdk import stand_in

stand_in()

from pulumi.runtime.proto import language_pb2_grpc  # noqa: E402

from engine.language.children import Children  # noqa: E402
from engine.language.host import LanguageHost  # noqa: E402

# A call of Run or RunPlugin holds its thread until the program or plugin ends.
_THREADS = 32
_LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024
# The engine waits five seconds for a plugin that it has interrupted.
_GRACE_SECONDS = 3.0


def main() -> None:
    """Serve until SIGINT or SIGTERM, then end without a word."""
    ending = Ending()
    address = sys.argv[-1] if len(sys.argv) > 1 else ""
    children = Children()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(address, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ending.wait()
    children.interrupt()
    children.await_end(_GRACE_SECONDS)
    # Calls in flight have no one left to answer; waiting for their threads would hold up the engine's own end.
    os._exit(0)


if __name__ == "__main__":
    main()
