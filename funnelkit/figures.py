"""A number cell taken apart, before anybody says which of its separators is the decimal one.

Grouped digits, currency signs, percent, brackets and suffixes are told apart here; words, versions and
times are no numbers. Nothing is converted: that takes a style.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from msgspec import Struct

from funnelkit.words import CURRENCIES, currency_code

_SHAPE = str.maketrans("12345678", "9" * 8)
_INNER_ZEROS = (("90", "99"), ("00", "09"), (".0", ".9"), (",0", ",9"))
_SIGNS = str.maketrans({"−": "-", "\u2010": "-", "\u2011": "-"})
_POWERS = {
    3: "k tsd tsd. mil",
    5: "lakh",
    6: "m mn mm mi mio mio.",
    7: "cr",
    9: "b bn mrd mrd.",
}
_SUFFIX: Final = {word: power for power, words in _POWERS.items() for word in words.split()}
_NUMBER = re.compile(r"(?P<digits>[\d.,'’]*\d[.,]?)(?:e(?P<exponent>[+-]?\d{1,3}))?", re.IGNORECASE)
_SPACE = r"[\s\u00a0\u202f\u2009]"
_MOST_DIGITS = 15
"""Before the decimal sign: a longer number is an id or a slip, and a few of them would fill 64 bits."""


def shape(cell: str) -> str:
    """*cell* with its digits made alike: what a column proves, it proves by its few shapes.

    A leading zero stays, since ``0.125`` can only be a decimal number and ``1.125`` may be two.

    >>> shape("1053.20"), shape("0.125"), shape("-12,5 %"), shape("-0.105")
    ('9999.99', '0.999', '-99,9 %', '-0.999')
    """
    text = cell.translate(_SHAPE)
    # Over and over: a zero behind a zero is one behind a digit then. Whole columns come here as one text.
    while any(zero in text for zero, _ in _INNER_ZEROS):
        for zero, nine in _INNER_ZEROS:
            text = text.replace(zero, nine)
    return text


class Parts(Struct, frozen=True, kw_only=True):
    """A number cell taken apart, before anybody says which separator is the decimal one."""

    negative: bool
    digits: str
    """Digits with their separators ``. , '`` only; spaces between digits are already gone."""
    symbol: str
    """Currency sign or code around the number, as written."""
    percent: bool
    power: int
    """Power of ten from a suffix (K, M) or an exponent."""
    spaced: bool
    """A space stood between digits: a thousands separator."""


_NO_CENTS = re.compile(r"(?P<digits>\d[\d.,'’]*?)(?P<sign>[.,])[-–—]{1,2}(?!\d)")


def _with_cents(match: re.Match[str]) -> str:
    """An amount whose cents are a dash, with two noughts instead: ``1.250,-`` and ``500.--``."""
    digits, sign = match["digits"], match["sign"]
    return f"{digits}{',' if '.' in digits and sign == '.' else sign}00"


@cache
def number_parts(cell: str) -> Parts | None:
    """*cell* taken apart, or None where it is no number at all.

    >>> number_parts("R$ 1.236,86").digits, number_parts("R$ 1.236,86").symbol
    ('1.236,86', 'R$')
    >>> number_parts("($1,117.10K)").power, number_parts("(12)").negative
    (3, True)
    >>> number_parts("12 pcs"), number_parts("1.2.3"), number_parts("Rs.500").digits
    (None, None, '500')
    >>> number_parts("50.00-").negative, number_parts("50,00- EUR").symbol, number_parts("-5.0-"), number_parts("5-")
    (True, 'EUR', None, None)
    >>> number_parts("1.250,- €").digits, number_parts("CHF 500.--").digits, number_parts("500 Euro").symbol
    ('1.250,00', '500.00', 'Euro')
    """
    text = cell.strip().translate(_SIGNS)
    percent = text.endswith("%") or text.startswith("%")
    text = text.strip("%").strip()
    text = _NO_CENTS.sub(_with_cents, text)
    negative, signed, text = _sign(text)
    spaced = bool(re.search(rf"\d{_SPACE}\d", text))
    if spaced and not re.fullmatch(rf"\D*\d{{1,3}}({_SPACE}\d{{3}})+([.,]\d+)?\D*", text):
        return None
    match = _NUMBER.search(re.sub(rf"(?<=\d){_SPACE}(?=\d)", "", text))
    if not match:
        return None
    before, digits, after = (
        match.string[: match.start()].strip(),
        match["digits"],
        match.string[match.end() :],
    )
    if digits[0] == "." and before[-1:].isalpha():
        before, digits = f"{before}.", digits[1:]  # "Rs.500" is five hundred
    if before.endswith("-") and not signed:
        negative, before = True, before[:-1].strip()
    if re.search(r"[.,]\d+$", digits) and re.match(r"-(?:\s|$)", after) and not (signed or negative):
        negative, after = True, after[1:]  # as bookkeepers write an amount: "50.00-"
    power, after = _power(match["exponent"], after.strip())
    symbol = before or after
    if before and after:
        symbol = _one_currency(before, after)
    if (
        (symbol and not currency_code(symbol))
        or (before and after and not symbol)
        or not _is_number(digits, power)
    ):
        return None
    return Parts(negative=negative, digits=digits, symbol=symbol, percent=percent, power=power, spaced=spaced)


def _sign(text: str) -> tuple[bool, bool, str]:
    """Whether parentheses or the sign in front say that *text* is negative, whether it has a sign, and the rest of it."""
    negative = text.startswith("(") and text.endswith(")")
    text = (text[1:-1] if negative else text).lstrip("'").strip()
    signed = text[:1] in ("+", "-")
    if signed:
        negative, text = negative or text[0] == "-", text[1:].strip()
    return negative, signed, text


def _power(exponent: str | None, after: str) -> tuple[int, str]:
    """The power of ten that an exponent and a suffix say, and the text behind the number without the suffix."""
    word, _, rest = after.partition(" ")
    if rest and word.lower() not in _SUFFIX:
        word, rest = after, ""
    suffix = _SUFFIX.get(word.lower())
    return int(exponent or 0) + (suffix or 0), after if suffix is None else rest.strip()


def _one_currency(before: str, after: str) -> str:
    """The code of an amount that has a sign and a code, as in ``$12 MXN``; "" where they are something else."""
    code = next((s for s in (before, after) if len(s) == 3 and s.upper() in CURRENCIES), "")
    return code if currency_code(before) and currency_code(after) else ""


def is_bound(cell: str) -> bool:
    """Whether *cell* says no number but a limit to one: ``< 10%``, ``>90 %``.

    >>> is_bound("< 10%"), is_bound("> 90 %"), is_bound("<b>"), is_bound("12")
    (True, True, False, False)
    """
    text = cell.strip()
    return text[:1] in tuple("<>≤≥") and number_parts(text.lstrip("<>≤≥=")) is not None


def _is_number(digits: str, power: int) -> bool:
    """Whether *digits* are a number under one of the decimal signs, and one that is not too long."""
    readings = [split for sign in ".," if (split := split_digits(digits, sign))]
    return any(len(whole.lstrip("0")) + power <= _MOST_DIGITS for whole, _ in readings) and power > -100


def split_digits(digits: str, decimal: str) -> tuple[str, str] | None:
    """The digits before and after the *decimal* sign; None where separators stand in wrong places."""
    whole, _, fraction = digits.partition(decimal)
    if (fraction and not fraction.isdecimal()) or not _well_grouped(whole):
        return None
    return re.sub(r"\D", "", whole), fraction


def _well_grouped(whole: str) -> bool:
    """Whether the separators in the whole part stand where thousands separators may stand."""
    first, *others = re.split(r"[.,'’]", whole)
    if not others:
        return True
    # Indian grouping (1,00,000) has pairs before the last three digits.
    between = {len(group) for group in others[:-1]}
    alike = len(set(re.findall(r"[.,'’]", whole))) == 1 and between in (set(), {2}, {3})
    return alike and len(others[-1]) == 3 and 1 <= len(first) <= 3 and first[0] != "0"
