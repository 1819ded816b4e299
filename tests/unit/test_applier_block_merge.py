"""A marked block in a file of lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.merge_program import AWKS, edit, status
from towpath.applier.entries import Block

awks = pytest.mark.parametrize("awk", AWKS, ids=" ".join)
BLOCK = Block("/etc/hosts", ("10.0.0.5 registry", "10.0.0.6 other"))


@awks
@settings(max_examples=40, deadline=None)
@given(base=st.lists(st.sampled_from(["127.0.0.1 localhost", "", "# c", "x\ty", "ünï"])).map("\n".join))
def test_the_block_comes_and_goes(awk: tuple[str, ...], base: str) -> None:
    merged = edit(awk, "merge", BLOCK, base).text
    assert merged is not None
    head = base if not base or base.endswith("\n") else f"{base}\n"
    assert merged == f"{head}# towpath node: begin\n10.0.0.5 registry\n10.0.0.6 other\n# towpath node: end\n"
    assert status(awk, BLOCK, merged) == {"block": "as wished"}
    assert edit(awk, "unmerge", BLOCK, f"{merged}theirs\n", base).text == f"{head}theirs\n"


@awks
def test_an_edited_block_is_put_right_where_it_stands_last(awk: tuple[str, ...]) -> None:
    merged = edit(awk, "merge", BLOCK, "a\n").text
    assert merged is not None
    edited = merged.replace("10.0.0.5", "10.9.9.9")
    assert status(awk, BLOCK, edited) == {"block": "differs"}
    assert edit(awk, "merge", BLOCK, edited).text == merged
    assert status(awk, BLOCK, None) == {"block": "missing"}
    broken = edit(awk, "merge", BLOCK, merged.replace("# towpath node: end\n", ""))
    assert broken.text is None
    assert "without its end" in broken.error
