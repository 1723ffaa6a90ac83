"""What a file does not hold: which columns, which metrics cannot be worked out without them, where to get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.inspection import Lack
from funnelkit.metrics import catalog, stages
from funnelkit.metrics.columns import DURATIONS
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.pipeline import provenance
from funnelkit.tables import RANGED, TABLES

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.preset import Preset

_LINKS = {
    "leads": ("email", "lead_id", "deal_id", "company_id", "domain", "company"),
    "deals": ("email", "lead_id", "contact_id", "company_id", "domain", "company"),
}
"""By one of these a lead finds its deal."""
_NAMES = {
    "status": "the status or stage",
    "email": "the e-mail address, or the id of the lead, the deal or the company",
    "source": "the source or channel",
    "amount": "the amount",
    "created_at": "the date of creation",
    "closed_at": "the date on which it was won or lost",
    "start": "the day",
}


def lacks(loaded: Loaded) -> tuple[Lack, ...]:
    """What *loaded* does not hold: first what puts its rows into periods, then that on which most depends."""
    wanting: dict[str, dict[str, None]] = {}
    alternatives: dict[str, tuple[str, ...]] = {}
    undated: set[str] = set()
    for metric in catalog.load().metrics.values():
        for part in catalog.load().parts(metric):
            day = _day(part, loaded.table)
            asked = [(group, metric.id) for group in _groups(part, loaded.table)]
            for group, needing in [*asked, *([(day, None)] if day else ())]:
                if loaded.present & set(group):
                    continue
                alternatives.setdefault(group[0], group)
                wanting.setdefault(group[0], {})
                if needing:
                    wanting[group[0]][needing] = None
                else:
                    undated.add(group[0])
    told = provenance.lacks(loaded)
    found = [
        Lack(
            column=column,
            metrics=tuple(metrics),
            periods=column in undated,
            how=_how(loaded, alternatives[column], told),
        )
        for column, metrics in wanting.items()
    ]
    covered = {column for group in alternatives.values() for column in group}
    found += [Lack(column=c, metrics=(), how=how) for c, how in told.items() if c not in covered]
    return tuple(sorted(found, key=lambda lack: (not lack.periods, -len(lack.metrics))))


def _day(part: Measure | Histogram, table: str) -> tuple[str, ...]:
    """The columns of which one says in which period a row of *table* is counted; none where nothing has to."""
    if part.table != table:
        return ()
    if part.date == "expected_close_at":
        # The close date of an open deal says it as well, and only the pipeline that is due asks for it.
        return ()
    if part.date is None:
        return ("start", "date") if table in RANGED else ()
    return (part.date,) if part.date in TABLES[table].columns else ()


def _groups(part: Measure | Histogram, table: str) -> Iterator[tuple[str, ...]]:
    """The columns of *table* that *part* is counted by; of each group one is enough."""
    customers = part.table == "customers" and table == "deals"
    if part.table != table and not customers:
        return
    counted = part.of if isinstance(part, Histogram) else part.column
    optional = isinstance(part, Measure) and part.optional
    known = TABLES[table].columns
    for column in [c for c in (counted, *part.where) if c and not optional]:
        if (table, column) in DURATIONS:
            yield from ((source,) for source in DURATIONS[table, column] if source in known)
        elif customers and column == "revenue":
            yield ("amount",)
        elif column == "is_paid" and table != "deals":
            yield ("source", "channel", "medium", "campaign_type")
        elif column in known and not customers:
            yield (column,)
    yield from _needed(part, table)


def _needed(part: Measure | Histogram, table: str) -> Iterator[tuple[str, ...]]:
    """What the `needs` of *part* ask of the columns of *table*."""
    for need in part.needs:
        stage = need.removeprefix("stage_")
        if stage in stages.RANK and table == "leads":
            dates = (c for c in stages.USUAL.entry_columns(stage) if c in TABLES[table].columns)
            yield ("status", *(("converted_to_deal",) if stage == "opportunity" else ()), *dates)
        elif need in ("deal_status", "lost_deals", "open_deals") and table == "deals":
            yield ("status",)
        elif need in ("link", "outcome", "customers") and table in _LINKS:
            yield _LINKS[table]


def _how(loaded: Loaded, columns: tuple[str, ...], told: dict[str, str]) -> str:
    """Where to get one of *columns*."""
    left_out = next((d for d in loaded.decisions if d.target in columns and d.style is None), None)
    if left_out:
        return f"column {left_out.header!r} is there, but cannot be read: {left_out.evidence}"
    how = next((told[column] for column in columns if column in told), None)
    what = f"a column with {_NAMES.get(columns[0], columns[0].replace('_', ' '))}"
    preset: Preset | None = loaded.export.kind.preset
    return how or (f"add {what} to the export: {preset.where}" if preset else what)
