"""Ids of documents: readable where a stack's name allows, never shared by two stacks."""

from hypothesis import given
from hypothesis import strategies as st

from towpath.applier.document import check_id
from towpath.machines.document_id import document_id

STACKS = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True)


def test_an_ordinary_stack_is_readable() -> None:
    assert document_id("registry", "prod") == "registry-prod"


@given(STACKS)
def test_every_stack_gets_an_id_that_the_applier_takes(stack: str) -> None:
    check_id(document_id("node", stack))


@given(STACKS, STACKS)
def test_two_stacks_never_share_an_id(first: str, second: str) -> None:
    assert (document_id("node", first) == document_id("node", second)) == (first == second)
