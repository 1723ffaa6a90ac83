"""Customers by when they first paid: who pays again at each age, and how much, counted by the engine.

Who paid in a piece of the calendar is settled per customer first, so that nobody counts twice in it; only the sums
by cohort and age leave the engine. A cohort is the piece of the first payment, an age the pieces since then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.metrics import placing
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods import Calendar
from funnelkit.periods.grains import piece, serial

if TYPE_CHECKING:
    from funnelkit.collect import Frame

CUSTOMERS, REVENUE = "acquired", "revenue_acquired"
"""What is counted of those who first paid in a window of whole months, up to the age that all have reached."""
WORDS = (CUSTOMERS, REVENUE)
VARIED = ("revenue_acquired_squares", "revenue_acquired_least")
"""How far what these customers paid varies: the sum of squares of it, and the least."""
_AT_ONCE = 12
"""So many windows are asked for in one question."""
_SPLIT = 1 << 20
"""Amounts are multiplied in two halves, so that sums of their products stay below 64 bits."""
_NET, _ACTIVE, _FIRST, _CUSTOMERS = "net", "_active", "_first", "_customers"


class Cells(Struct, frozen=True):
    """What was counted, by cohort and age."""

    payers: Mapping[tuple[int, int], int]
    amounts: Mapping[tuple[int, int], int]
    never: int
    """Customers of whom there are only refunds."""

    def active(self, cohort: int, age: int) -> int:
        """How many of its customers paid at the age."""
        return self.payers.get((cohort, age), 0)

    def net(self, cohort: int, age: int) -> int:
        """What they paid then less refunds, in the smallest unit."""
        return self.amounts.get((cohort, age), 0)

    def size(self, cohort: int) -> int:
        """How many customers paid first in it."""
        return self.active(cohort, 0)

    def so_far(self, cohort: int, age: int) -> int:
        """What its customers have paid up to the end of the age, in the smallest unit."""
        return sum(self.net(cohort, earlier) for earlier in range(age + 1))


def bought() -> nw.Expr:
    """Whether a payment counts as one: what was given away does; what was paid back as a whole, or is a refund, does not."""
    return (nw.col("net") > 0) | (nw.col("amount") == 0).fill_null(False)


def cells(payments: Frame, timeline: Timeline) -> Cells:
    """Those of *payments*, all with a customer and a day; cohorts and ages are counted in pieces of *timeline*."""
    paid = _by_customer(payments, timeline)
    sums = paid.group_by(_FIRST, placing.PIECE).agg(
        nw.col(_NET).sum(), nw.col(_ACTIVE).sum(), nw.len().alias(_CUSTOMERS)
    )
    payers: dict[tuple[int, int], int] = {}
    amounts: dict[tuple[int, int], int] = {}
    never = 0
    columns = collect.columns(sums)
    for first, place, amount, paying, customers in zip(
        *(columns[name] for name in (_FIRST, placing.PIECE, _NET, _ACTIVE, _CUSTOMERS)), strict=True
    ):
        if first is None:
            never += int(customers)
            continue
        # A refund of what was paid before the files begin is of the first age.
        at = (int(first) - 1, max(int(place) - int(first), 0))
        payers[at] = payers.get(at, 0) + int(paying)
        amounts[at] = amounts.get(at, 0) + int(amount)
    return Cells(payers, amounts, never)


def _by_customer(payments: Frame, timeline: Timeline) -> Frame:
    """What each customer paid in each piece of *timeline*, whether they bought in it, and the piece of their first payment."""
    rows = placing.placed(payments, "paid_at", timeline)
    rows = rows.with_columns(_flag(bought()).alias(_ACTIVE))
    rows = rows.select("customer", placing.PIECE, _NET, _ACTIVE)
    each = rows.group_by("customer", placing.PIECE).agg(nw.col(_NET).sum(), nw.col(_ACTIVE).sum())
    each = each.with_columns(_flag(nw.col(_ACTIVE) > 0).alias(_ACTIVE))
    paid = each.with_columns(nw.when(nw.col(_ACTIVE) == 1).then(nw.col(placing.PIECE)).alias(_FIRST))
    return paid.with_columns(nw.col(_FIRST).min().over("customer"))


def age(window: Window, as_of: int) -> int | None:
    """The months after that of the first payment that all who first paid in *window* have behind them.

    None where it is not whole months, or not even the month of the last first payments is over.
    """
    if not window.months or window.end > as_of:
        return None
    over = _month(as_of) if _piece(_month(as_of)).end <= as_of else _month(as_of) - 1
    return over - _month(window.end)


def counted(payments: Frame, windows: Iterable[Window], as_of: int) -> dict[Window, Mapping[str, int]]:
    """For each of *windows* that has an age what ``WORDS`` names, of *payments* with customer, paid_at and net."""
    known = payments.filter(~nw.col("customer").is_null() & ~nw.col("paid_at").is_null())
    aged = {window: old for window in windows if (old := age(window, as_of)) is not None}
    ends = collect.extent(known, "paid_at") if aged else None
    if ends is None:
        return {}
    first = _month(ends[0])
    months = [_piece(number) for number in range(first, _month(max(ends[1], as_of)) + 1)]
    timeline = Timeline(months, as_of)
    found = cells(known, timeline)
    apart = {window: (_cohorts(window, first), old) for window, old in aged.items()}
    varied = _varied(_by_customer(known, timeline), [*apart.values()])
    return {
        window: {**_of(found, cohorts, old), **dict(zip(VARIED, varied[i], strict=True))}
        for i, (window, (cohorts, old)) in enumerate(apart.items())
    }


def _cohorts(window: Window, first: int) -> range:
    """The months of *window*, counted from the month *first* on."""
    return range(_month(window.start) - first, _month(window.end) - first + 1)


def _varied(paid: Frame, asked: Sequence[tuple[range, int]]) -> list[tuple[int, int]]:
    """``VARIED`` of the customers of each range of cohorts up to an age, from what is known of them by piece."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(asked), _AT_ONCE):
        found += _varied_of(paid, asked[start : start + _AT_ONCE])
    return found


def _varied_of(paid: Frame, asked: Sequence[tuple[range, int]]) -> list[tuple[int, int]]:
    cohort, since = nw.col(_FIRST) - 1, nw.col(placing.PIECE) - nw.col(_FIRST)
    nets: dict[str, Any] = {}
    for i, (cohorts, old) in enumerate(asked):
        counts = (cohort >= cohorts.start) & (cohort < cohorts.stop) & (since <= old)
        nets[f"net{i}"] = nw.when(counts).then(nw.col(_NET)).otherwise(0)
        nets[f"is{i}"] = _flag(counts.fill_null(False))
    people = paid.with_columns(**nets).group_by("customer").agg(*(nw.col(c).sum() for c in nets))
    halves: dict[str, Any] = {}
    products: dict[str, Any] = {}
    for i in range(len(asked)):
        low, high = nw.col(f"low{i}"), nw.col(f"high{i}")
        halves[f"low{i}"] = nw.col(f"net{i}") % _SPLIT
        halves[f"high{i}"] = (nw.col(f"net{i}") - nw.col(f"net{i}") % _SPLIT) // _SPLIT
        products |= {f"hh{i}": high * high, f"hl{i}": high * low, f"ll{i}": low * low}
        products[f"of{i}"] = nw.when(nw.col(f"is{i}") > 0).then(nw.col(f"net{i}"))
    made = people.with_columns(**halves).with_columns(**products)
    sums = [nw.col(f"{name}{i}").sum() for i in range(len(asked)) for name in ("hh", "hl", "ll")]
    least = [nw.col(f"of{i}").min() for i in range(len(asked))]
    (row,) = collect.rows(made.select(*sums, *least))
    cells = [int(value or 0) for value in row]
    return [
        (
            cells[3 * i] * _SPLIT * _SPLIT + 2 * cells[3 * i + 1] * _SPLIT + cells[3 * i + 2],
            cells[3 * len(asked) + i],
        )
        for i in range(len(asked))
    ]


def _of(found: Cells, cohorts: range, old: int) -> Mapping[str, int]:
    return {
        CUSTOMERS: sum(map(found.size, cohorts)),
        REVENUE: sum(found.so_far(cohort, old) for cohort in cohorts),
    }


_PLAIN = Calendar()
"""Months of the calendar, as ``Window.months`` counts them."""


def _month(day: int) -> int:
    return serial(day, "month", _PLAIN)


def _piece(number: int) -> Window:
    found = piece(number, "month", _PLAIN)
    return Window(start=found.start, end=found.end)


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(0)
