"""Hashes of passwords resist guessing."""

from collections.abc import Iterator

from .rule import Limit, Limits, Properties, Rule, facts

_COST = {"type": "integer", "minimum": 4, "maximum": 17}


def judge(properties: Properties, limits: Limits) -> Iterator[str]:
    """Find an account whose hash is too cheap for the kind of its password: given by people, or made."""
    for kind, cost in facts(properties, "bcrypt_cost").items():
        limit = f"min_{kind}"
        if cost < limits[limit]:
            yield f"`facts.bcrypt_cost.{kind}` is below {limits[limit]:g} ({limit})"


RULE = Rule(
    name="bcrypt-cost",
    reason="A password is hashed so that a stolen htpasswd file gives it away slowly; a made one has 190 random bits.",
    fix="raise accounts[].bcrypt_cost or leave it out; or leave the password out, so that one is made",
    types=("pulumi-python:dynamic/accounts:AccountRotation",),
    reads=("facts",),
    judge=judge,
    severity="high",
    limits={
        "min_given": Limit(10, "lowest bcrypt cost for a password that a person chose", _COST),
        "min_made": Limit(5, "lowest bcrypt cost for a password that was made", _COST),
    },
)
