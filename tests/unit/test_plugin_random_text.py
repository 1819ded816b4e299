"""Random text: length, alphabet and minimums for any rules; the inputs that allow none."""

import string
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.plugins.random.generator import SPECIAL, Rules, generate

# The machine may be busy.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CLASSES = (string.ascii_uppercase, string.ascii_lowercase, string.digits)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    upper, lower, numeric, special = draw(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()))
    least = st.integers(0, 6)
    minimums = draw(st.tuples(least, least, least, least))
    length = sum(minimums) + draw(st.integers(0, 40))
    characters = draw(st.text(st.sampled_from("!#§-_ü"), min_size=1, max_size=4))
    found = Rules(length, upper, lower, numeric, special, *minimums, special_characters=characters)
    assume(length >= 1)
    assume(found.alphabet or length == found.minimum)
    return found


@UNHURRIED
@given(rules())
def test_text_follows_its_rules(wanted: Rules) -> None:
    text = generate(wanted)
    assert len(text) == wanted.length
    counts = [sum(character in group for character in text) for group in (*CLASSES, wanted.special_characters)]
    minimums = (wanted.min_upper, wanted.min_lower, wanted.min_numeric, wanted.min_special)
    assert all(count >= minimum for count, minimum in zip(counts, minimums, strict=True))
    flags = (wanted.upper, wanted.lower, wanted.numeric, wanted.special)
    for count, minimum, is_allowed in zip(counts, minimums, flags, strict=True):
        assert is_allowed or count == minimum
    assert sum(counts) == wanted.length


@UNHURRIED
@given(rules())
def test_rules_that_allow_no_text_are_refused(wanted: Rules) -> None:
    with pytest.raises(ValueError, match="no text"):
        generate(replace(wanted, length=wanted.minimum - 1))
    with pytest.raises(ValueError, match="no text"):
        generate(replace(wanted, length=wanted.minimum + 1, upper=False, lower=False, numeric=False, special=False))


def test_every_character_of_the_alphabet_is_drawn_everywhere() -> None:
    texts = [generate(Rules(30, min_upper=1)) for _ in range(400)]
    alphabet = set(string.ascii_letters + string.digits + SPECIAL)
    assert set("".join(texts)) == alphabet
    assert all(len({text[position] for text in texts}) > 40 for position in range(30))


def test_minimums_are_not_left_in_front() -> None:
    texts = [generate(Rules(20, upper=False, special=False, min_upper=1)) for _ in range(300)]
    positions = {next(index for index, character in enumerate(text) if character.isupper()) for text in texts}
    assert positions == set(range(20))


def test_no_two_texts_are_equal() -> None:
    assert len({generate(Rules(16)) for _ in range(1000)}) == 1000
