"""The random plugin against its official counterpart: schema facts and recorded traffic."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import bcrypt
import grpc
import pytest

from engine.plugins.random.plugin import package
from engine.plugins.values import UNKNOWN, Secret, reveal
from tests.engine.plugin_calls import Plugin, contract, form, has_type, recorded, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = contract("random")
BYTES = "random:index/randomBytes:RandomBytes"
ID = "random:index/randomId:RandomId"
PASSWORD = "random:index/randomPassword:RandomPassword"
STRING = "random:index/randomString:RandomString"

SMALLEST: dict[str, dict[str, Any]] = {
    BYTES: {"length": 4},
    ID: {"byteLength": 4},
    PASSWORD: {"length": 12},
    STRING: {"length": 12},
}
# A change of each input that is not its default, to try what it does.
OTHER: dict[str, Any] = {
    "length": 20,
    "byteLength": 9,
    "keepers": {"turn": "2"},
    "prefix": "x-",
    "special": False,
    "upper": False,
    "lower": False,
    "number": False,
    "numeric": False,
    "minUpper": 2,
    "minLower": 2,
    "minNumeric": 2,
    "minSpecial": 2,
    "overrideSpecial": "!",
}


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    served = Plugin(package())
    yield served
    served.close()


def test_the_official_version_is_told() -> None:
    assert (package().name, package().version) == (FACTS["name"], FACTS["version"])


@pytest.mark.parametrize("call", recorded("random"), ids=lambda call: call["method"])
def test_recorded_calls_are_answered_in_the_same_form(plugin: Plugin, call: dict[str, Any]) -> None:
    answer = plugin.raw(call["method"], call["request"])
    given = strings(call["request"])
    assert form(answer, given) == form(call["response"], given)


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_outputs_have_the_schemas_names_types_and_secrets(plugin: Plugin, token: str) -> None:
    facts = FACTS["resources"][token]
    changed = {name: OTHER[name] for name in facts["inputs"] if name not in {"upper", "number", "numeric"}}
    for inputs in (SMALLEST[token], SMALLEST[token] | changed):
        _, outputs = plugin.create(token, inputs)
        assert set(facts["outputs_always"]) <= outputs.keys() <= {*facts["outputs"], "id", "__meta"}
        assert {name for name, value in outputs.items() if isinstance(value, Secret)} == set(facts["secrets"])
        plain = reveal({name: outputs[name] for name in facts["outputs"] if name in outputs})
        assert has_type(plain, facts["outputs"])
        assert {name: plain[name] for name in inputs} == inputs


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_exactly_the_schemas_inputs_are_taken(plugin: Plugin, token: str) -> None:
    facts = FACTS["resources"][token]
    assert set(plugin.check(token, {})[1]) == set(facts["inputs_always"])
    for name in facts["inputs"]:
        assert name not in plugin.check(token, {name: OTHER[name]})[1]
    assert "length" in plugin.check(token, SMALLEST[token] | {"lengthy": 1})[1]["lengthy"].lower()


@pytest.mark.parametrize(
    ("token", "name"), [(token, name) for token, facts in FACTS["resources"].items() for name in facts["inputs"]]
)
def test_every_change_draws_anew(plugin: Plugin, token: str, name: str) -> None:
    inputs = SMALLEST[token]
    _, state = plugin.create(token, inputs)
    assert plugin.diff(token, state, inputs).changes == 1, "no change, no diff"
    answer = plugin.diff(token, state, inputs | {name: OTHER[name]})
    expected = {"number", "numeric"} if name in {"number", "numeric"} else {name}
    assert set(answer.replaces) == set(answer.diffs) == expected


@pytest.mark.parametrize("token", sorted(FACTS["resources"]))
def test_a_preview_knows_inputs_and_defaults_only(plugin: Plugin, token: str) -> None:
    identity, outputs = plugin.create(token, SMALLEST[token], preview=True)
    _, made = plugin.create(token, SMALLEST[token])
    assert identity == ""
    assert outputs.keys() == made.keys() - {"__meta"}
    unknown = {name for name, value in outputs.items() if value is UNKNOWN}
    inputs = set(FACTS["resources"][token]["inputs"])
    assert unknown == outputs.keys() - inputs
    assert all(outputs[name] == made[name] for name in outputs.keys() & inputs)


def test_a_preview_of_unknown_inputs_passes(plugin: Plugin) -> None:
    inputs = {"length": UNKNOWN, "keepers": {"turn": UNKNOWN}, "numeric": UNKNOWN}
    checked, failures = plugin.check(PASSWORD, inputs)
    assert (checked, failures) == (inputs, {})
    _, outputs = plugin.create(PASSWORD, checked, preview=True)
    assert {name: outputs[name] for name in inputs} == inputs
    _, state = plugin.create(PASSWORD, {"length": 8, "keepers": {"turn": "1"}})
    assert set(plugin.diff(PASSWORD, state, inputs).replaces) == {"length", "keepers", "number", "numeric"}


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({"length": 0}, "length", "at least 1"),
        ({"length": 3, "minLower": 2, "minUpper": 2}, "length", "= 4, got 3"),
        ({"length": 3, "minLower": -1}, "minLower", "at least 0"),
        ({"length": 3, "numeric": True, "number": False}, "number", "numeric"),
        ({"length": 3, "lower": False, "upper": False, "number": False, "special": False}, "length", "must be true"),
    ],
)
def test_rules_that_allow_nothing_are_refused_before_anything_is_made(
    plugin: Plugin, inputs: dict[str, Any], path: str, words: str
) -> None:
    for token in (PASSWORD, STRING):
        assert words in plugin.check(token, inputs)[1][path]


def test_minimums_alone_need_no_allowed_class(plugin: Plugin) -> None:
    inputs = {"length": 2, "lower": False, "upper": False, "number": False, "special": False, "minNumeric": 2}
    assert plugin.check(STRING, inputs)[1] == {}
    assert plugin.create(STRING, inputs)[0].isdigit()


@pytest.mark.parametrize("length", [1, 71, 72, 73, 256])
def test_the_hash_opens_to_the_password_as_far_as_bcrypt_reads(plugin: Plugin, length: int) -> None:
    _, outputs = plugin.create(PASSWORD, {"length": length})
    password, hashed = reveal(outputs["result"]).encode(), reveal(outputs["bcryptHash"]).encode()
    assert len(password) == length
    assert hashed.startswith(b"$2a$10$")
    assert bcrypt.checkpw(password[:72], hashed)


def test_notations_of_an_id_agree(plugin: Plugin) -> None:
    identity, outputs = plugin.create(ID, {"byteLength": 9, "prefix": "p,-"})
    drawn = base64.urlsafe_b64decode(identity + "=" * (-len(identity) % 4))
    assert len(drawn) == 9
    assert outputs["b64Url"] == f"p,-{identity}"
    assert outputs["b64Std"] == f"p,-{base64.b64encode(drawn).decode()}"
    assert outputs["hex"] == f"p,-{drawn.hex()}"
    assert outputs["dec"] == f"p,-{int.from_bytes(drawn)}"


@pytest.mark.parametrize("prefix", ["", "p", "p,q"])
def test_an_imported_id_is_the_one_that_was_made(plugin: Plugin, prefix: str) -> None:
    inputs: dict[str, Any] = {"byteLength": 5} | ({"prefix": prefix} if prefix else {})
    identity, outputs = plugin.create(ID, inputs)
    separator = "," if prefix else ""
    assert plugin.read(ID, f"{prefix}{separator}{identity}") == (identity, outputs, inputs)


def test_imported_bytes_are_those_that_were_made(plugin: Plugin) -> None:
    identity, outputs = plugin.create(BYTES, {"length": 5})
    assert plugin.read(BYTES, identity) == (identity, outputs, {"length": 5})


def test_an_imported_password_keeps_its_text_and_fits_its_program(plugin: Plugin) -> None:
    identity, outputs, inputs = plugin.read(PASSWORD, "correct horse")
    assert (identity, inputs) == ("none", {"length": 13})
    assert outputs["result"] == Secret("correct horse")
    assert bcrypt.checkpw(b"correct horse", reveal(outputs["bcryptHash"]).encode())
    assert json.loads(outputs["__meta"]) == {"schema_version": "3"}
    assert plugin.diff(PASSWORD, outputs, {"length": 13}).changes == 1
    assert plugin.diff(PASSWORD, outputs, {"length": 13, "special": False}).replaces == ["special"]


@pytest.mark.parametrize(("token", "identity"), [(ID, "not base64!"), (BYTES, "*")])
def test_an_import_that_is_none_is_an_error(plugin: Plugin, token: str, identity: str) -> None:
    with pytest.raises(grpc.RpcError, match="is imported") as refused:
        plugin.read(token, identity)
    assert refused.value.code() == grpc.StatusCode.UNKNOWN


def test_states_of_older_official_versions_have_no_diff(plugin: Plugin) -> None:
    older = {"id": "abc", "length": 3, "result": "abc", "overrideSpecial": "", "keepers": {}, "number": True}
    assert plugin.diff(STRING, older, {"length": 3}).changes == 1
    newer = plugin.create(STRING, {"length": 3})[1] | {"__pulumi_raw_state_delta": {"obj": {}}}
    assert plugin.diff(STRING, newer, {"length": 3}).changes == 1


def test_a_refresh_keeps_the_state_and_its_secrets(plugin: Plugin) -> None:
    identity, outputs = plugin.create(PASSWORD, {"length": 8})
    assert plugin.read(PASSWORD, identity, reveal(outputs), {"length": 8}) == (identity, outputs, {"length": 8})


def test_another_type_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create("random:index/randomPet:RandomPet", {})
    assert "random:index/randomPet:RandomPet is not provided" in refused.value.details()
    assert "pulumi plugin install resource random v4.21.1" in refused.value.details()
    assert all(token in refused.value.details() for token in FACTS["resources"])
