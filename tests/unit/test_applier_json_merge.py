"""JSON that others own too, against Python's json as the oracle."""

import json
import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.merge_program import AWKS, edit, status
from towpath.applier.entries import JsonKeys

OURS = ("insecure-registries", "registry-mirrors", "live-restore", "proxies")
awks = pytest.mark.parametrize("awk", AWKS, ids=" ".join)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8
)
names = st.sampled_from(OURS) | texts
lists = st.lists(texts, max_size=4, unique=True)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The text of an object in some style, with lists where ours are united."""
    members: dict[str, Any] = draw(st.dictionaries(names, values, max_size=5))
    for key in ("insecure-registries", "registry-mirrors"):
        if key in members:
            members[key] = draw(lists)
    text = json.dumps(
        members,
        indent=draw(st.sampled_from([None, 2, 4, "\t"])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")])),
    )
    return draw(st.sampled_from(["", "\n", " \n"])) + text + draw(st.sampled_from(["", "\n", "\n\n"]))


@st.composite
def wishes(draw: st.DrawFn) -> JsonKeys:
    keys: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "insecure-registries": lists,
                "registry-mirrors": lists,
                "live-restore": values,
                "proxies": values,
            },
        )
    )
    return JsonKeys("/x", keys, frozenset({"insecure-registries", "registry-mirrors"}))


def expected(base: dict[str, Any], wish: JsonKeys) -> dict[str, Any]:
    merged = dict(base)
    for key, value in wish.keys.items():
        if key in wish.union:
            assert isinstance(value, list)
            have = list(merged.get(key, []))
            merged[key] = have + [item for item in value if item not in have]
        else:
            merged[key] = value
    return merged


@awks
@settings(max_examples=60, deadline=None)
@given(base=documents(), wish=wishes())
@example(base="{}", wish=JsonKeys("/x", {"live-restore": True}))
@example(base="", wish=JsonKeys("/x", {"live-restore": True}))
@example(base='{"a\\u002f":1,"live\\u002drestore":false}', wish=JsonKeys("/x", {"live-restore": True}))
def test_a_merge_sets_our_members_and_keeps_the_others(awk: tuple[str, ...], base: str, wish: JsonKeys) -> None:
    merged = edit(awk, "merge", wish, base).text
    assert merged is not None
    before = json.loads(base) if base.strip() else {}
    assert json.loads(merged) == expected(before, wish)
    assert list(json.loads(merged)) == list(expected(before, wish))
    assert set(status(awk, wish, merged).values()) <= {"as wished"}
    assert edit(awk, "merge", wish, merged).text == merged
    if not wish.keys:
        assert merged == (base if base.strip() else "{}\n")


@awks
@settings(max_examples=60, deadline=None)
@given(base=documents(), wish=wishes(), foreign=values)
def test_taking_out_leaves_what_was_there(awk: tuple[str, ...], base: str, wish: JsonKeys, foreign: Any) -> None:
    merged = edit(awk, "merge", wish, base).text
    assert merged is not None
    back = edit(awk, "unmerge", wish, merged, base).text
    assert back is not None
    assert json.loads(back) == json.loads(base)
    edited = edit(awk, "merge", JsonKeys("/x", {"somebody-elses": foreign}), merged).text
    assert edited is not None
    back = edit(awk, "unmerge", wish, edited, base).text
    assert back is not None
    assert json.loads(back) == json.loads(base) | {"somebody-elses": foreign}


@awks
def test_every_other_byte_stays(awk: tuple[str, ...]) -> None:
    base = '{\n\t"log-level" :  "warn",   "insecure-registries": [\n\t\t"a:5000"\n\t],\r\n  "ünï": [1.50, 1e3, {}]\n}'
    wish = JsonKeys(
        "/x", {"insecure-registries": ["b", "a:5000"], "live-restore": True}, frozenset({"insecure-registries"})
    )
    merged = edit(awk, "merge", wish, base).text
    assert merged == (
        '{\n\t"log-level" :  "warn",   "insecure-registries": [\n\t\t"a:5000",\n\t\t"b"\n\t],\r\n'
        '  "ünï": [1.50, 1e3, {}],\r\n  "live-restore": true\n}'
    )
    assert edit(awk, "unmerge", wish, merged, base).text == base


@awks
def test_nothing_is_left_of_a_file_that_held_only_ours(awk: tuple[str, ...]) -> None:
    wish = JsonKeys("/x", {"insecure-registries": ["b"], "live-restore": True}, frozenset({"insecure-registries"}))
    merged = edit(awk, "merge", wish, None).text
    assert merged == '{\n  "insecure-registries": ["b"],\n  "live-restore": true\n}\n'
    assert edit(awk, "unmerge", wish, merged).text == ""


@awks
def test_a_list_keeps_the_elements_that_others_added(awk: tuple[str, ...]) -> None:
    wish = JsonKeys("/x", {"registry-mirrors": ["m"]}, frozenset({"registry-mirrors"}))
    assert (
        edit(awk, "unmerge", wish, '{"registry-mirrors": ["m", "theirs"]}').text == '{"registry-mirrors": ["theirs"]}'
    )


UNITED = frozenset({"insecure-registries"})


@awks
@settings(max_examples=60, deadline=None)
@given(items=st.lists(texts, max_size=4, unique=True), theirs=st.booleans())
@example(items=["\x80", "ü", "€", "😀", "\t\x01\x7f", 'a"b\\c/d'], theirs=True)
@example(items=["\x80", "ü", "€", "😀", "\t\x01\x7f", 'a"b\\c/d'], theirs=False)
def test_a_string_counts_as_the_same_however_it_is_escaped(
    awk: tuple[str, ...], items: list[str], theirs: bool
) -> None:
    base = json.dumps({"insecure-registries": items}, ensure_ascii=theirs)
    wish = JsonKeys("/x", {"insecure-registries": list(items)}, UNITED)
    assert edit(awk, "merge", wish, base).text == base
    assert edit(awk, "unmerge", wish, base, base).text == base


def accepted(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict)
    except ValueError:
        return not text.strip(" \t\r\n")


@awks
@settings(max_examples=150, deadline=None)
@given(
    base=documents(),
    at=st.integers(0, 200),
    junk=st.sampled_from([*string.punctuation, "", "0", "e", "\n", "\t", "\\u12", "nul"]),
)
def test_broken_json_is_refused_and_only_that(awk: tuple[str, ...], base: str, at: int, junk: str) -> None:
    at %= len(base) + 1
    mutated = base[:at] + junk + base[at + 1 :]
    merged = edit(awk, "merge", JsonKeys("/x", {"live-restore": True}), mutated)
    assert (merged.text is not None) == accepted(mutated)
    assert merged.text is not None or "JSON" in merged.error


@awks
def test_a_member_that_should_be_a_list_is_not_overwritten(awk: tuple[str, ...]) -> None:
    merged = edit(awk, "merge", JsonKeys("/x", {"a": ["b"]}, frozenset({"a"})), '{"a": "text"}')
    assert merged.text is None
    assert "has a a that is no list" in merged.error
