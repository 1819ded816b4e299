"""Run a policy pack with the stack's project, name and configuration.

A pack takes these from its environment when it starts, while the engine gives them by a call, ConfigureStack, after
it has started. So the engine talks to a proxy that starts the pack when that call comes and then passes every call on.
"""

import json
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import analyzer_pb2

from engine.language.children import Children
from engine.language.errors import PackError
from engine.language.interpreter import Interpreter
from engine.language.plugin import Message, PluginProcess

_SERVICE = "/pulumirpc.Analyzer/"
_LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
]


def stack_variables(request: analyzer_pb2.AnalyzerStackConfigureRequest) -> dict[str, str]:
    """Return the variables in which the SDK's `pulumi.policy` looks for the stack."""
    return {
        "PULUMI_PROJECT": request.project,
        "PULUMI_STACK": request.stack,
        "PULUMI_ORGANIZATION": request.organization or "organization",
        "PULUMI_DRY_RUN": "true" if request.dry_run else "false",
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.config_secret_keys)),
    }


class PolicyProxy:
    """Serves `pulumirpc.Analyzer` to the engine in front of a pack's process.

    Has the messages of a PluginProcess: the first is the proxy's own port, then comes what the pack prints after its
    own port, last the exit code.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        folder: Path,
        environment: dict[str, str],
        arguments: list[str],
        children: Children,
    ) -> None:
        # As the official host: flags first, the engine's address last, then the pack's folder.
        self._command = [str(interpreter.executable), "-u", "-m", "pulumi.policy", *arguments, str(folder)]
        self._folder = folder
        self._environment = environment
        self._children = children
        self._messages: queue.Queue[Message] = queue.Queue()
        self._lock = threading.Lock()
        self._process: PluginProcess | None = None
        self._channel: grpc.Channel | None = None
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8), options=_OPTIONS)
        self._server.add_generic_rpc_handlers([_Forward(self)])
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self._messages.put(("stdout", f"{port}\n".encode()))

    def messages(self) -> Iterator[Message]:
        """Yield all messages; ends after the exit code."""
        while True:
            message = self._messages.get()
            yield message
            if message[0] == "exitcode":
                return

    def kill(self) -> None:
        """End pack and proxy."""
        self._server.stop(0)
        with self._lock:
            if self._process:
                self._process.kill()
            else:
                self._messages.put(("exitcode", 0))

    def forward(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Pass one call on, starting the pack first if it does not run."""
        if method == _SERVICE + "Handshake":
            # Comes before the stack is known; an engine takes "unimplemented" for a pack that needs none.
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "policy packs are configured by ConfigureStack")
        variables = {}
        if method == _SERVICE + "ConfigureStack":
            variables = stack_variables(analyzer_pb2.AnalyzerStackConfigureRequest.FromString(request))
        try:
            answer: bytes = self._pack(variables).unary_unary(method)(request)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
            raise
        except PackError as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
            raise
        return answer

    def _pack(self, variables: dict[str, str]) -> grpc.Channel:
        with self._lock:
            if self._channel is None:
                self._process = PluginProcess(
                    self._command, self._folder, {**self._environment, **variables}, self._children
                )
                port = self._await_port(self._process)
                self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
            return self._channel

    def _await_port(self, process: PluginProcess) -> int:
        """Return the port that the pack prints as its first line; pass all other output on."""
        messages = process.messages()
        line = b""
        for name, value in messages:
            if name == "stdout" and isinstance(value, bytes):
                line += value
                if b"\n" in line:
                    break
            else:
                self._messages.put((name, value))
        first, _, rest = line.partition(b"\n")
        if not first.strip().isdigit():
            raise PackError(f"the policy pack in {self._folder} did not start: see its output above")
        if rest:
            self._messages.put(("stdout", rest))
        threading.Thread(target=self._pass_on, args=(messages,), daemon=True).start()
        return int(first)

    def _pass_on(self, messages: Iterator[Message]) -> None:
        for message in messages:
            self._messages.put(message)


class _Forward(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Takes every call as bytes."""

    def __init__(self, proxy: PolicyProxy) -> None:
        self._proxy = proxy

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of one call; all of the service's calls are unary."""
        method = details.method
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._proxy.forward(method, request, context)
        )
