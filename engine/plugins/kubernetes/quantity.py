"""Quantities in the one form in which the API server keeps each.

The server reads ``1024Mi`` and answers ``1Gi``. Rules: *Quantity* in the API reference ("canonical form"): no digits
are lost above 10⁻⁹, the suffix is the largest that needs no fraction, and its family (decimal or binary) stays.
"""

import re
from decimal import ROUND_UP, Decimal
from typing import Any

_SYNTAX = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+|)")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {-3: "n", -2: "u", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T", 5: "P", 6: "E"}
_THOUSAND, _KIBI = 1000, 1024
_SMALLEST = Decimal("1e-9")


def canonical(value: Any) -> Any:  # noqa: ANN401 - whatever is no quantity goes back as it came
    """Return a quantity (text or number) as the server would; anything else unchanged.

    >>> canonical("1024Mi"), canonical("0.5"), canonical("1000m"), canonical(2), canonical("1e3")
    ('1Gi', '500m', '1', '2', '1e3')
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    found = _SYNTAX.fullmatch(str(value))
    if not found:
        return value
    number, suffix = Decimal(found[1]), found[2]
    if suffix in _BINARY[1:]:
        return _binary(number * _KIBI ** _BINARY.index(suffix))
    if suffix[:1] in {"e", "E"} and len(suffix) > 1:
        return _exponent(number.scaleb(int(suffix[1:])))
    power = next(power for power, letter in _DECIMAL.items() if letter == suffix)
    return _decimal(number.scaleb(3 * power))


def _binary(number: Decimal) -> str:
    if abs(number) < _KIBI:
        return _decimal(number)
    whole, step = int(number.to_integral_value(rounding=ROUND_UP)), 0
    while step + 1 < len(_BINARY) and whole % _KIBI == 0:
        whole, step = whole // _KIBI, step + 1
    return f"{whole}{_BINARY[step]}"


def _decimal(number: Decimal) -> str:
    whole, step = _thousands(number)
    return f"{whole}{_DECIMAL[step]}"


def _exponent(number: Decimal) -> str:
    whole, step = _thousands(number)
    return f"{whole}e{3 * step}" if step else str(whole)


def _thousands(number: Decimal) -> tuple[int, int]:
    """Return the number as whole * 1000**step, with the largest step there is a suffix for."""
    whole = int((number / _SMALLEST).to_integral_value(rounding=ROUND_UP))
    step = min(_DECIMAL)
    if whole == 0:
        return 0, 0
    while step < max(_DECIMAL) and whole % _THOUSAND == 0:
        whole, step = whole // _THOUSAND, step + 1
    return whole, step
