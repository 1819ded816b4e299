"""`python -m towpath.settings`: write docs/settings.md and stacks/schema.json anew from the models."""

from pathlib import Path

from towpath.settings.reference import reference, schema

_PROJECT = Path(__file__).parents[2]

if __name__ == "__main__":
    (_PROJECT / "docs" / "settings.md").write_text(reference(), encoding="utf-8")
    (_PROJECT / "stacks" / "schema.json").write_text(schema(), encoding="utf-8")
