"""How the number columns of a file are written: what one of them proves settles the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from funnelkit.figures import Parts, number_parts
from funnelkit.sources.deciding import numbers
from funnelkit.sources.deciding.decisions import Asked, Decision, Witness
from funnelkit.styles import NumberStyle

_LARGEST = 2**63 - 1
"""What a sum may come to, on any engine."""
DECIMALS = 4
"""So many decimals are never given up to make room; further ones are float noise."""
_OF_MONEY = 9
"""Money has no more decimals: what spreadsheets write beyond them (19.990000000000002) is the noise of binary numbers."""
SQUARED = 2**51
"""What a sum of money may come to with more than ``DECIMALS``, so that its square can be added up in two halves of 64 bits."""


def figures(asked: Sequence[Asked], rows: int, witness: Callable[[], Witness] | None) -> dict[str, Decision]:
    """A decision for each number column *asked* for, in a file of so many *rows*."""
    scans = {a.target: numbers.scan(a.cells) for a in asked}
    proved: set[numbers.Sign] = set()
    for a in asked:
        if len(scans[a.target].proof) == 1:
            proved |= set(scans[a.target].proof)
    return {a.target: _number(a, scans[a.target], proved, rows, witness) for a in asked}


def _number(
    asked: Asked,
    found: numbers.NumberScan,
    proved: set[numbers.Sign],
    rows: int,
    witness: Callable[[], Witness] | None,
) -> Decision:
    counts = asked.kind == "integer"
    sign, why, against = _sign(asked, found, proved, witness)
    percent = asked.kind == "percent" and not found.percent and _hundredths(asked, found, sign)
    if (
        sign
        and asked.kind == "percent"
        and found.percent
        and not all(p.percent or _nothing(p) for p in found.parts)
    ):
        sign, why = None, "some of its values have a percent sign and some have none"
    if found.numbers == 0 and found.bad:
        sign, why = None, f"its values are no numbers: {found.bad[0][:40]!r}"
    room = _room(found, sign, rows) if sign else 0
    needed = 0 if counts or sign is None else found.scale(sign) + 2 * percent
    if room < min(needed, DECIMALS):
        sign, why = None, "its numbers are too long to be added up exactly"
    if sign is None:
        hint = "Correct what is stated, or the file." if why == against else _number_hint(asked, found)
        return Decision(target=asked.target, header=asked.header, style=None, evidence=why, hint=hint)
    scale = min(needed, room)
    if asked.kind == "money":
        scale = min(scale, _OF_MONEY, max(_room(found, sign, rows, SQUARED), DECIMALS))
    style = NumberStyle(decimal=sign, scale=scale, exact=counts, percent=percent)
    return Decision(
        target=asked.target,
        header=asked.header,
        style=style,
        evidence=f"{why}; numbers of a hundred" if percent else why,
        hint=against,
        symbols=tuple(found.symbols),
        bounds=tuple(found.bounds),
        rounded=_finer(asked, sign, scale) if asked.kind == "money" and needed > scale else (),
    )


def _sign(
    asked: Asked, found: numbers.NumberScan, proved: set[numbers.Sign], witness: Callable[[], Witness] | None
) -> tuple[numbers.Sign | None, str, str]:
    """The decimal sign of a column, why, and what in the column speaks against what was stated of it."""
    counts = asked.kind == "integer"
    sign, why = numbers.settle(found, counts=counts, neighbours=proved, usual=asked.usual_decimal)
    against = numbers.against(found, asked.decimal)
    if asked.decimal in (".", ",") and not against:
        sign = "." if asked.decimal == "." else ","
        return sign, f"decimal {asked.decimal!r}, as stated beforehand", against
    if against:
        return (sign, why, against) if asked.yields else (None, against, against)
    open_still = found.either and not found.proof and not counts and len(found.either_sign) == 1
    if witness is None or not open_still or (sign and sign == asked.usual_decimal):
        return sign, why, against
    # What the columns come to together weighs more than how another column is written.
    rest = witness()
    if said := rest.sign(asked.target):
        return *said, against
    if sign is None and not asked.usual_decimal and len(others := rest.neighbours() | proved) == 1:
        sign, why = numbers.settle(found, counts=counts, neighbours=others)
    return sign, why, against


def _nothing(parts: Parts) -> bool:
    return not parts.digits.strip("0.,")


def _hundredths(asked: Asked, found: numbers.NumberScan, sign: numbers.Sign | None) -> bool:
    """Whether the numbers of a percent column are of a hundred: 50, where others write 0.5 or 50 %."""
    if sign is None:
        return False
    style = NumberStyle(decimal=sign, scale=found.scale(sign))
    read = [abs(n) for cell in asked.cells if isinstance(n := style.parse(cell), int)]
    # Chances of 0 and 1 alone are whole: nobody keeps a list of chances of one in a hundred.
    return "%" in asked.header or max(read, default=0) > 10**style.scale


def _room(found: numbers.NumberScan, sign: numbers.Sign, rows: int, largest: int = _LARGEST) -> int:
    """How many decimals fit a sum up to *largest* when all *rows* are as large as the largest; negative for none."""
    most = 10 ** found.whole_digits(sign) * max(rows, 1)
    return len(str(largest // most)) - 1 if most <= largest else -1


def _finer(asked: Asked, sign: numbers.Sign, scale: int) -> tuple[str, ...]:
    """The different cells that have more decimals than *scale*, without the zeros at their end."""
    told = ((cell, number_parts(cell)) for cell in dict.fromkeys(asked.cells))
    return tuple(cell for cell, parts in told if parts and numbers.decimals(parts, sign) > scale)


def _number_hint(asked: Asked, found: numbers.NumberScan) -> str:
    if not found.either:
        return f"Name another column for {asked.target}, or correct the file."
    example = number_parts(found.either[0])
    digits = example.digits if example else ""
    whole, fraction = digits.replace(",", "").replace(".", ""), digits.replace(",", ".")
    return (
        f"{found.either[0]!r} is {whole} or {fraction}. Say which: --decimal . or --decimal , or in "
        f'funnelkit.yaml under the file\'s columns: {asked.target}: {{from: {asked.header}, decimal: ","}}'
    )
