"""Settings that stacks share: what lies over what, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.errors import SettingsError
from towpath.settings import load_settings
from towpath.settings.defaults import merged

STACK = {
    "towpath:defaults": "shared.yaml",
    "towpath:nodes": json.dumps({"members": {"node-1": {"address": "10.0.0.5"}}}),
}
SHARED = "config: {'towpath:accounts': [{name: ci}], 'towpath:nodes': {ssh: {user: ops}}}"


def findings(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(STACK, lambda _: text)
    return str(caught.value)


def test_a_stack_and_what_it_shares_are_one() -> None:
    asked: list[str] = []
    settings = load_settings(STACK, lambda path: asked.append(path) or SHARED)  # type: ignore[func-returns-value]
    assert asked == ["shared.yaml"]
    assert (settings.accounts[0].name, settings.nodes.ssh.user, list(settings.nodes.members)) == (
        "ci",
        "ops",
        ["node-1"],
    )


def test_no_file_is_read_without_a_reader() -> None:
    with pytest.raises(SettingsError, match=r"towpath:defaults = 'shared\.yaml': no file is read here"):
        load_settings(STACK)


def test_a_missing_file_is_named() -> None:
    def missing(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(SettingsError, match=r"'shared.yaml': cannot be read \(No such file"):
        load_settings(STACK, missing)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: [hunter2", "is no YAML"),
        ("proxy: {}", "must hold 'config:'"),
        ("[]", "must hold 'config:'"),
        ("config: {'towpath:registyr': {}}", "towpath:registyr: unknown key; did you mean 'registry'?"),
        ("config: {'towpath:defaults': other.yaml}", "towpath:defaults: cannot be shared"),
        ("config: {'towpath:protected': false}", "towpath:protected: cannot be shared"),
        ("config: {'aws:region': x}", "aws:region: cannot be shared"),
        ("config: {'towpath:proxy': {http: {secure: AAAA}}}", "encrypted for one stack"),
        ("config: {'towpath:accounts': [{name: a, password: {secure: AAAA}}]}", "encrypted for one stack"),
    ],
)
def test_what_cannot_be_shared_is_refused(text: str, wanted: str) -> None:
    said = findings(text)
    assert wanted in said
    assert "hunter2" not in said
    assert "AAAA" not in said


TREE = st.recursive(st.integers() | st.lists(st.integers()), lambda t: st.dictionaries(st.sampled_from("abc"), t))


@given(st.dictionaries(st.sampled_from("abc"), TREE), st.dictionaries(st.sampled_from("abc"), TREE))
def test_every_value_of_the_stack_holds(shared: dict[str, object], own: dict[str, object]) -> None:
    def holds(result: object, wanted: object) -> bool:
        if isinstance(wanted, dict) and isinstance(result, dict):
            return all(key in result and holds(result[key], value) for key, value in wanted.items())
        return result == wanted

    result = merged(shared, own)
    assert holds(result, own)
    assert set(result) == set(shared) | set(own)
