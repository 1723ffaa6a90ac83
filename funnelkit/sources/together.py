"""Several exports of one table become one frame: same scales, nothing counted twice.

The same id again is one entity, of which the row that knows most is kept, so that the order of
files does not matter. Overlapping ad reports of one account are refused, never added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.engines import Engine
from funnelkit.errors import FunnelkitError, SourceError, raise_all
from funnelkit.sources.mapping import Loaded
from funnelkit.tables import TABLES, Note

_GRAINS = ("account", "campaign", "ad_group", "ad")


@dataclass(frozen=True, kw_only=True)
class Together:
    """One canonical table from all its files."""

    frame: Any
    scales: Mapping[str, int]
    present: frozenset[str]
    repeated: Mapping[str, tuple[int, ...]]
    """File -> lines of the rows that another row stands for."""
    notes: tuple[Note, ...]


def put_together(table: str, files: Sequence[Loaded], engine: Engine) -> Together:
    """The rows of *files*, all of one *table*.

    Raises SourceError where two reports of one account overlap and do not agree.
    """
    scales = _common_scales(files)
    frames = [_rescaled(f, scales) for f in files]
    frame = engine.concat(frames)
    present = frozenset().union(*(f.present for f in files))
    repeated: dict[str, tuple[int, ...]] = {}
    notes: list[Note] = []
    key = TABLES[table].key
    if key and key in present:
        frame, repeated = engine.one_per_key(frame, key, _KNOWS_MORE[table])
    elif table == "spend" and len(files) > 1:
        _refuse_overlapping_grains(files)
        frame, repeated = _without_repeats(frame, files, engine)
    if not repeated and (twins := engine.twins(frame)):
        notes.append(
            Note(
                code="equal_rows",
                message=f"{table}: {twins} row{'s' * (twins > 1)} equal another one in every column that is read; "
                "without an id they may be different ones and are counted",
            )
        )
    return Together(frame=frame, scales=scales, present=present, repeated=repeated, notes=tuple(notes))


_KNOWS_MORE: Mapping[str, tuple[str, ...]] = {
    "leads": ("customer_at", "opportunity_at", "sql_at", "mql_at", "created_at"),
    "deals": ("closed_at", "expected_close_at", "created_at"),
    "payments": ("paid_at",),
}
"""Columns of which a later value shows the later state of the same entity."""


def _common_scales(files: Sequence[Loaded]) -> dict[str, int]:
    scales: dict[str, int] = {}
    for file in files:
        for column, scale in file.scales.items():
            scales[column] = max(scale, scales.get(column, 0))
    return scales


def _rescaled(file: Loaded, scales: Mapping[str, int]) -> Any:
    frame = nw.from_native(file.frame)
    shifts = {c: scales[c] - s for c, s in file.scales.items() if scales[c] > s and c in frame.columns}
    raised = [nw.col(c) * 10**shift for c, shift in shifts.items()]
    return frame.with_columns(*raised, source_file=nw.lit(file.export.file)).to_native()


def grain(file: Loaded) -> str:
    """How fine the rows of an ad report are."""
    preset = file.export.kind.preset
    if preset and preset.grain:
        return preset.grain
    return (
        "ad_group" if "ad_group" in file.present else "campaign" if "campaign" in file.present else "account"
    )


def _platform(file: Loaded) -> str:
    preset = file.export.kind.preset
    return preset.platform if preset else ""


def _refuse_overlapping_grains(files: Sequence[Loaded]) -> None:
    problems: list[FunnelkitError] = []
    for one, other in combinations(files, 2):
        if not _platform(one) or _platform(one) != _platform(other) or grain(one) == grain(other):
            continue
        if _shares_days(one, other) and _shares_account(one, other):
            finer = max(one, other, key=lambda f: _rank(grain(f)))
            problems.append(
                SourceError(
                    f"{one.export.file} and {other.export.file}: two reports of one {_platform(one)} account over the "
                    f"same days, by {grain(one).replace('_', ' ')} and by {grain(other).replace('_', ' ')}; together "
                    "they would count the same cost twice",
                    hint=f"Leave one out; without {finer.export.file} nothing is lost but detail.",
                    code="overlapping_grain",
                )
            )
    raise_all(problems)


def _rank(name: str) -> int:
    return _GRAINS.index(name) if name in _GRAINS else len(_GRAINS)


def _values(file: Loaded, column: str) -> set[Any]:
    if column not in file.present:
        return set()
    return {v for v in nw.from_native(file.frame)[column].unique().to_list() if isinstance(v, str)}


def _shares_account(one: Loaded, other: Loaded) -> bool:
    """Whether two reports may be of one account: the same account name, else a campaign in common."""
    for column in ("account", "campaign"):
        mine, theirs = _values(one, column), _values(other, column)
        if mine and theirs:
            return bool(mine & theirs)
    return True


def _shares_days(one: Loaded, other: Loaded) -> bool:
    spans = []
    for file in (one, other):
        if "start" not in nw.from_native(file.frame).columns:
            return True  # "all time": the days are not known and may be any
        start, end = nw.from_native(file.frame)["start"].min(), nw.from_native(file.frame)["end"].max()
        spans.append((start, end))
    return bool(spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1])


def _without_repeats(
    frame: Any, files: Sequence[Loaded], engine: Engine
) -> tuple[Any, dict[str, tuple[int, ...]]]:
    """Rows of the same campaign and days in two files count once; unequal ones are refused."""
    columns = nw.from_native(frame).columns
    key = [
        c
        for c in ("account", "channel", "source", "medium", "campaign", "ad_group", "country", "start", "end")
        if c in columns
    ]
    figures = [c for c in ("cost", "impressions", "clicks", "conversions") if c in columns]
    last = any(f.settings.overlap == "last" for f in files)
    frame, repeated, conflict = engine.one_per_report(frame, key, figures, keep_last=last)
    if conflict:
        first, second, what = conflict
        raise SourceError(
            f"{first} and {second}: both hold {what}, with different figures",
            hint="Leave the older export out, or set `overlap: last` for this source in funnelkit.yaml to let the "
            "file that is named last win.",
            code="overlapping_rows",
        )
    return frame, repeated
