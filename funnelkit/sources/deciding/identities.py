"""What the columns of an ad report must come to together: a witness where one column alone fits two readings.

Cost is clicks times the cost of a click, and impressions times the cost of a thousand, over a thousand; rows add
up to their total. Only the reading that holds in nearly all rows counts, and only where the other does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from funnelkit.figures import number_parts, split_digits
from funnelkit.sources.deciding import numbers
from funnelkit.sources.deciding.numbers import Sign
from funnelkit.sources.files.export import Record
from funnelkit.styles import MISSING
from funnelkit.words import normalise

_ROWS = 5_000
"""So many rows are asked; a sum of rows is only looked at where these are all."""
_NEARLY = 0.9
_OTHER = frozenset("max maximum máx max. target ziel bid gebot budget current".split())
_MONEY = re.compile(
    r"\b(cost|cpc|cpm|cpa|cpl|spend|spent|budget|price|revenue|value|amount|custo|coste|costo|coût|kosten)\b"
)
_SIGNS: tuple[Sign, Sign] = (".", ",")


class FileWitness:
    """The rows of one export, read again when something is asked of them."""

    def __init__(
        self,
        header: Sequence[str],
        records: Callable[[], Iterable[Record]],
        columns: Mapping[str, str],
        total: Callable[[Sequence[str]], bool],
    ) -> None:
        self._header = header
        self._records = records
        self._columns = columns
        self._total = total
        self._rows: list[Sequence[str]] | None = None

    def sign(self, target: str) -> tuple[Sign | None, str] | None:
        """The decimal sign of *target* and why; no sign where neither reading holds, None where nothing is known."""
        header = self._columns.get(target)
        if header is None:
            return None
        cells = self._column(header)
        against = ""
        for count, price, unit in self._prices() if target == "cost" else ():
            holds = _by_price(cells, self._column(count), self._column(price), unit)
            product = f"{count} x {price}" + " / 1000" * (unit == 1000)
            if holds is not None and len(holds) == 1:
                return holds[0], f"decimal {numbers.spoken(holds[0])}: {header} is {product}"
            against = against or (f"{header} is not {product} in either reading" if holds == [] else "")
        if found := self._by_total(header):
            return found, f"decimal {numbers.spoken(found)}: the rows add up to the total row"
        cell = next(filter(_open, cells), "")
        return (None, f"{cell!r} fits two readings: {against}") if against else None

    def neighbours(self) -> set[Sign]:
        """What the money columns prove that are none of ours."""
        known = set(self._columns.values())
        names = [h for h in self._header if h not in known and _MONEY.search(normalise(h))]
        return {sign for h in names for sign in _proof(self._column(h))}

    def _prices(self) -> list[tuple[str, str, int]]:
        """Headers of a count and of its price, and how many the price is for."""
        found = []
        for header in self._header:
            words = set(normalise(header).split())
            if words & _OTHER:
                continue
            if "cpc" in words or {"cost", "click"} <= words:
                found += [
                    (self._columns[c], header, 1) for c in ("clicks", "clicks_all") if c in self._columns
                ]
            if "cpm" in words and "impressions" in self._columns:
                found.append((self._columns["impressions"], header, 1000))
        return found

    def _all(self) -> list[Sequence[str]]:
        if self._rows is None:
            self._rows = [
                cells for _, cells in islice(self._records(), _ROWS + 1) if len(cells) == len(self._header)
            ]
        return self._rows

    def _column(self, header: str) -> list[str]:
        position = self._header.index(header)
        return [cells[position] for cells in self._all()[:_ROWS] if not self._total(cells)]

    def _by_total(self, header: str) -> Sign | None:
        """The sign under which the rows add up to a total row, where they do not under the other."""
        rows = self._all()
        position = self._header.index(header)
        totals = [cells[position] for cells in rows if self._total(cells)]
        cells = self._column(header)
        if not totals or len(rows) > _ROWS or not any(map(_open, cells)):
            return None
        holds = [sign for sign in _SIGNS if _adds_up(cells, totals, sign)]
        return holds[0] if len(holds) == 1 else None


def _adds_up(cells: Sequence[str], totals: Sequence[str], sign: Sign) -> bool:
    read = [value(cell, sign) for cell in cells if cell.strip().lower() not in MISSING]
    known = [one for one in read if one]
    if len(known) < len(read) or not known:
        return False
    meant, error = sum((n for n, _ in known), Decimal(0)), sum((e for _, e in known), Decimal(0))
    return any(
        t and abs(t[0] - meant) <= min(error, abs(meant) / 5) for t in (value(c, sign) for c in totals)
    )


def _by_price(
    cells: Sequence[str], counts: Sequence[str], prices: Sequence[str], unit: int
) -> list[Sign] | None:
    """The signs under which *cells* are *counts* times *prices*; None where no row can tell."""
    told = {sign: [_fits(sign, other, cells, counts, prices, unit) for other in _SIGNS] for sign in _SIGNS}
    if all(fit is None for fits in told.values() for fit in fits):
        return None
    return [sign for sign, fits in told.items() if any(fits)]


def _fits(
    sign: Sign, other: Sign, cells: Sequence[str], counts: Sequence[str], prices: Sequence[str], unit: int
) -> bool | None:
    """Whether nearly all rows hold under these signs of cost and price; None where no row can tell."""
    good = asked = 0
    for cell, count, price in zip(cells, counts, prices, strict=True):
        if not _open(cell):
            continue
        cost, number, each = value(cell, sign), _whole(count), value(price, other)
        if cost is None or number is None or each is None:
            continue
        meant, error = number * each[0] / unit, number * each[1] / unit
        # A price that is rounded too much to tell the readings apart says nothing.
        if meant and error * 5 < abs(meant):
            asked += 1
            good += abs(meant - cost[0]) <= error + cost[1]
    return good >= asked * _NEARLY if asked else None


def _open(cell: str) -> bool:
    parts = number_parts(cell)
    return parts is not None and numbers.decimal_sign(parts) == "either"


def _whole(cell: str) -> Decimal | None:
    """A count, whatever its thousands separator is."""
    parts = number_parts(cell)
    text = re.sub(r"[.,'’](?=\d{3}(\D|$))|\.0$", "", parts.digits) if parts else ""
    return Decimal(text) if text.isdecimal() else None


def value(cell: str, sign: Sign) -> tuple[Decimal, Decimal] | None:
    """What *cell* is worth under a decimal *sign*, and half of its last decimal; None for no number."""
    parts = number_parts(cell) if cell.strip().lower() not in MISSING else None
    split = split_digits(parts.digits, sign) if parts else None
    if parts is None or split is None:
        return None
    whole, fraction = split
    power = parts.power - (2 if parts.percent else 0)
    number = Decimal(f"{whole or 0}.{fraction or 0}").scaleb(power)
    return -number if parts.negative else number, Decimal(5).scaleb(power - len(fraction) - 1)


def _proof(cells: Sequence[str]) -> set[Sign]:
    found = numbers.scan(dict.fromkeys(cells))
    return set(found.proof) if len(found.proof) == 1 else set()
