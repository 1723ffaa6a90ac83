"""Open deals as the groups that a forecast is made of: by stage, age and amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.columns import KEPT
from funnelkit.models.forecast.pipeline import Open

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.facts import Facts

NO_HISTORY = "(no history)"
"""Marks open deals of which the history of stages does not tell."""


def standing(facts: Facts, as_of: int) -> Frame:
    """The open deals with their stage, age, amount and the CRM's probability."""
    rows = kept(facts, "deals").filter(nw.col("status") == "open", ~nw.col("created_at").is_null())
    made = {name: _text(facts, name) for name in ("pipeline", "stage")}
    made["deal_id"] = nw.col("deal_id") if facts.has("deals", "deal_id") else nw.lit("")
    # A number that is missing in every row; pandas makes none of nothing.
    missing = nw.when(nw.col("created_at").is_null()).then(nw.col("created_at"))
    for column in ("amount", "probability"):
        made[f"_{column}"] = nw.col(column) if facts.has("deals", column) else missing
    return rows.select(**made, _days=nw.lit(as_of) - nw.col("created_at"))


def parted(rows: Frame, now: Frame) -> tuple[Frame, Frame]:
    """Those of *rows* of which a history tells, with the stage and days of *now*, and the others."""
    own = rows.select("deal_id", "_amount", "_probability")
    here: Frame = own.join(now, on="deal_id", how="inner")  # type: ignore[arg-type]
    ids = now.select("deal_id").with_columns(_told=nw.lit(1).cast(nw.Int64))
    marked: Frame = rows.join(ids, on="deal_id", how="left")  # type: ignore[arg-type]
    return here, marked.filter(nw.col("_told").is_null())


def _text(facts: Facts, column: str) -> nw.Expr:
    told = facts.has("deals", column)
    return nw.col(column).cast(nw.String).fill_null("") if told else nw.lit("")


def opened(rows: Frame, mark: str = "") -> Sequence[Open]:
    """The open deals *rows*, by stage, ``_days`` and ``_amount``; each stage with *mark* behind its name."""
    keys = ["pipeline", "stage", "_days", "_amount"]
    cells = collect.columns(rows.group_by(keys).agg(nw.len().alias("n")))
    places: dict[tuple[str, int], dict[int | None, int]] = {}
    for i, n in enumerate(map(int, cells["n"])):
        stage = f"{named(cells['pipeline'][i], cells['stage'][i])} {mark}".strip()
        amount = cells["_amount"][i]
        amounts = places.setdefault((stage, int(cells["_days"][i])), {})
        key = None if amount is None else int(amount)
        amounts[key] = amounts.get(key, 0) + n
    return [
        Open(
            stage=stage,
            age=age,
            amounts=dict(sorted((amount, n) for amount, n in amounts.items() if amount is not None)),
            unpriced=amounts.get(None, 0),
        )
        for (stage, age), amounts in sorted(places.items())
    ]


def named(pipeline: str | None, stage: str | None) -> str:
    """A stage with its pipeline, where files tell of these."""
    return f"{pipeline}: {stage or ''}" if pipeline else stage or ""


def kept(facts: Facts, table: str) -> Frame:
    """The rows of *table* that pass the filters."""
    frame: Frame = facts.frames[table]
    if facts.filters and (passes := facts.derived(table, KEPT)) is not None:
        frame = frame.filter(passes)
    return frame
