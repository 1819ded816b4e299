"""Inputs of plugins: taken in any form that is clear, refused by name otherwise."""

import pytest

from engine.plugins.fields import Field, normalise, with_defaults
from engine.plugins.values import UNKNOWN, Properties, Secret

FIELDS = {
    "length": Field("integer", required=True, minimum=1),
    "special": Field("boolean", default=True),
    "name": Field("string", one_of=("a", "b")),
    "names": Field("strings", one_of=("a", "b")),
    "keepers": Field("string_map"),
    "key": Field("string", secret=True),
    "subject": Field("object", fields={"country": Field("string"), "lines": Field("strings")}),
}


def findings(inputs: Properties) -> dict[str, str]:
    return {failure.property: failure.reason for failure in normalise(FIELDS, inputs)[1]}


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ({"length": "16"}, {"length": 16}),
        ({"length": 16, "special": "false"}, {"length": 16, "special": False}),
        ({"length": 1, "keepers": {"n": 1, "b": True, "s": "x", "none": None}}, None),
        ({"length": 1, "key": "k"}, {"length": 1, "key": Secret("k")}),
        ({"length": Secret("2"), "key": Secret("k")}, {"length": Secret(2), "key": Secret("k")}),
        ({"length": UNKNOWN, "names": ["a", UNKNOWN]}, {"length": UNKNOWN, "names": ["a", UNKNOWN]}),
        ({"length": 1, "key": UNKNOWN}, {"length": 1, "key": Secret(UNKNOWN)}),
        ({"length": 1, "name": None, "__defaults": []}, {"length": 1}),
        ({"length": 1, "subject": {"country": "CH", "lines": ["x"]}}, None),
    ],
)
def test_clear_inputs_pass(given: Properties, normal: Properties | None) -> None:
    expected = normal or given
    if "keepers" in given:
        expected = {"length": 1, "keepers": {"n": "1", "b": "true", "s": "x"}}
    assert normalise(FIELDS, given) == (expected, [])


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ({}, "length", "required"),
        ({"length": None}, "length", "required"),
        ({"length": 0}, "length", "at least 1, got 0"),
        ({"length": "many"}, "length", "must be an integer"),
        ({"length": 1.5}, "length", "must be an integer"),
        ({"length": True}, "length", "must be an integer"),
        ({"length": 1, "special": 1}, "special", "true or false"),
        ({"length": 1, "name": "c"}, "name", "'c': this must be one of a, b"),
        ({"length": 1, "names": ["a", "c"]}, "names", "'c': this must be one of a, b"),
        ({"length": 1, "names": "a"}, "names", "list of strings"),
        ({"length": 1, "keepers": ["a"]}, "keepers", "map of strings"),
        ({"length": 1, "subject": "CH"}, "subject", "an object"),
        ({"length": 1, "subject": {"country": []}}, "subject.country", "a string"),
        ({"length": 1, "subject": {"land": "CH"}}, "subject.land", "country, lines"),
        ({"length": 1, "lenght": 2}, "lenght", "there are keepers, key, length"),
    ],
)
def test_unclear_inputs_are_refused_by_name(given: Properties, path: str, words: str) -> None:
    assert words in findings(given)[path]


def test_all_findings_come_together() -> None:
    assert set(findings({"length": 0, "special": "maybe", "nonsense": 1})) == {"length", "special", "nonsense"}


def test_a_refused_secret_is_not_quoted() -> None:
    assert "hunter2" not in "".join(findings({"length": 1, "key": ["hunter2"]}).values())


def test_a_refused_secret_is_marked() -> None:
    assert normalise(FIELDS, {"length": 1, "key": ["hunter2"]})[0]["key"] == Secret(["hunter2"])


def test_defaults_fill_what_is_not_given() -> None:
    assert with_defaults(FIELDS, {"length": 1, "special": None}) == {"length": 1, "special": True}
    assert with_defaults(FIELDS, {"special": False}) == {"special": False}
