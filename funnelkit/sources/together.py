"""Several exports of one table become one frame: same scales, nothing counted twice.

The same id again is one entity, of which the row that knows most is kept, so that the order of
files does not matter. Overlapping ad reports of one account are refused, never added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.columns import SPARABLE
from funnelkit.engines import Engine, Repeated
from funnelkit.errors import SourceError
from funnelkit.sources import overlaps, quotas
from funnelkit.sources.deciding.numberstyles import DECIMALS, SQUARED
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.paidtwice import paid_twice
from funnelkit.tables import TABLES, Note


class Together(Struct, frozen=True, kw_only=True):
    """One canonical table from all its files."""

    frame: Any
    scales: Mapping[str, int]
    present: frozenset[str]
    repeated: Mapping[str, Repeated]
    """The rows that another row stands for, by file."""
    notes: tuple[Note, ...]
    same_email: Mapping[str, Repeated] = {}
    """The leads of a person who is another lead already, by file."""


def put_together(table: str, files: Sequence[Loaded], engine: Engine) -> Together:
    """The rows of *files*, all of one *table*.

    Raises SourceError where two reports of one account overlap and do not agree, or two quotas of one owner.
    """
    scales = _common_scales(files)
    frames = [_rescaled(f, scales) for f in files]
    frame = engine.concat(frames)
    present = frozenset().union(*(f.present for f in files))
    repeated: dict[str, Repeated] = {}
    notes = paid_twice(files) if table == "payments" else []
    if table == "quotas":
        quotas.refuse(frame)
    key = TABLES[table].key
    if key and key in present:
        frame, repeated = engine.one_per_key(frame, key, _order(table, frame, key))
    elif table in _REPORTED and len(files) > 1:
        overlaps.refuse(files)
        notes += overlaps.same_costs(files)
        frame, repeated = _without_repeats(frame, files, engine)
    # Equal rows with an id are one entity, which has been seen to; those of keywords differ by their keyword, and a
    # stage that is said twice is entered once. Two visits of one day are two touches.
    finer = table in _OFTEN_EQUAL or any(overlaps.grain(f) in _FINER for f in files)
    twins = 0 if finer else engine.twins(frame, without=key if key in present else None)
    if twins:
        notes.append(
            Note(
                code="equal_rows",
                message=f"{table}: {twins} row{'s' * (twins > 1)} equal another one in every column that is read; "
                "without an id they may be different ones and are counted",
            )
        )
    return Together(frame=frame, scales=scales, present=present, repeated=repeated, notes=tuple(notes))


_OFTEN_EQUAL = frozenset({"stage_history", "touches"})
"""Tables of which nobody is told that rows are equal."""
_FINER = frozenset({"ad", "asset", "keyword", "search_term", "location", "device"})
"""Grains whose rows differ by something that no canonical column holds."""

_KNOWS_MORE: Mapping[str, tuple[str, ...]] = {
    "leads": ("customer_at", "opportunity_at", "sql_at", "mql_at", "created_at"),
    "deals": ("closed_at", "expected_close_at", "created_at"),
    "payments": ("paid_at", "refunded"),
    "activities": ("at",),
}
"""Columns of which a later value shows the later state of the same entity."""


def _order(table: str, frame: Any, key: str) -> list[str]:
    """The columns that say which row of an entity counts: its latest days, then the whole row, never a file's place.

    What may be spared comes last, so that numbers do not hang on what else is asked for.
    """
    columns = collect.names(collect.frame(frame))
    days = [c for c in _KNOWS_MORE[table] if c in columns]
    rest = sorted(c for c in columns if c not in (key, *days, "source_file", "source_row"))
    spare = SPARABLE.get(table, frozenset())
    return [*days, *(c for c in rest if c not in spare), *(c for c in rest if c in spare)]


_REPORTED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "spend": (
        ("account", "channel", "source", "medium", "campaign", "ad_group", "country", "start", "end"),
        ("cost", "impressions", "clicks", "conversions"),
    ),
    "web": (
        ("channel", "source", "medium", "campaign", "country", "start", "end"),
        ("sessions", "users", "conversions"),
    ),
    "emails": (("campaign", "sent_at"), ("sent", "delivered", "unique_opens", "unique_clicks")),
    "social": (
        ("channel", "source", "campaign", "post", "country", "date"),
        ("impressions", "reach", "followers", "reactions", "comments", "shares", "clicks", "engagements"),
    ),
    "search": (
        ("query", "channel", "source", "campaign", "country", "start", "end"),
        ("impressions", "clicks", "cost"),
    ),
    "stage_history": (("deal_id", "lead_id", "stage", "entered_at"), ()),
    "activities": (("lead_id", "email", "at", "at_instant", "kind", "direction", "by"), ()),
    "touches": (
        (
            "lead_id",
            "email",
            "customer_id",
            "deal_id",
            "visitor_id",
            "at",
            "at_instant",
            "channel",
            "source",
            "medium",
            "campaign",
            "kind",
        ),
        (),
    ),
}
"""Tables without ids: the columns that say which row of a report it is, and the figures of that row."""


def _common_scales(files: Sequence[Loaded]) -> dict[str, int]:
    """The decimals of each column: those of the file that has most, as far as the sum fits 64 bits."""
    columns = dict.fromkeys(column for file in files for column in file.scales)
    found = {c: min(max(f.scales.get(c, 0) for f in files), _room(files, c)) for c in columns}
    money = {c for c, spec in TABLES[files[0].table].columns.items() if spec.kind == "money"}
    # Sums of money are squared, too, and what is finer than a hundredth of a cent gives way.
    return {
        c: min(scale, max(_room(files, c, SQUARED), DECIMALS)) if c in money and scale > DECIMALS else scale
        for c, scale in found.items()
    }


def _room(files: Sequence[Loaded], column: str, bound: int = 2**63 - 1) -> int:
    most = Fraction(1)
    for file in files:
        if column in file.scales:
            ends = collect.extent(collect.frame(file.frame), column) or (0, 0)
            largest = max(map(abs, ends))
            most += Fraction(largest * file.used, 10 ** file.scales[column])
    return max(len(str(int(bound / most))) - 1, 0)


def _rescaled(file: Loaded, scales: Mapping[str, int]) -> Any:
    frame = collect.frame(file.frame)
    shifts = {c: scales[c] - s for c, s in file.scales.items() if scales[c] != s}
    changed = [_shifted(nw.col(c), shift).alias(c) for c, shift in shifts.items()]
    return frame.with_columns(*changed, source_file=nw.lit(file.export.file)).to_native()


def _shifted(cell: nw.Expr, shift: int) -> nw.Expr:
    """*cell* times ten to the *shift*; what that cuts off is float noise, rounded to the nearest."""
    unit = int(10 ** abs(shift))
    return cell * unit if shift > 0 else (cell + unit // 2) // unit


def _without_repeats(frame: Any, files: Sequence[Loaded], engine: Engine) -> tuple[Any, dict[str, Repeated]]:
    """Rows of the same campaign and days in two files count once; unequal ones are refused."""
    columns = collect.names(collect.frame(frame))
    names, counted = _REPORTED[files[0].table]
    key = [c for c in names if c in columns]
    figures = [c for c in counted if c in columns]
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
