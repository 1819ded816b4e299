"""Random text with minimum numbers of characters of each class."""

import secrets
import string
from dataclasses import dataclass

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the text has to be like.

    A class that is not allowed still contributes its minimum, as in the official plugin.
    """

    length: int
    upper: bool = True
    lower: bool = True
    numeric: bool = True
    special: bool = True
    min_upper: int = 0
    min_lower: int = 0
    min_numeric: int = 0
    min_special: int = 0
    special_characters: str = SPECIAL

    @property
    def alphabet(self) -> str:
        """The characters that fill what the minimums leave."""
        allowed = (
            (self.upper, string.ascii_uppercase),
            (self.lower, string.ascii_lowercase),
            (self.numeric, string.digits),
            (self.special, self.special_characters),
        )
        return "".join(characters for is_allowed, characters in allowed if is_allowed)

    @property
    def minimum(self) -> int:
        """How many characters the minimums take up."""
        return self.min_upper + self.min_lower + self.min_numeric + self.min_special


def generate(rules: Rules) -> str:
    """Draw a text: the minimums first, the rest from the whole alphabet, then in random order.

    Raises:
        ValueError: the minimums do not fit, or no character is allowed for the rest.

    """
    rest = rules.length - rules.minimum
    if rest < 0 or (rest and not rules.alphabet):
        message = "these rules allow no text"
        raise ValueError(message)
    demands = (
        (string.ascii_uppercase, rules.min_upper),
        (string.ascii_lowercase, rules.min_lower),
        (string.digits, rules.min_numeric),
        (rules.special_characters, rules.min_special),
        (rules.alphabet, rest),
    )
    drawn = [secrets.choice(characters) for characters, count in demands for _ in range(count)]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)
