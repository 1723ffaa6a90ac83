"""Rows of a report that are the sum of others, whatever they are called: told by arithmetic, not by words.

A first or last row that equals all others together in every figure is their total, unless it has a
name or a day of its own as they have. A row without the lower of two names, which equals the rows
with one, is a subtotal. Counted, both would double the sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.engines import Aside
from funnelkit.plans import RowRule

FIGURES: Mapping[str, tuple[str, ...]] = {
    "spend": ("cost", "impressions", "clicks", "conversions", "conversion_value"),
    "web": ("sessions", "engaged_sessions", "conversions"),
    "emails": ("sent", "delivered", "unique_opens", "unique_clicks", "unsubscribes"),
    "costs": ("amount",),
    "quotas": ("amount",),
    "social": ("impressions", "reactions", "comments", "shares", "clicks", "engagements"),
}
"""What may be added up; people reached may not."""
_ABOVE = (
    "account",
    "channel",
    "source",
    "medium",
    "campaign_type",
    "campaign",
    "country",
    "date",
    "start",
    "end",
    "sent_at",
)
_LOWER = ("ad_group", "campaign")
_ADS = frozenset(
    "ad name|nom de la publicité|nombre del anuncio|nome dell'inserzione|nome inserzione|nome do anúncio|anzeigenname|"
    "name der anzeige|advertentienaam|naam advertentie|nama iklan".split("|")
)
"""Headers of the name of an ad, which no canonical column holds."""
_NAMES = ("account", "channel", "source", "campaign", "ad_group", "post")
_DAYS = ("date", "start", "end", "sent_at")
_FEWEST = 2
"""So many figures must agree: one alone may do so by chance."""


def without_ad(rules: Sequence[RowRule], text: Any) -> tuple[int, ...]:
    """The lines of the rows without the name of an ad, where *rules* ask for one."""
    header = next((h for rule in rules for h in rule.headers if h.strip().casefold() in _ADS), None)
    lines = tuple(text.lines_with(header, ("", "-", "--"))) if header else ()
    return lines if len(lines) < text.rows else ()


def set_aside(table: str, native: Any, without_ad: Sequence[int] = ()) -> tuple[Any, list[Aside]]:
    """*native* without the rows that are sums of others, and these rows; on some lines the ad has no name."""
    frame = collect.frame(native)
    columns = collect.names(frame)
    names = [c for c in FIGURES.get(table, ()) if c in columns]
    if len(names) < _FEWEST or collect.count(frame) < _FEWEST + 1:
        return native, []
    if sums := _total(frame, names, columns):
        aside = Aside(reason="total", message="the sum of all other rows", lines=sums)
    elif sums := _subtotals(frame, names, columns, without_ad):
        aside = Aside(reason="subtotal", message="the sum of the rows below the same name", lines=sums)
    else:
        return native, []
    return frame.filter(~nw.col("source_row").is_in(sums)).to_native(), [aside]


def all_others(frame: collect.Frame, names: list[str]) -> collect.Frame:
    """The first and the last row, as far as they equal all others together in each of *names*."""
    half = nw.all_horizontal(
        *(_figure(c) * 2 == total for c, total in zip(names, collect.totals(frame, names), strict=True)),
        ignore_nulls=True,
    )
    return frame.filter(half & nw.col("source_row").is_in(collect.extent(frame, "source_row") or ()))


def _total(frame: collect.Frame, names: list[str], columns: list[str]) -> tuple[int, ...]:
    """The first or last row where it equals all others together and is not a row like them."""
    sums = collect.totals(frame, names)
    largest = [max(map(abs, collect.extent(frame, c) or (0,))) for c in names]
    if sum(map(bool, sums)) < _FEWEST or any(2 * n < abs(s) for n, s in zip(largest, sums, strict=True)):
        return ()
    told = [c for c in (*_NAMES, *_DAYS) if c in columns]
    found = collect.rows(all_others(frame, names).select("source_row", *told))
    return tuple(
        int(line)
        for line, *cells in sorted(found)[:2]
        if not _is_one_of(frame.filter(nw.col("source_row") != line), dict(zip(told, cells, strict=True)))
    )[:1]


def _is_one_of(others: collect.Frame, cells: Mapping[str, Any]) -> bool:
    """Whether a row with these *cells* is one like the *others*: its name is among theirs, or its day is its own."""
    filled = {c: cell for c, cell in cells.items() if cell is not None}
    if any(collect.any_of(others, ~nw.col(c).is_null()) for c in cells.keys() - filled.keys()):
        return False
    days = {c: cell for c, cell in filled.items() if c in _DAYS}
    if {"start", "end"} <= days.keys() and _spans(others, days["start"], days["end"]):
        return False
    if days and not collect.any_of(others, _equal(days)):
        return True
    named = [c for c in filled if c in _NAMES]
    return bool(named) and all(collect.any_of(others, _equal({c: filled[c]})) for c in named)


def _spans(others: collect.Frame, start: int, end: int) -> bool:
    """Whether these days hold those of all *others*, which are fewer each."""
    outside = (nw.col("start") < start) | (nw.col("end") > end)
    as_long = (nw.col("start") == start) & (nw.col("end") == end)
    return not collect.any_of(others, outside | as_long)


def _equal(cells: Mapping[str, Any]) -> nw.Expr:
    return nw.all_horizontal(*(nw.col(c) == cell for c, cell in cells.items()), ignore_nulls=True)


def _subtotals(
    frame: collect.Frame, names: list[str], columns: list[str], without_ad: Sequence[int]
) -> tuple[int, ...]:
    """The rows without a lower name, where each equals the rows with one beside the same names: level by level."""
    known = [c for c in _LOWER if c in columns]
    levels = [(nw.col(c).is_null(), known[i + 1 :]) for i, c in enumerate(known)]
    if without_ad:
        levels.insert(0, (nw.col("source_row").is_in(without_ad), known))
    found: tuple[int, ...] = ()
    for blank, higher in levels:
        # A row that has no higher name either is the sum of a higher level.
        level = [~nw.col(c).is_null() for c in higher]
        rows = frame.filter(~blank | nw.all_horizontal(*level, ignore_nulls=True)) if level else frame
        sums = rows.filter(blank)
        if not 0 < collect.count(sums) < collect.count(rows):
            continue
        lower = set(known) - set(higher)
        above = [c for c in dict.fromkeys((*_ABOVE, *higher)) if c in columns and c not in lower]
        if _all_are_sums(rows, names, above, blank):
            lines = collect.lines(sums)
            found += lines
            frame = frame.filter(~nw.col("source_row").is_in(lines))
    return tuple(sorted(found))


def _all_are_sums(frame: collect.Frame, names: list[str], above: list[str], blank: nw.Expr) -> bool:
    """Whether each row that is *blank* is the only one under its names, and the sum of the others there."""
    own = [nw.when(blank).then(_figure(c)).otherwise(0).alias(f"own_{c}") for c in names]
    parts = [nw.when(~blank).then(_figure(c)).otherwise(0).alias(f"parts_{c}") for c in names]
    count = nw.when(blank).then(nw.lit(1)).otherwise(nw.lit(0)).alias("blanks")
    keys = [nw.col(c).cast(nw.String).fill_null("").alias(c) for c in above] or [nw.lit("").alias("all")]
    rows = frame.select(*keys, *own, *parts, count)
    sums = [f"{part}_{c}" for c in names for part in ("own", "parts")]
    grouped = rows.group_by(*(above or ["all"])).agg(nw.col("blanks", *sums).sum())
    differs = nw.any_horizontal(
        *(nw.col(f"own_{c}") != nw.col(f"parts_{c}") for c in names), ignore_nulls=True
    )
    told = sum((nw.when(nw.col(f"own_{c}") != 0).then(1).otherwise(0) for c in names), start=nw.lit(0))
    bad = (nw.col("blanks") > 1) | differs | (told < _FEWEST)
    return not collect.any_of(grouped, (nw.col("blanks") > 0) & bad)


def _figure(column: str) -> nw.Expr:
    return nw.col(column).fill_null(0)
