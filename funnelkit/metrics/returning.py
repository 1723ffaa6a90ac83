"""Customers in a period and in the same one a year before: who paid again, and how much of it.

Worked out customer by customer, on the engine, since totals cannot tell less from one from more from
another. Only one number for each question and period comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.windows import Window
from funnelkit.periods import Calendar, Period, compare

if TYPE_CHECKING:
    from funnelkit.collect import Frame

_AT_ONCE = 30
"""Each period takes a dozen columns; engines slow down over some hundred."""
_BEFORE, _NOW, _DAYS, _BOUGHT = "_before", "_now", "_days", "_bought"


def counted(payments: Frame, windows: Iterable[Window], as_of: int) -> dict[Window, Mapping[str, int]]:
    """For each of *windows* what `language.OF_CUSTOMERS` names, of *payments* with customer, paid_at and net.

    Amounts are in the smallest unit of ``net``. Of a window with everything only the payments of all
    time are counted, since nothing is a year before it.
    """
    several = list(dict.fromkeys(windows))
    daily = payments.filter(~nw.col("customer").is_null() & ~nw.col("paid_at").is_null())
    # What was given away counts as bought; what was paid back as a whole, or is a refund itself, does not.
    bought = (nw.col("net") > 0) | (nw.col("amount") == 0).fill_null(False)
    daily = daily.with_columns(_number(bought).alias(_BOUGHT))
    daily = daily.group_by("customer", "paid_at").agg(nw.col("net").sum(), nw.col(_BOUGHT).sum())
    found: dict[Window, Mapping[str, int]] = {}
    for first in range(0, len(several), _AT_ONCE):
        some = several[first : first + _AT_ONCE]
        asked = _asked(_people(daily, some, as_of), len(some))
        (row,) = collect.rows(asked)
        values = iter(row)
        found |= {window: {word: int(next(values) or 0) for word in _WORDS} for window in some}
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


def _asked(people: Frame, windows: int) -> Frame:
    """One row with the answers for each window, in the order of ``_WORDS``."""
    columns = {f"{word}{i}": e for i in range(windows) for word, e in _answers(i)}
    return people.with_columns(**columns).select(*(nw.col(c).sum() for c in columns))


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
    yield "repeating", _number(days > 1)


def _number(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(0)


_WORDS = [word for word, _ in _answers(0)]
