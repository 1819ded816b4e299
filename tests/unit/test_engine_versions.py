"""Ranges of `requiredPulumiVersion`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProjectError
from engine.versions import in_range, parse_version

_NUMBER = st.integers(min_value=0, max_value=999)
_VERSION = st.tuples(_NUMBER, _NUMBER, _NUMBER)


@pytest.mark.parametrize(
    ("range_text", "accepted", "refused"),
    [
        ("", (0, 0, 1), None),
        (">=3.216.0", (3, 216, 0), (3, 215, 9)),
        (">=3.216.0 <4.0.0", (3, 999, 0), (4, 0, 0)),
        (">= 3.216.0", (3, 217, 0), (3, 1, 0)),
        ("<3.4.0 || >3.8.0", (3, 8, 1), (3, 5, 0)),
        ("3.259.0", (3, 259, 0), (3, 259, 1)),
        ("=v3.259.0", (3, 259, 0), (3, 258, 0)),
        (">=3.5.0 !3.7.7", (3, 7, 8), (3, 7, 7)),
        ("!=3.7.7", (3, 7, 8), (3, 7, 7)),
        (">3", (3, 0, 1), (3, 0, 0)),
        ("<=3.9", (3, 9, 0), (3, 9, 1)),
    ],
)
def test_a_range_accepts_and_refuses(
    range_text: str, accepted: tuple[int, int, int], refused: tuple[int, int, int] | None
) -> None:
    assert in_range(accepted, range_text)
    assert refused is None or not in_range(refused, range_text)


@pytest.mark.parametrize("range_text", ["latest", ">=x.1", "^3.0.0", ">="])
def test_what_is_no_range_is_named(range_text: str) -> None:
    with pytest.raises(ProjectError, match="requiredPulumiVersion"):
        in_range((3, 0, 0), range_text)


@pytest.mark.parametrize(
    ("text", "version"), [("v3.259.0", (3, 259, 0)), ("3.1.2-alpha.1+x", (3, 1, 2)), ("none", None), ("", None)]
)
def test_a_version_is_found_in_what_a_program_says(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


@given(_VERSION, _VERSION)
def test_comparisons_agree_with_the_order_of_versions(left: tuple[int, int, int], right: tuple[int, int, int]) -> None:
    text = ".".join(map(str, right))
    assert in_range(left, f">={text}") == (left >= right)
    assert in_range(left, f"<{text}") == (left < right)
    assert in_range(left, f"<{text} || >{text}") == (left != right)
