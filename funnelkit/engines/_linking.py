"""Linking in memory: rows numbered in their order, found again by keys, and the first of each customer.

Part of the pandas engine. Columns are taken out of the frames once and worked on as arrays and lists:
one dictionary look-up for each row costs less than any join.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from funnelkit.plans import LinkKey

Numbers = np.ndarray[Any, np.dtype[np.int64]]
NONE = np.iinfo(np.int64).max
"""Stands for a missing whole number: it is sorted last, and no smallest one is it."""
_FILES = ("source_file", "source_row")


def whole(frame: pd.DataFrame, column: str) -> Numbers:
    """A column of whole numbers as an array, missing as ``NONE``."""
    numbers: Numbers = frame[column].to_numpy(dtype=np.int64, na_value=NONE)
    return numbers


def cells(column: Any) -> list[Any]:
    """A column as a list, missing as None."""
    found: list[Any] = column.to_numpy(dtype=object, na_value=None).tolist()
    return found


def nullable(numbers: Numbers) -> Any:
    """*numbers* as a column in which ``NONE`` is missing."""
    missing = numbers == NONE
    return pd.arrays.IntegerArray(np.where(missing, 0, numbers), missing)


def numbered(frame: pd.DataFrame, name: str, date: str, key: str) -> pd.DataFrame:
    """*frame* in the order of *date*, then *key*, then of all it holds; *name* counts its rows."""
    keys = cells(frame[key]) if key in frame.columns else [None] * len(frame)
    days = whole(frame, date) if date in frame.columns else np.zeros(len(frame), dtype=np.int64)
    own: list[Any] = [(k is None, k or "") for k in keys] if None in keys else keys
    by_key = np.array(sorted(range(len(frame)), key=own.__getitem__), dtype=int)
    in_order = by_key[np.argsort(days[by_key], kind="stable")]
    if len(set(keys)) < len(keys):
        settled = _ties_settled(frame, in_order.tolist(), lambda row: (int(days[row]), keys[row]))
        in_order = np.array(settled, dtype=int)
    found = frame.take(in_order).reset_index(drop=True)
    found[name] = nullable(np.arange(len(found), dtype=np.int64))
    return found


def _ties_settled(frame: pd.DataFrame, order: list[int], place: Callable[[int], object]) -> list[int]:
    """*order* with rows of the same *place* in the order of all their cells, so that no file's order counts."""
    places = list(map(place, order))
    tied = [i for i in range(1, len(order)) if places[i] == places[i - 1]]
    if not tied:
        return order
    rows = sorted({order[i] for t in tied for i in (t - 1, t)})
    columns = (cells(frame[c].take(rows)) for c in sorted(set(frame.columns) - set(_FILES)))
    whole_row = dict(zip(rows, map(comparable, zip(*columns, strict=True)), strict=True))
    first = {p: i for i, p in reversed(list(enumerate(places)))}
    return sorted(order, key=lambda row: (first[place(row)], whole_row.get(row, ())))


def comparable(cells: Sequence[Any], *, missing: bool = True) -> tuple[tuple[bool, Any], ...]:
    """*cells* to be put in order; *missing* ones last, or first where it is False."""
    return tuple(((cell is None) is missing, 0 if cell is None else cell) for cell in cells)


def leads_of(
    leads: pd.DataFrame, deals: pd.DataFrame, keys: Sequence[LinkKey]
) -> tuple[Numbers, dict[str, int]]:
    """For each of *deals* the number of its lead, by the first of *keys* that tells; and how many each told."""
    found: list[int | None] = [None] * len(deals)
    matched: dict[str, int] = {}
    missing = len(deals)
    for key in keys:
        if key.lead not in leads.columns or key.deal not in deals.columns:
            continue
        asked = cells(deals[key.deal])
        known = _known(key, cells(leads[key.lead]), asked)
        # A key is judged by all deals, also by those that a stronger key has linked already.
        found = [known.get(a) if f is None else f for f, a in zip(found, asked, strict=True)]
        left = found.count(None)
        matched[key.name], missing = missing - left, left
    return np.array([NONE if f is None else f for f in found], dtype=np.int64), matched


def _known(key: LinkKey, of_leads: Sequence[str | None], of_deals: Sequence[str | None]) -> dict[Any, int]:
    """Value of *key* -> the earliest lead that has it, where the value can mean only one."""
    last = len(of_leads) - 1
    known: dict[Any, int] = dict(zip(reversed(of_leads), range(last, -1, -1), strict=True))
    known.pop(None, None)
    if key.several_leads or len(known) == len(of_leads) - of_leads.count(None):
        return known
    several = {value for value, n in Counter(of_leads).items() if n > 1}
    if key.one_side:
        several &= {value for value, n in Counter(of_deals).items() if n > 1}
    return {value: lead for value, lead in known.items() if value not in several} if several else known


def named(frame: pd.DataFrame, keys: Sequence[tuple[str, str]], target: str) -> pd.DataFrame:
    """*frame* with a text *target*: name and value of the first of *keys* that the row has."""
    names: list[str | None] = [None] * len(frame)
    for name, column in keys:
        if column in frame.columns and None in names:
            names = [
                (None if c is None else f"{name}:{c}") if n is None else n
                for n, c in zip(names, cells(frame[column]), strict=True)
            ]
    return frame.assign(**{target: pd.array(names, dtype="str")})


def customers(deals: pd.DataFrame) -> pd.DataFrame:
    """One row per customer, by name: first_won_at, _lead and _first of its new wins, revenue of all its wins."""
    won = deals[(deals["status"] == "won").to_numpy(dtype=bool, na_value=False)]
    codes, names = pd.factorize(np.array(cells(won["customer"]), dtype=object), sort=True)
    new = whole(won, "is_new") == 1
    columns: dict[str, Any] = {"customer": pd.array(names, dtype="str")}
    for target, source in (("_lead", "_lead"), ("first_won_at", "closed_at"), ("_first", "_deal")):
        if source in won.columns:
            columns[target] = nullable(_smallest(len(names), codes[new], whole(won, source)[new]))
    if "amount" in won.columns:
        revenue = np.zeros(len(names), dtype=np.int64)
        np.add.at(revenue, codes, won["amount"].to_numpy(dtype=np.int64, na_value=0))
        columns["revenue"] = nullable(revenue)
    # Who only renewed became a customer before these files begin.
    made = np.zeros(len(names), dtype=bool)
    made[codes[new]] = True
    return pd.DataFrame(columns)[made].reset_index(drop=True)


def _smallest(size: int, places: Any, numbers: Numbers) -> Numbers:
    """The smallest of *numbers* at each of *size* places; ``NONE`` where there is none."""
    found: Numbers = np.full(size, NONE, dtype=np.int64)
    np.minimum.at(found, places, numbers)
    return found


def outcomes(leads: pd.DataFrame, deals: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """*leads* with has_deal, deal_created_at, has_won and won_at, of their deals and of the customers *found*."""
    size = len(leads)
    columns: dict[str, Any] = {}
    for flag, day, rows, source in (
        ("has_deal", "deal_created_at", deals, "created_at"),
        ("has_won", "won_at", found, "first_won_at"),
    ):
        lead = whole(rows, "_lead")
        known = lead != NONE
        columns[flag] = np.zeros(size, dtype=np.int64)
        columns[flag][lead[known]] = 1
        if source in rows.columns:
            columns[day] = nullable(_smallest(size, lead[known], whole(rows, source)[known]))
    if {"deal_id"} <= set(leads.columns) & set(deals.columns):
        # Every lead that names a deal which is loaded has it, not only the earliest of them.
        loaded = set(cells(deals["deal_id"])) - {None}
        columns["has_deal"] |= np.array([d in loaded for d in cells(leads["deal_id"])], dtype=np.int64)
    return leads.assign(**columns)


def looked_up(
    frame: pd.DataFrame, number: str, other: pd.DataFrame, columns: Mapping[str, str]
) -> pd.DataFrame:
    """*frame* with *columns* (target -> source) of the row of *other* that its column *number* names."""
    rows = whole(frame, number)
    positions = np.where(rows == NONE, -1, rows)
    taken = {
        target: other[source].array.take(positions, allow_fill=True) for target, source in columns.items()
    }
    return frame.assign(**taken)
