"""The generated reference and schema: current, whole, and of use to an editor."""

import json
from pathlib import Path

from towpath.settings.reference import reference, schema

PROJECT = Path(__file__).parents[2]


def test_the_committed_pages_are_current() -> None:
    """Write them anew by `python -m towpath.settings`."""
    assert (PROJECT / "docs" / "settings.md").read_text() == reference()
    assert (PROJECT / "stacks" / "schema.json").read_text() == schema()


def test_every_setting_says_what_it_is() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert not [row for row in rows if row.rstrip(" |").endswith("|") or row.endswith("|  |")]


def test_an_encrypted_secret_is_allowed_and_an_unknown_key_is_not() -> None:
    definitions = json.loads(schema())["$defs"]
    assert definitions["Account"]["additionalProperties"] is False
    (password, nothing) = definitions["Account"]["properties"]["password"]["anyOf"]
    assert {"secure": {"type": "string"}} in [option.get("properties") for option in password["anyOf"]]
    assert nothing == {"type": "null"}
