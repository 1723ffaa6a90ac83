"""Whether a column of numeric dates puts the day or the month first: evidence, then a decision.

A part over 12 can only be a day. Each separator is judged on its own: a file that Excel has saved
again may hold ``08-06-2020`` beside ``4/21/2020``, written in different orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from funnelkit import bulk
from funnelkit.dates import Numeric, numeric, read
from funnelkit.sources.deciding import periodic
from funnelkit.styles import MISSING, Order

Days = tuple[date, date]

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
    iso: list[str] = field(default_factory=list)
    """Dates that begin with the year, where there are others beside them."""

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
            found.iso += [first] if first.strip()[:4].isdigit() else []
            continue
        for cell in bulk.alike(shape, shapes, cells):
            _look(found, cell)
    if found.iso and found.separators:
        wanted = {shape for shape, cell in firsts.items() if cell in found.iso}
        found.iso = [cell for cell, its in zip(cells, shapes, strict=True) if its in wanted]
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


def settle(
    found: DateScan,
    neighbours: Mapping[str, set[Order]],
    *,
    usual: Order | None = None,
    windows: Mapping[Order, Days] | None = None,
    monthly: bool | None = None,
) -> tuple[dict[str, Order] | None, str]:
    """The order for each separator and why; None with the reason where one stays open.

    *neighbours*: what the other date columns of the file prove, by separator. *windows*: between which
    days all dates of the column must lie, under each order. *usual*: how the tool writes, as long as
    nothing in the file speaks against it. *monthly*: whether each row is a month, where the file says so.
    """
    if found.iso and (damaged := _swapped(found)):
        return None, damaged
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
        tools = None if separator == "." else usual  # who sees points sees a file that was saved again
        order, reason = _by_others(
            found.open[separator], neighbours.get(separator, set()), tools, windows or {}, monthly
        )
        if order is None and separator == ".":
            # German, Polish, Russian, Turkish ...: no locale writes the month first with points.
            order, reason = "dmy", "day first, as dates with points are written"
        if order is None:
            return None, reason
        orders[separator] = order
        why.append(reason)
    return orders, "; ".join(why) or "dates with an unmistakable order"


_ENOUGH = 5
"""So many dates do not all fall on the first twelve days of a month by chance."""


def _swapped(found: DateScan) -> str:
    """What shows that a spreadsheet has read day and month of some dates the wrong way round; "" for nothing.

    It makes real dates of those that fit its own order and leaves the others as they were: then all that can be
    told apart are texts, and all that cannot be are dates with the two swapped.
    """
    proof = [*found.first_over_12.values(), *found.second_over_12.values()]
    if not proof or any(found.open.values()):
        return ""
    days = {day for cell in found.iso if (day := read(cell.strip(), {}))}
    if len(days) < _ENOUGH or any(day.day > 12 for day in days):
        return ""
    return (
        f"{found.iso[0]!r} beside {proof[0][0]!r}: a spreadsheet seems to have swapped day and month in some"
    )


def _by_others(
    cells: Sequence[str],
    others: set[Order],
    usual: Order | None,
    windows: Mapping[Order, Days],
    monthly: bool | None,
) -> tuple[Order | None, str]:
    """The order of *cells* that fit both, by what else is known, and why."""

    def inside(order: Order, days: Days) -> bool:
        return all(_inside(cell, order, days) for cell in cells)

    if proved := periodic.proved_by(windows, inside):
        first, last = windows[proved]
        return proved, f"{_name(proved)}, since the report is about {first} to {last}"
    within = [order for order, days in windows.items() if inside(order, days)]
    # A report whose dates lie outside of its own range has been written anew by somebody else.
    astray = usual in windows and usual not in within
    if usual and others <= {usual} and not astray:
        return usual, f"{_name(usual)} as the tool writes it"
    # Days in a range that is written like them prove nothing: 1/5 to 1/7 are three days, or three months.
    certain = monthly or (monthly is None and len(set(windows.values())) == 1)
    months = [order for order in within if certain and _monthly(cells, order, windows[order])]
    if len(months) == 1 and not usual:
        return months[0], f"{_name(months[0])}, since these are the first days of all months of the report"
    if len(others) == 1 and not usual:
        order = next(iter(others))
        return order, f"{_name(order)} as in the other date columns of the file"
    return None, f"{cells[0]!r} fits two readings"


def _inside(cell: str, order: Order, days: Days) -> bool:
    day = _day(cell, order)
    return day is not None and days[0] <= day <= days[1]


def _monthly(cells: Sequence[str], order: Order, days: Days) -> bool:
    """Whether *cells* are the first days of the months of a report by month, each but its first one, and no others."""
    found = {day for cell in cells if (day := _day(cell, order))} - {days[0]}
    months = range(days[0].year * 12 + days[0].month, days[1].year * 12 + days[1].month)
    return len(months) > 1 and found == {date(month // 12, month % 12 + 1, 1) for month in months}


def _day(cell: str, order: Order) -> date | None:
    found = read(cell, dict.fromkeys("/-.", order))
    return found.date() if isinstance(found, datetime) else found


def against(found: DateScan, stated: str | None) -> str:
    """What in the column speaks against the order that was *stated* for it; nothing where all is well."""
    for separator, order in proofs(found).items():
        if stated in ("dmy", "mdy") and order != stated:
            cell = (found.first_over_12 if order == "dmy" else found.second_over_12)[separator][0]
            other: Order = "mdy" if order == "dmy" else "dmy"
            return f"{cell!r} is {_name(order)}, not {_name(other)} as stated beforehand"
    return ""


def contrary(found: DateScan, stated: Order) -> str:
    """Which cells cannot be in the order that was *stated*, though the column as a whole may; "" for none."""
    odd = found.second_over_12 if stated == "dmy" else found.first_over_12
    cells = [cell for those in odd.values() for cell in those]
    if not cells:
        return ""
    return (
        f"{len(cells)} value{'s' * (len(cells) > 1)} such as {cells[0]!r} cannot be {_name(stated)}, as stated "
        "beforehand, and may show that others are meant the other way round"
    )


def _name(order: Order) -> str:
    return "day first" if order == "dmy" else "month first"
