"""A policy pack on the bare service, without the policy SDK."""

from pathlib import Path

from engine.layout import CHECKOUT
from tests.engine.conftest import EngineProject

VIRTUALENV = CHECKOUT / ".venv"
_SOURCE = """
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def GetAnalyzerInfo(self, request, context):
        policy = analyzer_pb2.PolicyInfo(name=POLICY, enforcementLevel=analyzer_pb2.ADVISORY)
        return analyzer_pb2.AnalyzerInfo(name=NAME, version="1.0.0", policies=[policy], supportsConfig=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Configure(self, request, context):
        return empty_pb2.Empty()

    def ConfigureStack(self, request, context):
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Analyze(self, request, context):
        if not request.urn.endswith(ONLY):
            return analyzer_pb2.AnalyzeResponse()
        diagnostic = analyzer_pb2.AnalyzeDiagnostic(
            policyName=POLICY, policyPackName=NAME, policyPackVersion="1.0.0", message=MESSAGE,
            enforcementLevel=analyzer_pb2.ADVISORY, urn=request.urn)
        return analyzer_pb2.AnalyzeResponse(diagnostics=[diagnostic])

    def AnalyzeStack(self, request, context):
        return analyzer_pb2.AnalyzeResponse()

    def Remediate(self, request, context):
        return analyzer_pb2.RemediateResponse()


NAME, POLICY, ONLY = {name!r}, {policy!r}, {only!r}
# Read in the main thread: the SDK keeps what it knows in context variables.
MESSAGE = {message}
server = grpc.server(ThreadPoolExecutor(4))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
print("a word of the pack", file=sys.stderr, flush=True)
server.wait_for_termination()
"""


def bare_pack(name: str, policy: str, message: str, only: str = "") -> str:
    """Return a pack that says `message`, an expression, of each resource whose URN ends with `only`."""
    return _SOURCE.format(name=name, policy=policy, message=message, only=only)


def add_pack(project: EngineProject, name: str, source: str) -> Path:
    """Put a pack into a folder of the project, and return it."""
    project.file(
        f"{name}/PulumiPolicy.yaml",
        f"runtime: {{name: python, options: {{toolchain: pip, virtualenv: {VIRTUALENV}}}}}\nversion: 1.0.0\n",
    )
    return project.file(f"{name}/__main__.py", source).parent
