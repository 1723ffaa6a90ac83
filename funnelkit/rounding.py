"""The one rule by which numbers are rounded where people read them: halves go away from zero, 0.125 to 0.13 and 2.5 to 3.

A binary fraction is taken for the shortest decimal that it stands for, so that 2.675 is one half, and is 2.68; decimals
and fractions are rounded as they are. What is written for machines, and what is summed, is not rounded by this.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

_PLACES = Context(prec=400, rounding=ROUND_HALF_UP)
"""More digits than any number has that is written out."""


def rounded(value: float | Decimal | Fraction, decimals: int = 0) -> Decimal:
    """*value*, which is finite, with so many *decimals*.

    >>> [str(rounded(value, 2)) for value in (0.125, 2.675, Fraction(1, 200), -0.125)]
    ['0.13', '2.68', '0.01', '-0.13']
    """
    if isinstance(value, Fraction):
        top, bottom = abs(value.numerator) * 10**decimals, value.denominator
        whole = (2 * top + bottom) // (2 * bottom)
        return Decimal(whole if value >= 0 else -whole).scaleb(-decimals, _PLACES)
    return exactly(value).quantize(Decimal(1).scaleb(-decimals), context=_PLACES)


def exactly(value: float | Decimal) -> Decimal:
    """The shortest decimal that *value* stands for.

    >>> exactly(0.145) * 100
    Decimal('14.500')
    """
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)


def fixed(value: float | Decimal | Fraction, decimals: int = 0) -> str:
    """*value* with commas and so many *decimals*.

    >>> fixed(1234.565, 2), fixed(2.5)
    ('1,234.57', '3')
    """
    return f"{rounded(value, decimals):,f}"


def percent(value: float, decimals: int = 1) -> str:
    """A share in per cent.

    >>> percent(0.1205), percent(0.125, 0)
    ('12.1 %', '13 %')
    """
    return f"{fixed(exactly(value) * 100, decimals)} %"
