"""RandomString and RandomPassword: the same text, public or secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from engine.plugins.bridged import BridgedResource
from engine.plugins.fields import Field
from engine.plugins.random.generator import SPECIAL, Rules, generate
from engine.plugins.resource import Failure
from engine.plugins.values import has_unknown, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plugins.resource import Call
    from engine.plugins.values import Properties

_MINIMUMS: Final = ("minUpper", "minLower", "minNumeric", "minSpecial")
_BCRYPT_COST: Final = 10
_BCRYPT_BYTES: Final = 72

_FIELDS: Final[Mapping[str, Field]] = {
    "length": Field("integer", required=True, minimum=1),
    "keepers": Field("string_map"),
    **{name: Field("boolean", default=True) for name in ("special", "upper", "lower")},
    # `number` is the old name of `numeric`; the default of both is the other's value.
    **{name: Field("boolean") for name in ("number", "numeric")},
    **{name: Field("integer", default=0, minimum=0) for name in _MINIMUMS},
    "overrideSpecial": Field("string"),
}


class RandomString(BridgedResource):
    """Random text that is no secret. Every change draws a new one. Its id is the text; so is its import id."""

    token = "random:index/randomString:RandomString"  # noqa: S105 - a type token
    fields = _FIELDS
    computed: ClassVar[tuple[str, ...]] = ("result",)
    schema_version = 2

    def planned(self, inputs: Properties) -> Properties:
        """Fill in defaults; `number` and `numeric` are one setting."""
        planned = super().planned(inputs)
        numeric = next((planned[name] for name in ("numeric", "number") if name in planned), True)
        return {"number": numeric, "numeric": numeric} | planned

    def tidied(self, planned: Properties) -> Properties:
        """Compare as usual; an empty set of special characters is none given."""
        return super().tidied(planned) | {"overrideSpecial": planned.get("overrideSpecial") or None}

    def faults(self, planned: Properties) -> list[Failure]:
        """Find rules that no text can follow."""
        failures = []
        numeric = (planned["number"], planned["numeric"])
        if not has_unknown(list(numeric)) and numeric[0] != numeric[1]:
            failures.append(Failure("number", "this is the old name of numeric and says otherwise: leave it out"))
        if has_unknown({name: value for name, value in planned.items() if name != "keepers"}):
            return failures
        rules = _rules(planned)
        if rules.length < rules.minimum:
            least = " + ".join(_MINIMUMS)
            failures.append(Failure("length", f"this must be at least {least} = {rules.minimum}, got {rules.length}"))
        elif rules.length > rules.minimum and not rules.alphabet:
            failures.append(Failure("length", "one of upper, lower, numeric and special must be true"))
        return failures

    def make(self, call: Call, planned: Properties) -> tuple[str, Properties]:  # noqa: ARG002
        """Draw the text."""
        text = generate(_rules(reveal(planned)))
        return self.identity(text), self.outputs(text)

    def adopt(self, identity: str) -> tuple[str, Properties, Properties]:
        """Take over a text that exists."""
        return self.identity(identity), self.outputs(identity), {"length": len(identity)}

    def identity(self, text: str) -> str:
        """Return the resource's id."""
        return text

    def outputs(self, text: str) -> Properties:
        """Return what is computed."""
        return {"result": text}


class RandomPassword(RandomString):
    """Random text that is a secret, with its bcrypt hash. Its id is always the same; its import id is the text.

    The hash is of the first 72 bytes, which is all that bcrypt takes: longer texts are not refused.
    """

    token = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type token
    computed: ClassVar[tuple[str, ...]] = ("result", "bcryptHash")
    secrets = frozenset({"result", "bcryptHash"})
    schema_version = 3

    def identity(self, text: str) -> str:  # noqa: ARG002
        """Return the id, which must not be the secret."""
        return "none"

    def outputs(self, text: str) -> Properties:
        """Return what is computed; the salt is drawn here."""
        import bcrypt  # noqa: PLC0415 - 20 ms that only a new password needs

        salt = bcrypt.gensalt(_BCRYPT_COST, prefix=b"2a")
        return {"result": text, "bcryptHash": bcrypt.hashpw(text.encode()[:_BCRYPT_BYTES], salt).decode()}


def _rules(planned: Properties) -> Rules:
    known = reveal(planned)
    return Rules(
        length=known["length"],
        upper=known["upper"],
        lower=known["lower"],
        numeric=known["numeric"],
        special=known["special"],
        min_upper=known["minUpper"],
        min_lower=known["minLower"],
        min_numeric=known["minNumeric"],
        min_special=known["minSpecial"],
        special_characters=known.get("overrideSpecial") or SPECIAL,
    )
