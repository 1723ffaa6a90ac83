"""Whether a column of numeric dates puts the day or the month first: evidence, then a decision.

A part over 12 can only be a day. Each separator is judged on its own: a file that Excel has saved
again may hold ``08-06-2020`` beside ``4/21/2020``, written in different orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from funnelkit import bulk
from funnelkit.dates import Numeric, numeric, read
from funnelkit.styles import MISSING, Order

_FEW = 5
"""So many contradicting values may be typing errors, if they are under one in a hundred."""


class DateScan(Struct, kw_only=True):
    """What the different cells of one column prove."""

    dates: int = 0
    bad: list[str] = field(default_factory=list)
    first_over_12: dict[str, list[str]] = field(default_factory=dict)
    """Separator -> cells whose first part can only be a day."""
    second_over_12: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    """Separator -> cells that fit both orders."""

    @property
    def separators(self) -> list[str]:
        """The separators of numeric dates in the column."""
        return sorted({*self.first_over_12, *self.second_over_12, *self.open})


def scan(cells: Iterable[str]) -> DateScan:
    """What *cells* (each different value once) prove."""
    found = DateScan()
    cells = list(cells)
    shapes = bulk.shapes(cells)
    firsts = dict(zip(reversed(shapes), reversed(cells), strict=True))
    for shape, first in reversed(firsts.items()):
        if first.strip().lower() in MISSING:
            continue
        # Only dates whose order is open have to be looked at one by one; of others a shape says enough.
        if numeric(first) is None and read(first.strip(), {}) is not None:
            found.dates += 1
            continue
        for cell in bulk.alike(shape, shapes, cells):
            _look(found, cell)
    return found


def _look(found: DateScan, cell: str) -> None:
    parts = numeric(cell)
    if parts is not None:
        _count(found, cell.strip(), parts)
    elif read(cell.strip(), {}) is None:
        found.bad.append(cell)
    else:
        found.dates += 1


def _count(found: DateScan, text: str, parts: Numeric) -> None:
    day, month = max(parts.first, parts.second), min(parts.first, parts.second)
    order: Order = "dmy" if parts.first > 12 else "mdy"
    # "45/03/2026" and "31/02/2026" are slips: they prove nothing.
    if month == 0 or month > 12 or (day > 28 and read(text, {parts.separator: order}) is None):
        found.bad.append(text)
        return
    found.dates += 1
    if day > 12:
        proof = found.first_over_12 if order == "dmy" else found.second_over_12
        proof.setdefault(parts.separator, []).append(text)
    else:
        # 05/05/2026 is the same day in both orders and proves nothing either way.
        found.open.setdefault(parts.separator, []).extend([text] if day != month else [])


def proofs(found: DateScan) -> dict[str, Order]:
    """The order that the column itself proves, by separator."""
    proved: dict[str, Order] = {}
    for separator in found.separators:
        days = len(found.first_over_12.get(separator, []))
        months = len(found.second_over_12.get(separator, []))
        if days and _only_slips(months, days):
            proved[separator] = "dmy"
        elif months and _only_slips(days, months):
            proved[separator] = "mdy"
    return proved


def _only_slips(against: int, in_favour: int) -> bool:
    return against == 0 or (against <= _FEW and against * 100 < in_favour)


def settle(found: DateScan, neighbours: Mapping[str, set[Order]]) -> tuple[dict[str, Order] | None, str]:
    """The order for each separator and why; None with the reason where one stays open.

    *neighbours*: what the other date columns of the file prove, by separator.
    """
    orders = proofs(found)
    why = [
        f"{_name(order)} as in {(found.first_over_12 if order == 'dmy' else found.second_over_12)[s][0]!r}"
        for s, order in orders.items()
    ]
    for separator in found.separators:
        if separator in orders:
            continue
        days, months = found.first_over_12.get(separator), found.second_over_12.get(separator)
        if days and months:
            return None, f"{days[0]!r} and {months[0]!r} contradict each other"
        if not found.open.get(separator):
            orders[separator] = "dmy"  # every cell reads the same both ways
            continue
        others = neighbours.get(separator, set())
        if len(others) != 1:
            return None, f"{found.open[separator][0]!r} fits two readings"
        orders[separator] = next(iter(others))
        why.append(f"{_name(orders[separator])} as in the other date columns of the file")
    return orders, "; ".join(why) or "dates with an unmistakable order"


def _name(order: Order) -> str:
    return "day first" if order == "dmy" else "month first"
