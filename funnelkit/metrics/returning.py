"""Customers in a period and in the same one a year before: who paid again, and how much of it.

Worked out customer by customer, on the engine, since totals cannot tell less from one from more from
another. Only one number for each question and period comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.firstpaid import bought
from funnelkit.metrics.windows import Window
from funnelkit.periods import Calendar, Period, compare

if TYPE_CHECKING:
    from funnelkit.collect import Frame

_AT_ONCE, _AT_ONCE_WITH_PRODUCTS = 30, 12
"""Each period takes a dozen columns, or more than two; engines slow down over some hundred."""
_BEFORE, _NOW, _DAYS, _BOUGHT = "_before", "_now", "_days", "_bought"


PRODUCTS = ("before_before", "least_least", "more_more", "before_least", "before_more", "paying_paying")
"""Sums over customers of the products of two amounts."""
_MADE_OF = {
    "revenue_before": ("before",),
    "revenue_least": ("least",),
    "revenue_more": ("more",),
    "revenue_now": ("least", "more"),
    "revenue_paying": ("paying",),
}
MADE_OF_TWO_YEARS = (
    "before",
    "kept",
    "more",
    "revenue_before",
    "revenue_least",
    "revenue_now",
    "revenue_more",
)
"""What is counted of the period and of the same one a year before."""
_HALVES = ("_upper", "_mixed", "_lower")
_SPLIT = 1 << 20
"""Amounts are multiplied in two halves of their numbers, so that no sum overflows 64 bits."""


def counted(
    payments: Frame, windows: Iterable[Window], as_of: int, *, products: bool = False
) -> dict[Window, Mapping[str, int]]:
    """For each of *windows* what `language.OF_CUSTOMERS` names, of *payments* with customer, paid_at and net.

    With *products* also what ``PRODUCTS`` names. Amounts are in the smallest unit of ``net``. Of a window with everything only the payments of all
    time are counted, since nothing is a year before it.
    """
    several = list(dict.fromkeys(windows))
    daily = payments.filter(~nw.col("customer").is_null() & ~nw.col("paid_at").is_null())
    daily = daily.with_columns(_number(bought()).alias(_BOUGHT))
    daily = daily.group_by("customer", "paid_at").agg(nw.col("net").sum(), nw.col(_BOUGHT).sum())
    found: dict[Window, Mapping[str, int]] = {}
    at_once = _AT_ONCE_WITH_PRODUCTS if products else _AT_ONCE
    for first in range(0, len(several), at_once):
        some = several[first : first + at_once]
        asked = _asked(_people(daily, some, as_of), len(some), products=products)
        (row,) = collect.rows(asked)
        values = iter([int(value or 0) for value in row])
        for window in some:
            words = {word: next(values) for word in _WORDS}
            if products:
                words |= {word: _whole(*(next(values) for _ in _HALVES)) for word in PRODUCTS}
            found[window] = words
    return found


def product(first: str, second: str, counted: Callable[[str], int]) -> int:
    """The sum over customers of the products of two amounts, by their words, from what was *counted*."""
    if "paying" in (first, second):
        # Each customer counts as 1.
        return counted(second if first == "paying" else first)
    found = 0
    for a in _MADE_OF[first]:
        for b in _MADE_OF[second]:
            pair = sorted((a, b))
            if pair == ["least", "more"]:
                # Who pays more has paid before what is the least of both.
                pair = ["before", "more"]
            found += counted("_".join(pair))
    return found


def _people(daily: Frame, windows: Sequence[Window], as_of: int) -> Frame:
    """One row per customer: for each window what was paid in it and a year before, and on how many days."""
    columns: dict[str, nw.Expr] = {}
    for i, window in enumerate(windows):
        now, before = seen(window, as_of)
        inside = nw.lit(True) if window.everything else _between(now)
        earlier = nw.lit(False) if before is None else _between(before)
        columns[f"{_NOW}{i}"] = nw.when(inside).then(nw.col("net")).otherwise(0)
        columns[f"{_BEFORE}{i}"] = nw.when(earlier).then(nw.col("net")).otherwise(0)
        columns[f"{_DAYS}{i}"] = nw.when(inside & (nw.col(_BOUGHT) > 0)).then(nw.lit(1)).otherwise(0)
    placed = daily.with_columns(**columns)
    return placed.group_by("customer").agg(*(nw.col(c).sum() for c in columns))


def seen(window: Window, as_of: int) -> tuple[Window, Window | None]:
    """The days of *window* that the data know of, and as many of the same ones a year before."""
    if window.everything:
        return window, None
    whole = Period(start=window.start, end=window.end, label="")
    before = compare(whole, "yoy", as_of=as_of, calendar=Calendar())
    if window.end <= as_of:
        return window, Window(start=before.start, end=before.end)
    days = max(as_of - window.start, 0)
    return Window(start=window.start, end=as_of), Window(start=before.start, end=before.start + days)


def _between(window: Window) -> nw.Expr:
    return (nw.col("paid_at") >= window.start) & (nw.col("paid_at") <= window.end)


def _asked(people: Frame, windows: int, *, products: bool) -> Frame:
    """One row with the answers for each window, in the order of ``_WORDS``, each with ``PRODUCTS`` behind if asked."""
    columns = {f"{word}{i}": e for i in range(windows) for word, e in _answers(i)}
    answered = people.with_columns(**columns)
    order = []
    for i in range(windows):
        order += [f"{word}{i}" for word in _WORDS]
        order += [f"{name}{half}{i}" for name in PRODUCTS for half in _HALVES] if products else []
    if products:
        halves = {name: e for i in range(windows) for name, e in _halved(i)}
        answered = answered.with_columns(**halves)
        answered = answered.with_columns(**{name: e for i in range(windows) for name, e in _multiplied(i)})
    return answered.select(*(nw.col(c).sum() for c in order))


def _halved(i: int) -> Iterator[tuple[str, nw.Expr]]:
    """The amounts in two halves of their numbers."""
    for name in ("before", "least", "more", "paying"):
        low = nw.col(f"revenue_{name}{i}") % _SPLIT
        yield f"{name}_low{i}", low
        yield f"{name}_high{i}", (nw.col(f"revenue_{name}{i}") - low) // _SPLIT


def _multiplied(i: int) -> Iterator[tuple[str, nw.Expr]]:
    for name in PRODUCTS:
        one, other = name.split("_")
        high, low = ((nw.col(f"{one}_{half}{i}"), nw.col(f"{other}_{half}{i}")) for half in ("high", "low"))
        yield f"{name}_upper{i}", high[0] * high[1]
        yield f"{name}_mixed{i}", high[0] * low[1] + low[0] * high[1]
        yield f"{name}_lower{i}", low[0] * low[1]


def _whole(upper: int, mixed: int, lower: int) -> int:
    return upper * _SPLIT * _SPLIT + mixed * _SPLIT + lower


def _answers(i: int) -> Iterator[tuple[str, nw.Expr]]:
    before, now, days = (nw.col(f"{name}{i}") for name in (_BEFORE, _NOW, _DAYS))
    base = before > 0
    paid = nw.when(now > 0).then(now).otherwise(0)
    yield "before", _number(base)
    yield "kept", _number(base & (now > 0))
    yield "more", _number(base & (now > before))
    yield "revenue_before", nw.when(base).then(before).otherwise(0)
    yield "revenue_least", nw.when(base & (now < before)).then(paid).when(base).then(before).otherwise(0)
    yield "revenue_now", nw.when(base).then(paid).otherwise(0)
    yield "revenue_more", nw.when(base & (now > before)).then(now - before).otherwise(0)
    yield "paying", _number(days > 0)
    yield "revenue_paying", nw.when(days > 0).then(now).otherwise(0)
    yield "repeating", _number(days > 1)


def _number(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(0)


_WORDS = [word for word, _ in _answers(0)]
