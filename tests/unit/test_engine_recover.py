"""Freeing a stack that was cut off: what the CLI is asked."""

import json
from pathlib import Path

import pytest

from engine.recover import recover


@pytest.mark.parametrize("run_program", [False, True])
def test_the_program_runs_in_the_refresh_only_when_told_so(tmp_path: Path, run_program: bool) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    states = tmp_path / ".pulumi" / "stacks" / "x"
    states.mkdir(parents=True)
    (states / "dev.json").write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": [{}]}}}))
    program = tmp_path / "pulumi"
    program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\n')
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PULUMI_BACKEND_URL": f"file://{tmp_path}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", environment["PATH"])
        said = list(recover(tmp_path, "dev", environment, run_program=run_program))
    assert said[-1] == "stack dev is refreshed; the next up converges"
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith("refresh --stack dev --yes --skip-preview --clear-pending-creates")
    assert call.endswith("--run-program") is run_program
