"""The default engine: pandas frames in memory.

Cells are kept once per different value, with a code per row: deciding and converting then work
on the values and not on the rows. Imported only when rows are read, so pandas stands at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from funnelkit import collect
from funnelkit.engines import Aside, BadCells, Cells, Converted, Repeated, _linking, no_address
from funnelkit.engines._coded import Coding, PandasText
from funnelkit.engines._coded_cells import asides, bad_cells, typed
from funnelkit.engines._coded_rules import hits, promising
from funnelkit.plans import LinkKey, TablePlan

_FILES = ("source_file", "source_row")


class PandasEngine:
    """Frames as pandas DataFrames."""

    streams = False

    def close(self) -> None:
        """Nothing: what is held goes with the frames."""

    def head(self, address: str) -> bytes:
        """Nothing: files are opened by their paths here."""
        raise no_address(address)

    def text(self, cells: Cells) -> PandasText:
        """Hold the text of *cells*; rows that do not have the width of the header are set aside."""
        coding = Coding(cells.places, cells.width)
        for batch in cells.batches():
            coding.add(batch)
        return coding.done()

    def convert(self, text: PandasText, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""
        used = np.ones(len(text.lines), dtype=bool)
        aside = list(text.aside)
        hopes = promising(text, plan.rules)
        for rule in plan.rules:
            hit = hits(text, rule, hopes) & used
            if hit.any():
                aside.append(
                    Aside(reason=rule.reason, message=rule.message, lines=tuple(text.lines[hit].tolist()))
                )
                used &= ~hit
        data: dict[str, Any] = {}
        bad: list[BadCells] = []
        for column in plan.columns:
            array, wrong = typed(text.columns[column.header], column)
            data[column.target] = array
            if column.required != "no":
                lost = (wrong | pd.isna(array) if column.required == "present" else wrong) & used
                aside += asides(text, column, lost, wrong)
                used &= ~lost
            elif (wrong & used).any():
                bad.append(bad_cells(text, column, wrong & used))
        data |= {name: pd.array([value] * len(used), dtype="str") for name, value in plan.constants.items()}
        frame = pd.DataFrame(data, index=range(len(used)))
        frame["source_row"] = text.lines
        return Converted(
            frame=frame[used].reset_index(drop=True), rows=text.rows, aside=tuple(aside), bad=tuple(bad)
        )

    def from_parquet(self, path: Path) -> pd.DataFrame:
        """The canonical frame in the Parquet file at *path*."""
        # Only kept tables need it, and what writes SQL with it.
        from funnelkit.engines import _parquet

        return _parquet.in_memory(path)

    def label(
        self, frame: pd.DataFrame, columns: Sequence[str], label: Callable[..., str], target: str
    ) -> tuple[pd.DataFrame, frozenset[str]]:
        """*frame* with a text column *target*: *label* of the values of *columns*; and all labels."""
        known = {name: column for name in columns if (column := _words(frame, name)) is not None}
        if len(known) == 1:
            ((name, (rows, values)),) = known.items()
            labels = [label(**{name: value}) for value in values]
        else:
            key = np.zeros(len(frame), dtype=np.int64)
            for codes, values in known.values():
                key = key * (len(values) + 1) + codes
            _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
            rows = inverse.reshape(-1)
            labels = [
                label(**{name: values[codes[row]] for name, (codes, values) in known.items()})
                for row in first
            ]
        return frame.assign(**{target: pd.array(labels, dtype="str").take(rows)}), frozenset(labels)

    def concat(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """The rows of several frames under the union of their columns."""
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def one_per_key(
        self, frame: pd.DataFrame, key: str, order: Sequence[str]
    ) -> tuple[pd.DataFrame, dict[str, Repeated]]:
        """One row per value of *key*: the one that is last in the *order* of its columns."""
        several = frame[key].duplicated(keep=False) & frame[key].notna()
        if not several.any():
            return frame, {}
        repeated = frame[several]
        columns = [_linking.cells(repeated[c]) for c in (key, *order, *_FILES)]
        rows = [_linking.comparable(row, missing=False) for row in zip(*columns, strict=True)]
        best: dict[Any, int] = {}
        for row in range(len(rows)):
            other = best.setdefault(rows[row][0], row)
            if rows[row] > rows[other]:
                best[rows[row][0]] = row
        dropped = repeated.index.delete(sorted(best.values()))
        return _without(frame, dropped), _lines_by_file(frame.loc[dropped])

    def one_per_report(
        self, frame: pd.DataFrame, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[pd.DataFrame, dict[str, Repeated], tuple[str, str, str] | None]:
        """Rows that two files have in common, once."""
        groups = frame.groupby(list(key), dropna=False, sort=False).ngroup()
        files = frame["source_file"]
        shared = files.groupby(groups).transform("nunique") > 1
        if not shared.any():
            return frame, {}, None
        sums = frame[shared].groupby([groups[shared], files[shared]], sort=False)[list(figures)].sum()
        if not keep_last:
            unequal = sums.groupby(level=0).nunique().gt(1).any(axis=1)
            if unequal.any():
                group = unequal.index[unequal][0]
                names = list(dict.fromkeys(files[groups == group]))
                return (
                    frame,
                    {},
                    (names[0], names[1], described({c: frame[c][groups == group].iloc[0] for c in key})),
                )
        order = files.map({name: i for i, name in enumerate(dict.fromkeys(files))})
        kept = order.groupby(groups).transform("max" if keep_last else "min")
        dropped = frame.index[shared & (order != kept)]
        return _without(frame, dropped), _lines_by_file(frame.loc[dropped]), None

    def twins(self, frame: pd.DataFrame, without: str | None) -> int:
        """How many rows equal an earlier row in every canonical column."""
        asked = frame[frame[without].isna()] if without else frame
        return int(asked.drop(columns=["source_file", "source_row"]).duplicated().sum())

    def numbered(
        self, frame: pd.DataFrame, name: str, date: str, key: str, only: tuple[str, str] | None = None
    ) -> pd.DataFrame:
        """*frame* in the order of *date*, then *key*, then of all cells, with the number *name*."""
        return _linking.numbered(frame, name, date, key)

    def linked(
        self, leads: pd.DataFrame, deals: pd.DataFrame, keys: Sequence[LinkKey], columns: Sequence[str]
    ) -> tuple[pd.DataFrame, pd.DataFrame, Callable[[pd.DataFrame], Mapping[str, int]]]:
        """The people among *leads*, *deals* with ``_lead``, and what tells how many each of *keys* linked."""
        people = _linking.numbered(leads, "_lead", "created_at", "lead_id") if keys else leads
        numbers, matched = _linking.leads_of(people, deals, keys)
        return people, deals.assign(_lead=_linking.nullable(numbers)), lambda _: matched

    def named(self, frame: pd.DataFrame, keys: Sequence[tuple[str, str]], target: str) -> pd.DataFrame:
        """*frame* with the text *target*: the first of *keys* that the row has."""
        return _linking.named(frame, keys, target)

    def customers(self, deals: pd.DataFrame) -> pd.DataFrame:
        """One row per customer of the won *deals*."""
        return _linking.customers(deals)

    def outcomes(
        self, leads: pd.DataFrame, people: pd.DataFrame, deals: pd.DataFrame, customers: pd.DataFrame
    ) -> pd.DataFrame:
        """*leads*, who are all of *people*, with what became of them."""
        done = _linking.outcomes(people, deals, customers)
        return done[[c for c in done.columns if c in leads.columns or c not in people.columns]]

    def looked_up(
        self, frame: pd.DataFrame, number: str, other: pd.DataFrame, columns: Mapping[str, str]
    ) -> pd.DataFrame:
        """*frame* with *columns* of the rows of *other* that *number* names."""
        return _linking.looked_up(frame, number, other, columns)

    def strung(
        self, frame: pd.DataFrame, by: Sequence[str], order: Sequence[str], columns: Sequence[str]
    ) -> pd.DataFrame:
        """One row for each value of *by*: the texts of *columns* in their *order*, joined."""
        groups = frame.sort_values([*by, *order], kind="stable").groupby(list(by), sort=False)
        return groups[list(columns)].agg(collect.SEPARATOR.join).reset_index()

    def progress(self) -> None:
        """Nobody can say."""

    def held(self, frame: pd.DataFrame) -> pd.DataFrame:
        """*frame*, which is in memory already."""
        return frame

    def in_memory(self, frame: pd.DataFrame) -> pd.DataFrame:
        """*frame*, which is one of pandas."""
        return frame

    def convert_money(
        self, frame: pd.DataFrame, columns: Sequence[str], by: Sequence[str], factor: Callable[..., Fraction]
    ) -> pd.DataFrame:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""
        changed = {c: frame[c].astype(object).copy() for c in columns}
        for values, rows in frame.groupby(list(by), dropna=False, sort=False).indices.items():
            rate = factor(*(values if isinstance(values, tuple) else (values,)))
            for column in columns:
                cells = frame[column].iloc[rows]
                changed[column].iloc[rows] = [None if pd.isna(v) else round(int(v) * rate) for v in cells]
        return frame.assign(**{c: v.astype("Int64") for c, v in changed.items()})


def _without(frame: pd.DataFrame, rows: pd.Index[int]) -> pd.DataFrame:
    """*frame*, numbered from 0 on, without *rows*, which are called by their numbers: earlier steps may have left gaps."""
    return frame.drop(index=rows).reset_index(drop=True)


def _lines_by_file(rows: pd.DataFrame) -> dict[str, Repeated]:
    found: dict[str, list[int]] = {}
    for name, line in zip(rows["source_file"].tolist(), rows["source_row"].tolist(), strict=True):
        found.setdefault(name, []).append(line)
    return {name: Repeated(lines=tuple(found[name])) for name in sorted(found)}


def described(row: Mapping[str, Any]) -> str:
    """The name and the days of an ad row, given the cells of its key, for a message."""
    filled = {c: cell for c, cell in row.items() if pd.notna(cell)}
    name = next((str(filled[c]) for c in ("campaign", "source", "channel") if c in filled), "a row")
    if "start" not in filled:
        return repr(name)
    days = [pd.Timestamp(int(filled[c]), unit="D").date().isoformat() for c in ("start", "end")]
    return f"{name!r} on {days[0]}" if days[0] == days[1] else f"{name!r} from {days[0]} to {days[1]}"


def _words(frame: pd.DataFrame, name: str) -> tuple[Any, list[str]] | None:
    """Codes and values of a text column, missing as an empty text."""
    if name not in frame.columns:
        return None
    # Iterating over an object array is ten times as fast as over a pandas string array.
    codes, values = pd.factorize(frame[name].fillna("").to_numpy(dtype=object))
    return codes, values.tolist()
