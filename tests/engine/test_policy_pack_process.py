"""The pack started as the official engine does: with its address and the pack's folder; the stack may be unknown."""

from __future__ import annotations

import os
import subprocess
import sys

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from engine.layout import CHECKOUT
from policy.policies.pack import RULES

FOLDER = CHECKOUT / "policy"


@pytest.mark.parametrize(
    ("folder", "variables", "level"),
    [
        (str(FOLDER), {}, analyzer_pb2.MANDATORY),
        (".", {"PULUMI_STACK": "dev"}, analyzer_pb2.ADVISORY),
        (
            str(FOLDER),
            {"PULUMI_STACK": "dev", "PULUMI_CONFIG": '{"towpath:protected": "true"}'},
            analyzer_pb2.MANDATORY,
        ),
    ],
)
def test_the_pack_offers_its_rules_at_the_stacks_level(folder: str, variables: dict[str, str], level: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", folder]
    with subprocess.Popen(command, cwd=FOLDER, env={**kept, **variables}, stdout=subprocess.PIPE, text=True) as pack:
        try:
            assert pack.stdout
            port = int(pack.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty(), timeout=180)
        finally:
            pack.kill()
    assert info.name == "towpath"
    assert {policy.name: policy.enforcementLevel for policy in info.policies} == {rule.name: level for rule in RULES}
    told = {policy.name: policy for policy in info.policies}
    assert set(told["deletion-caps"].configSchema.properties) == {"max_manifests", "max_tags"}
    assert told["host-keys"].remediation_steps
