"""The random plugin under the real engine: create, no change, replace, refresh, import, destroy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import bcrypt

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject

PASSWORD = "random:index/randomPassword:RandomPassword"

PROGRAM = """
import pulumi
import pulumi_random as random

bytes_ = random.RandomBytes("bytes", length=8)
identifier = random.RandomId("id", byte_length=4, prefix="lab-")
text = random.RandomString("text", length=TEXT_LENGTH, special=False, keepers={"turn": "1"})
password = random.RandomPassword(
    "password", length=20, keepers={"turn": pulumi.Output.secret("keeper-in-secret"), "of": text.result}
)
pulumi.export("bytes", bytes_.hex)
pulumi.export("id", identifier.hex)
pulumi.export("text", text.result)
pulumi.export("password", password.result)
pulumi.export("hash", password.bcrypt_hash)
"""


def test_values_are_drawn_once_and_kept_until_something_changes(engine_project: EngineProject) -> None:
    engine_project.program(PROGRAM.replace("TEXT_LENGTH", "12"))
    shown = engine_project.preview()
    assert "password: [unknown]" in shown.output
    assert "warning" not in shown.output

    engine_project.up()
    first = engine_project.outputs(show_secrets=True)
    assert bcrypt.checkpw(first["password"].encode(), first["hash"].encode())
    state = json.dumps(engine_project.export())
    for secret in (first["password"], first["hash"], first["bytes"], "keeper-in-secret"):
        assert secret not in state
    engine_project.preview("--expect-no-changes")
    engine_project.refresh("--expect-no-changes")
    engine_project.up("--expect-no-changes")
    assert engine_project.outputs(show_secrets=True) == first

    engine_project.program(PROGRAM.replace("TEXT_LENGTH", "13"))
    planned = engine_project.preview("--diff").output
    assert "+-random:index/randomString:RandomString: (replace)" in planned
    assert "~ length: 12 => 13" in planned
    assert "+-random:index/randomPassword:RandomPassword: (replace)" in planned
    assert "+-2 to replace" in planned
    engine_project.up()
    second = engine_project.outputs(show_secrets=True)
    assert {name for name in first if first[name] != second[name]} == {"text", "password", "hash"}

    engine_project.destroy()
    assert engine_project.resources() == []


def test_a_given_password_is_imported_and_stays(engine_project: EngineProject) -> None:
    program = """
    import pulumi
    import pulumi_random as random

    password = random.RandomPassword("password", length=13, opts=pulumi.ResourceOptions(IMPORT))
    pulumi.export("password", password.result)
    known = random.RandomId.get("known", "gEtk2V_GVJQ")
    pulumi.export("known", known.hex)
    """
    engine_project.program(program.replace("IMPORT", "import_='correct horse'"))
    engine_project.up()
    assert engine_project.outputs(show_secrets=True) == {"password": "correct horse", "known": "804b64d95fc65494"}
    (resource,) = engine_project.resources(PASSWORD)
    assert (resource["id"], resource["inputs"]) == ("none", {"length": 13})
    engine_project.program(program.replace("IMPORT", ""))
    engine_project.preview("--expect-no-changes")
    arguments = ["--yes", "--stack", engine_project.stack, "--generate-code=false"]
    engine_project.pulumi("import", PASSWORD, "other", "hunter2", *arguments)
    assert len(engine_project.resources(PASSWORD)) == 2
    assert "hunter2" not in json.dumps(engine_project.resources())


def test_bad_inputs_and_other_types_are_named_in_the_preview(engine_project: EngineProject) -> None:
    engine_project.program(
        """
        import pulumi_random as random

        random.RandomPassword("short", length=3, min_lower=4)
        """
    )
    refused = engine_project.preview(check=False)
    assert refused.exit_code != 0
    assert "short" in refused.output
    assert "this must be at least minUpper + minLower + minNumeric + minSpecial = 4, got 3" in refused.output
    engine_project.program("import pulumi_random as random\nrandom.RandomPet('pet')\n")
    refused = engine_project.preview(check=False)
    assert refused.exit_code != 0
    assert "random:index/randomPet:RandomPet is not provided here" in refused.output
    assert "pulumi plugin install resource random v4.21.1" in refused.output
