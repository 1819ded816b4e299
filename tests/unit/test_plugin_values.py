"""Property values of plugins: what goes out comes back."""

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.plugins.values import (
    ASSET_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Properties,
    Secret,
    Value,
    decode,
    encode,
    has_secret,
    has_unknown,
    reveal,
)

# The machine may be busy.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

# Doubles hold integers up to 2**53 exactly, and a whole double is an integer.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.just(UNKNOWN)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner) | inner.map(Secret)
    ),
    max_leaves=12,
)
PROPERTIES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES)


@UNHURRIED
@given(PROPERTIES)
def test_properties_survive_the_wire(properties: Properties) -> None:
    struct = encode(properties)
    assert decode(type(struct).FromString(struct.SerializeToString())) == properties


@UNHURRIED
@given(PROPERTIES)
def test_revealing_takes_every_secret_away_and_nothing_else(properties: Properties) -> None:
    assert not has_secret(reveal(properties))
    assert has_unknown(reveal(properties)) == has_unknown(properties)
    if not has_secret(properties):
        assert reveal(properties) == properties


def test_markers_have_the_engines_form() -> None:
    struct = encode({"secret": Secret([1]), "unknown": UNKNOWN})
    assert json_format.MessageToDict(struct) == {
        "secret": {SIGNATURE_KEY: SECRET_SIGNATURE, "value": [1.0]},
        "unknown": UNKNOWN_STRING,
    }


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ],
)
def test_an_unknown_of_any_type_is_unknown(text: str) -> None:
    assert decode(encode({"property": text}))["property"] is UNKNOWN


def test_assets_stay_as_they_are() -> None:
    asset: Value = {SIGNATURE_KEY: ASSET_SIGNATURE, "path": "/etc/hosts"}
    assert decode(encode({"source": asset})) == {"source": asset}


def test_whole_numbers_are_integers_and_booleans_are_not() -> None:
    decoded = decode(encode({"whole": 3, "part": 3.5, "flag": True}))
    assert {name: type(value) for name, value in decoded.items()} == {"whole": int, "part": float, "flag": bool}


def test_no_representation_shows_a_secret() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in repr({"password": [secret]})
    assert "hunter2" not in f"{secret}"
