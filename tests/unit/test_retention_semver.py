"""Versions and ranges, as npm's semver documents them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.images.retention.semver_range import SemverRange, parse_version

numbers = st.integers(0, 4)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("1.2.3", "1.2.3 v1.2.3 1.2.3+build 1.2.3_build", "1.2.4 1.2.3-rc.1"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("*", "0.0.1 9.9.9", "1.0.0-rc"),
        ("", "0.0.1", "1.0.0-rc"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-rc"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
        ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^1", "1.0.0 1.9.9", "2.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        (">1.2.3", "1.2.4 2.0.0", "1.2.3"),
        (">1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        ("<1.2.0", "1.1.9", "1.2.0 1.2.0-rc"),
        (">= 1.0.0 < 2.0.0", "1.0.0 1.9.9", "2.0.0 0.9.9"),
        (">=1.0.0, <2.0.0", "1.5.0", "2.0.0"),
        ("<1.0.0 || >=2.0.0", "0.9.0 2.0.0", "1.0.0 1.9.9"),
        (">=1.2.3-rc.2", "1.2.3-rc.2 1.2.3-rc.10 1.2.3 1.3.0", "1.2.3-rc.1 1.2.3-beta 1.3.0-rc.5"),
    ],
)
def test_ranges_hold_what_they_should(text: str, inside: str, outside: str) -> None:
    held = SemverRange(text)
    for version, expected in [*((v, True) for v in inside.split()), *((v, False) for v in outside.split())]:
        parsed = parse_version(version)
        assert parsed is not None
        assert (parsed in held) is expected, version


@pytest.mark.parametrize("text", ["latest", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "", "v", "1.2.3-rc..1"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize("text", [">>1", "1.2.3 - 2.0.0", "latest", "=>1.0.0", "1.2.3.4", ">=1.0.0 and <2"])
def test_a_range_that_cannot_be_read_is_refused_naming_the_word(text: str) -> None:
    with pytest.raises(ValueError, match="no version comparison"):
        SemverRange(text)


def test_versions_are_ordered_as_the_specification_orders_them() -> None:
    texts = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1"
    versions = [parse_version(text) for text in texts.split()]
    assert versions == sorted(versions, key=lambda version: version or (0,))
    assert None not in versions


@given(numbers, numbers, numbers, numbers, numbers, numbers)
def test_caret_and_tilde_are_what_their_comparisons_are(a: int, b: int, c: int, x: int, y: int, z: int) -> None:
    version = parse_version(f"{x}.{y}.{z}")
    assert version is not None
    ceiling = f"{a + 1}.0.0" if a else f"0.{b + 1}.0" if b else f"0.0.{c + 1}"
    assert (version in SemverRange(f"^{a}.{b}.{c}")) == (version in SemverRange(f">={a}.{b}.{c} <{ceiling}"))
    assert (version in SemverRange(f"~{a}.{b}.{c}")) == (version in SemverRange(f">={a}.{b}.{c} <{a}.{b + 1}.0"))


@given(st.text(max_size=20))
def test_no_text_breaks_the_readers_otherwise(text: str) -> None:
    parse_version(text)
    with suppress(ValueError):
        SemverRange(text)
