"""A program that registers what a stack does, under the same types, with providers that only take it down."""

PROVIDERS = """
from pathlib import Path

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class Taking(ResourceProvider):
    serialize_as_secret_always = False

    def diff(self, _id, olds, news):
        changed = any(olds.get(key) != value for key, value in news.items() if key != "__provider")
        return DiffResult(changes=changed, replaces=[])

    def create(self, props):
        return CreateResult("made", {**props})

    def read(self, id_, props):
        if Path("drift").exists() and props.get("machine") == "node-2":
            props = {**props, "drifted": True, "files": {**props["files"], "/etc/hosts": "two"}}
        return ReadResult(id_, props, {key: value for key, value in props.items() if key != "drifted"})

    def update(self, _id, _olds, news):
        return UpdateResult({**news})


class NodeState(Resource, module="nodes", name="NodeState"):
    def __init__(self, name, props, opts=None):
        super().__init__(Taking(), name, props, opts)


class AccountRotation(Resource, module="accounts", name="AccountRotation"):
    def __init__(self, name, props, opts=None):
        super().__init__(Taking(), name, props, opts)


class ImageMirror(Resource, module="images", name="ImageMirror"):
    def __init__(self, name, props, opts=None):
        super().__init__(Taking(), name, props, opts)


class PullSecretSet(Resource, module="cluster", name="PullSecretSet"):
    def __init__(self, name, props, opts=None):
        super().__init__(Taking(), name, props, opts)
"""

PROGRAM = """
import hashlib

import pulumi
import pulumi_random as random
from providers import AccountRotation, ImageMirror, NodeState, PullSecretSet

to = int(pulumi.Config().require("to"))
password = pulumi.Config().require_secret("password")
digest = f"{to}" * 32
salt = random.RandomPassword("credentials-ci", length=32, keepers={"rotation": str(to)})
shown = pulumi.Output.unsecret(salt.result)
derived = shown.apply(lambda text: {"containerd": hashlib.sha256(text.encode()).hexdigest()})
for name in ("node-1", "node-2", "node-3", "node-4"):
    NodeState(
        f"{name}-state",
        {
            "machine": name,
            "document": f"probe-{name}",
            "connection": pulumi.Output.secret({"host": name, "password": password}),
            "salt": salt.result,
            "shown": {"no_proxy": ["localhost", *(["10.0.0.0/8"] if to > 1 else [])]},
            "gone": False,
            "drifted": False,
            "files": {"/etc/docker/daemon.json#proxies": digest, "/etc/hosts": "one"},
            "restarts": derived if name == "node-4" else {"docker": digest, "containerd": "same"},
            "reloads": {},
            "containers": {},
        },
    )
AccountRotation(
    "credentials-ci-rotation",
    {"account": "ci", "wish": {"keep_previous": True, "every_days": 90}, "number": to, "next_on": f"2027-0{to}-01"},
)
images = {f"library/app:{number}": {"from": f"quay.io/app:{number}", "digest": digest} for number in range(to + 1)}
ImageMirror("copies", {"registry": "node-1:6000", "images": images, "access": pulumi.Output.secret({"p": password})})
namespaces = {1: ["team-a", "team-b"], 2: ["team-b", "team-c"]}[to]
PullSecretSet(
    "pull-secrets-set",
    {
        "namespaces": {name: {"content": "0", "cdi": False} for name in namespaces},
        "contents": pulumi.Output.secret({"0": password}),
    },
)
if to > 1:
    pulumi.log.info("images.mirror: 2 of 3 images are to be copied, 1.2 GB at most")
    pulumi.log.warn("node-3 does not answer; it is tried last, after everything else")
pulumi.export("password", password)
"""

PACK = """
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def GetAnalyzerInfo(self, request, context):
        policy = analyzer_pb2.PolicyInfo(name="batch", enforcementLevel=analyzer_pb2.ADVISORY)
        return analyzer_pb2.AnalyzerInfo(name="rules", version="1.0.0", policies=[policy], supportsConfig=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Configure(self, request, context):
        return empty_pb2.Empty()

    def ConfigureStack(self, request, context):
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Analyze(self, request, context):
        if not request.urn.endswith("node-1-state"):
            return analyzer_pb2.AnalyzeResponse()
        diagnostic = analyzer_pb2.AnalyzeDiagnostic(
            policyName="batch", policyPackName="rules", policyPackVersion="1.0.0", message="a batch is all there is",
            enforcementLevel=analyzer_pb2.ADVISORY, urn=request.urn)
        return analyzer_pb2.AnalyzeResponse(diagnostics=[diagnostic])

    def AnalyzeStack(self, request, context):
        return analyzer_pb2.AnalyzeResponse()

    def Remediate(self, request, context):
        return analyzer_pb2.RemediateResponse()


server = grpc.server(ThreadPoolExecutor(4))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""
