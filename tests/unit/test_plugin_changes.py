"""Diffs of plugins: paths, kinds, and what needs a replacement."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.plugins.changes import Change, Kind, compare
from engine.plugins.values import UNKNOWN, Properties, Secret

# The machine may be busy.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

LEAVES = st.none() | st.booleans() | st.integers() | st.text()
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
PROPERTIES = st.dictionaries(st.text(min_size=1), TREES)


@UNHURRIED
@given(PROPERTIES)
def test_equal_properties_have_no_changes_secret_or_not(properties: Properties) -> None:
    hidden: Properties = {key: Secret(value) for key, value in properties.items()}
    assert not compare(properties, dict(properties)).changes
    assert not compare(properties, hidden).changes
    assert not compare(hidden, properties).changes


@UNHURRIED
@given(PROPERTIES, PROPERTIES)
def test_changed_properties_are_those_that_differ(old: Properties, new: Properties) -> None:
    differing = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert set(compare(old, new).changed) == differing


@UNHURRIED
@given(PROPERTIES, PROPERTIES)
def test_every_replacing_property_is_named_as_it_is(old: Properties, new: Properties) -> None:
    names = old.keys() | new.keys()
    found = compare(old, new, replace_on=names)
    assert set(found.replaces) == set(found.changed) <= names


def test_paths_lead_to_what_differs() -> None:
    old: Properties = {"keepers": {"a": "1", "b.c": "1"}, "names": ["x", "y"], "gone": 1, "kind": {"a": 1}}
    new: Properties = {"keepers": {"a": "2", "b.c": "2"}, "names": ["x", "z", "n"], "new": 1, "kind": [1]}
    assert dict(compare(old, new, replace_on={"keepers"}).changes) == {
        "keepers.a": Change(Kind.UPDATE, replaces=True),
        'keepers["b.c"]': Change(Kind.UPDATE, replaces=True),
        "names[1]": Change(Kind.UPDATE),
        "names[2]": Change(Kind.ADD),
        "gone": Change(Kind.DELETE),
        "new": Change(Kind.ADD),
        "kind": Change(Kind.UPDATE),
    }


def test_a_name_that_is_no_identifier_is_found_again() -> None:
    old: Properties = {'a"]b': 1, "a[0]": 1, "a.b": 1}
    assert compare(old, {}, replace_on=old).replaces == sorted(old)


def test_an_unknown_value_differs_from_any_known_one() -> None:
    assert compare({"length": 8}, {"length": UNKNOWN}, replace_on={"length"}).replaces == ["length"]
    assert compare({"tags": ["a"]}, {"tags": [UNKNOWN]}).changed == ["tags"]
