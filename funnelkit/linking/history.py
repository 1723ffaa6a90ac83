"""Stage history -> the deals and leads it is of: by their ids alone, since a row of it says little else.

A deal lends its rows its outcome and its dimensions. A lead is given the days on which it entered the stages
that every funnel has, where its own file does not know them.
"""

from __future__ import annotations

from collections.abc import Collection

import narwhals.stable.v2 as nw

from funnelkit import collect, stageorder
from funnelkit.dimensions import DIMENSIONS
from funnelkit.linking.building import Build
from funnelkit.tables import Note

TABLE = "stage_history"
_ENTRIES = {
    "mql": "mql_at",
    "sal": "sal_at",
    "sql": "sql_at",
    "opportunity": "opportunity_at",
    "customer": "customer_at",
}
"""The words of lead stages, and the columns of leads for the days on which they were entered."""
_OF_DEALS = frozenset({"pipeline", "status", "created_at", "closed_at", "is_new"})
"""What rows of the history take of their deal, beside its dimensions."""


def of_leads(made: Build) -> None:
    """Fill the days of lead stages that no file of leads has a column for, by the first entry of each."""
    leads, rows = made.frames.get("leads"), collect.frame(made.frames[TABLE])
    if leads is None or "lead_stage" not in collect.names(rows) or not _joined_by(made, "leads", "lead_id"):
        return
    missing = {s: column for s, column in _ENTRIES.items() if column not in made.present["leads"]}
    told = rows.filter(nw.col("lead_stage").is_in(list(missing)) & ~nw.col("lead_id").is_null())
    seen = {s: column for s, column in missing.items() if s in collect.distinct(told, "lead_stage")}
    if not seen:
        return
    days = told.with_columns(
        *(nw.when(nw.col("lead_stage") == s).then(nw.col("entered_at")).alias(c) for s, c in seen.items())
    )
    first = days.group_by("lead_id").agg(*(nw.col(column).min() for column in seen.values()))
    made.frames["leads"] = made.engine.held(_joined(collect.frame(leads), first, "lead_id").to_native())
    made.present["leads"] |= frozenset(seen.values())


def as_they_stood(made: Build) -> None:
    """Give deals the stage that they entered last.

    For deals that were cut at an earlier day than that of their export, and those of which no file says the stage.
    """
    if "deals" not in made.frames or not _joined_by(made, "deals", "deal_id"):
        return
    rows = _ranked(made)
    # Of two stages of one day the later one of their pipeline, as in the stays of `cycle --stages`; the text
    # parts stages without a place, so that every engine takes the same one.
    for column in ("_at", "_rank", "stage"):
        last = rows.group_by("deal_id").agg(nw.col(column).max().alias("_last"))
        rows = _joined(rows, last, "deal_id").filter(nw.col(column) == nw.col("_last")).drop("_last")
    now = rows.select("deal_id", nw.col("stage").alias("_stage")).unique()
    deals = _joined(collect.frame(made.frames["deals"]), now, "deal_id")
    own = [nw.col("stage").cast(nw.String)] if "stage" in collect.names(deals) else []
    staged = deals.with_columns(stage=nw.coalesce("_stage", *own)).drop("_stage")
    made.frames["deals"] = made.engine.held(staged.to_native())
    made.present["deals"] |= {"stage"}


def _ranked(made: Build) -> collect.Frame:
    """The rows of the history that are of loaded deals, with the place of each stage in its pipeline."""
    own = collect.frame(made.frames[TABLE]).filter(~nw.col("deal_id").is_null())
    rows = stageorder.entries(_with_deals(made, own).to_native())
    return stageorder.ranked(rows.with_columns(nw.col("_at").fill_null(0)), stageorder.places(rows))


def unlinked(made: Build) -> None:
    """Note how many rows of the history are of no deal and no lead that is loaded."""
    rows, known = collect.frame(made.frames[TABLE]), []
    for table, key in (("deals", "deal_id"), ("leads", "lead_id")):
        if table in made.frames and _joined_by(made, table, key):
            ids = collect.frame(made.frames[table]).filter(~nw.col(key).is_null()).select(key)
            rows = _joined(rows, ids.with_columns(nw.lit(1).cast(nw.Int64).alias(f"_{table}")), key)
            known.append(nw.col(f"_{table}").is_null())
    whole = collect.count(rows)
    alone = collect.count(rows.filter(*known)) if known else whole
    if alone:
        verb = "is" if alone == 1 else "are"
        message = f"stage_history: {alone:,} of {whole:,} rows {verb} of no deal or lead that is loaded, and not used"
        made.notes.append(Note(code="history_unlinked", message=message))


def of_deals(made: Build) -> None:
    """Give each row of the history what its deal knows; rows of no deal have no status."""
    if TABLE not in made.frames or not _joined_by(made, "deals", "deal_id"):
        return
    dimensions = made.present["deals"] & made.wanted & {*DIMENSIONS}
    rows = _with_deals(made, collect.frame(made.frames[TABLE]), dimensions)
    made.frames[TABLE] = rows.to_native()
    made.present[TABLE] |= {"status", *dimensions, *(made.present["deals"] & {*_OF_DEALS})}


def _with_deals(made: Build, own: collect.Frame, dimensions: Collection[str] = ()) -> collect.Frame:
    """The rows *own* of the history with what their deals know."""
    deals = collect.frame(made.frames["deals"])
    given = [c for c in collect.names(deals) if c in dimensions or c in _OF_DEALS]
    own = own.drop([c for c in collect.names(own) if c in given])
    known = deals.filter(~nw.col("deal_id").is_null()).select("deal_id", *given)
    return _joined(own, known, "deal_id")


def _joined_by(made: Build, table: str, key: str) -> bool:
    """Whether both the history and *table* have *key*."""
    return key in made.present[TABLE] and key in made.present[table]


def _joined(rows: collect.Frame, other: collect.Frame, key: str) -> collect.Frame:
    """*rows*, each with what the one row of *other* with its *key* says."""
    found: collect.Frame = rows.join(other, on=key, how="left")  # type: ignore[arg-type]
    return found
