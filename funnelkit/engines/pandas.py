"""The default engine: pandas frames in memory.

Cells are kept once per different value, with a code per row: deciding and converting then work
on the values and not on the rows. Imported only when rows are read, so pandas stands at the top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from funnelkit import bulk
from funnelkit.engines import Aside, BadCells, Converted, Record
from funnelkit.styles import BAD, ColumnPlan, DateStyle, NumberStyle, RowRule, TablePlan

_INT64_MAX = 2**63 - 1


@dataclass(frozen=True)
class _Coded:
    codes: np.ndarray[Any, np.dtype[np.intp]]
    values: list[str]


@dataclass(frozen=True)
class PandasText:
    """Text cells as codes into the different values of each column."""

    columns: Mapping[str, _Coded]
    lines: np.ndarray[Any, np.dtype[np.int64]]
    aside: tuple[Aside, ...] = field(default=())

    @property
    def rows(self) -> int:
        """How many records there are, those set aside while reading included."""
        return len(self.lines) + sum(len(a.lines) for a in self.aside)

    def distinct(self, header: str) -> Sequence[str]:
        """The different cells of one column."""
        return self.columns[header].values


class PandasEngine:
    """Frames as pandas DataFrames."""

    def text(self, records: Iterable[Record], headers: Mapping[str, int], width: int) -> PandasText:
        """Hold the columns *headers* of *records*; rows that do not fit *width* are set aside."""
        found = list(records)
        lines = [line for line, _ in found]
        rows = [cells for _, cells in found]
        odd: dict[str, list[int]] = {"blank": [], "footer": [], "ragged": []}
        needed = 1 + max(headers.values(), default=0)
        strange = [i for i, cells in enumerate(rows) if len(cells) != width or not any(cells)]
        for i in reversed(strange):
            if kind := _oddity(rows[i], width, needed):
                odd[kind].append(lines.pop(i))
                rows.pop(i)
        for _ in range(_padded_footer(rows) if width > 2 else 0):
            rows.pop()
            odd["footer"].append(lines.pop())
        coded = {name: _code(_cells(rows, i)) for name, i in headers.items()}
        aside = tuple(
            Aside(reason=reason, message=_ODD[reason], lines=tuple(sorted(found)))
            for reason, found in odd.items()
            if found
        )
        return PandasText(coded, np.array(lines, dtype=np.int64), aside)

    def convert(self, text: PandasText, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""
        used = np.ones(len(text.lines), dtype=bool)
        aside = list(text.aside)
        for rule in plan.rules:
            hit = _hits(text, rule) & used
            if hit.any():
                aside.append(
                    Aside(reason=rule.reason, message=rule.message, lines=tuple(text.lines[hit].tolist()))
                )
                used &= ~hit
        data: dict[str, Any] = {}
        bad: list[BadCells] = []
        for column in plan.columns:
            array, wrong = _typed(text.columns[column.header], column)
            data[column.target] = array
            if column.required != "no":
                lost = (wrong | pd.isna(array) if column.required == "present" else wrong) & used
                aside += _asides(text, column, lost, wrong)
                used &= ~lost
            elif (wrong & used).any():
                bad.append(_bad_cells(text, column, wrong & used))
        data |= {name: pd.array([value] * len(used), dtype="str") for name, value in plan.constants.items()}
        frame = pd.DataFrame(data, index=range(len(used)))
        frame["source_row"] = text.lines
        return Converted(
            frame=frame[used].reset_index(drop=True), rows=text.rows, aside=tuple(aside), bad=tuple(bad)
        )

    def label(
        self, frame: pd.DataFrame, columns: Sequence[str], label: Callable[..., str], target: str
    ) -> pd.DataFrame:
        """*frame* with a text column *target*: *label* of the values of *columns*."""
        known = {name: column for name in columns if (column := _words(frame, name)) is not None}
        if len(known) == 1:
            ((name, (codes, values)),) = known.items()
            labels = [label(**{name: value}) for value in values]
            return frame.assign(**{target: pd.array(labels, dtype="str").take(codes)})
        key = np.zeros(len(frame), dtype=np.int64)
        for codes, values in known.values():
            key = key * (len(values) + 1) + codes
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        labels = [
            label(**{name: values[codes[row]] for name, (codes, values) in known.items()}) for row in first
        ]
        return frame.assign(**{target: pd.array(labels, dtype="str").take(inverse.reshape(-1))})

    def concat(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """The rows of several frames under the union of their columns."""
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def one_per_key(
        self, frame: pd.DataFrame, key: str, later: Sequence[str]
    ) -> tuple[pd.DataFrame, dict[str, tuple[int, ...]]]:
        """One row per value of *key*: the one with the latest of the dates *later*."""
        repeated = frame[key].duplicated(keep=False) & frame[key].notna()
        if not repeated.any():
            return frame, {}
        dates = [c for c in later if c in frame.columns]
        # After the dates the whole row decides, so that the order of the files never does.
        several = frame[repeated].assign(_row=_row_text(frame[repeated]))
        ordered = several.sort_values([key, *dates, "_row"], na_position="first", kind="stable")
        dropped = ordered.index[ordered[key].duplicated(keep="last")]
        return frame.drop(index=dropped).reset_index(drop=True), _lines_by_file(frame.loc[dropped])

    def one_per_report(
        self, frame: pd.DataFrame, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[pd.DataFrame, dict[str, tuple[int, ...]], tuple[str, str, str] | None]:
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
                return frame, {}, (names[0], names[1], _described(frame[groups == group].iloc[0], key))
        order = files.map({name: i for i, name in enumerate(dict.fromkeys(files))})
        kept = order.groupby(groups).transform("max" if keep_last else "min")
        dropped = frame.index[shared & (order != kept)]
        return frame.drop(index=dropped).reset_index(drop=True), _lines_by_file(frame.loc[dropped]), None

    def twins(self, frame: pd.DataFrame) -> int:
        """How many rows equal an earlier row in every canonical column."""
        return int(frame.drop(columns=["source_file", "source_row"]).duplicated().sum())

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


def _row_text(frame: pd.DataFrame) -> pd.Series[str]:
    """A text of each row that is the same wherever the row stands."""
    columns = sorted(c for c in frame.columns if c not in ("source_file", "source_row"))
    rows = zip(*(frame[c].tolist() for c in columns), strict=True)
    return pd.Series([repr(row) for row in rows], index=frame.index, dtype="str")


def _lines_by_file(rows: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    return {
        str(name): tuple(int(line) for line in lines)
        for name, lines in rows.groupby("source_file", sort=True)["source_row"]
    }


def _described(row: pd.Series[Any], key: Sequence[str]) -> str:
    """The name and the days of an ad row, for a message."""
    name = next(
        (str(row[c]) for c in ("campaign", "source", "channel") if c in key and pd.notna(row[c])), "a row"
    )
    if "start" not in key or pd.isna(row["start"]):
        return repr(name)
    days = [pd.Timestamp(int(row[c]), unit="D").date().isoformat() for c in ("start", "end")]
    return f"{name!r} on {days[0]}" if days[0] == days[1] else f"{name!r} from {days[0]} to {days[1]}"


_ODD = {
    "blank": "blank row",
    "footer": "a lone text under the table",
    "ragged": "the row does not have the cells that the header promises",
}


def _oddity(cells: Sequence[str], width: int, needed: int) -> str | None:
    """Why a record that is not as wide as the header is no row, or None where it still is one."""
    filled = [i for i, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return "blank"
    if len(filled) == 1 and len(cells) == 1 and width > 1:
        return "footer"
    if filled[-1] >= width or len(cells) < needed:
        return "ragged"
    return None


def _padded_footer(rows: list[Sequence[str]]) -> int:
    """How many rows at the end are lines of words that a spreadsheet has padded to the width of the table."""
    lone = 0
    words = False
    for row in reversed(rows):
        filled = [cell for cell in map(str.strip, row) if cell]
        if len(filled) != 1:
            break
        lone += 1
        # A row may well hold its id and nothing else; an id has no blanks.
        words |= " " in filled[0]
    return lone if words else 0


def _cells(rows: list[Sequence[str]], position: int) -> list[str]:
    """One column of *rows*; a row that ends before it has nothing there."""
    try:
        return list(map(itemgetter(position), rows))
    except IndexError:
        return [row[position] if position < len(row) else "" for row in rows]


def _code(cells: list[str]) -> _Coded:
    codes, values = pd.factorize(np.array(cells, dtype=object) if cells else np.array([], dtype=object))
    return _Coded(codes, list(values))


def _hits(text: PandasText, rule: RowRule) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rows that *rule* means."""
    hit: np.ndarray[Any, np.dtype[np.bool_]] = np.full(len(text.lines), rule.pattern is None)
    pattern = re.compile(rule.pattern, re.IGNORECASE) if rule.pattern is not None else None
    for header in rule.headers:
        if pattern is None:
            coded = text.columns[header]
            hit &= np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
        else:
            hit |= _where(text.columns[header], pattern.fullmatch)
    if pattern is not None and hit.any():
        for header in rule.unless:
            coded = text.columns[header]
            blank = np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
            hit &= blank | _where(coded, pattern.fullmatch)
    return hit


def _where(coded: _Coded, fits: Callable[[str], object]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rows whose trimmed cell *fits*."""
    answers = np.array([bool(fits(value.strip())) for value in coded.values], dtype=bool)
    rows: np.ndarray[Any, np.dtype[np.bool_]] = answers[coded.codes]
    return rows


def _typed(coded: _Coded, column: ColumnPlan) -> tuple[Any, np.ndarray[Any, np.dtype[np.bool_]]]:
    """The typed column, and which rows had a cell that its style cannot read."""
    parsed = bulk.parse(column.style, coded.values)
    if isinstance(column.style, NumberStyle | DateStyle):
        parsed = [BAD if isinstance(p, int) and abs(p) > _INT64_MAX else p for p in parsed]
        missing = np.array([p is None or p is BAD for p in parsed], dtype=bool)
        numbers = np.array([0 if p is None or p is BAD else p for p in parsed], dtype=np.int64)
        array: Any = pd.arrays.IntegerArray(numbers[coded.codes], missing[coded.codes])
    else:
        words = np.array([None if p is BAD else p for p in parsed], dtype=object)
        array = pd.array(words, dtype="str").take(coded.codes)
    return array, np.array([p is BAD for p in parsed], dtype=bool)[coded.codes]


def _asides(text: PandasText, column: ColumnPlan, lost: Any, wrong: Any) -> list[Aside]:
    """Rows without a needed cell: those where it is missing, and those where it cannot be read."""
    found = []
    for reason, mask, say in (
        ("missing_value", lost & ~wrong, f"no value in column {column.header!r} ({column.target})"),
        ("bad_value", lost & wrong, f"column {column.header!r} ({column.target}) cannot be read"),
    ):
        if mask.any():
            example = _bad_cells(text, column, mask).example if reason == "bad_value" else ""
            message = f"{say}: {example!r}" if example else say
            found.append(Aside(reason=reason, message=message, lines=tuple(text.lines[mask].tolist())))
    return found


def _bad_cells(text: PandasText, column: ColumnPlan, mask: Any) -> BadCells:
    coded = text.columns[column.header]
    first = int(np.flatnonzero(mask)[0])
    return BadCells(
        target=column.target,
        header=column.header,
        lines=tuple(text.lines[mask].tolist()),
        example=coded.values[coded.codes[first]][:40],
    )


def _words(frame: pd.DataFrame, name: str) -> tuple[Any, list[str]] | None:
    """Codes and values of a text column, missing as an empty text."""
    if name not in frame.columns:
        return None
    # Iterating over an object array is ten times as fast as over a pandas string array.
    codes, values = pd.factorize(frame[name].fillna("").to_numpy(dtype=object))
    return codes, values.tolist()
