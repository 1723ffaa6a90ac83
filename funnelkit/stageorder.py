"""The stages of each pipeline in their order, as the deals themselves show it: which one most of them enter first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.collect import Frame

_DAY = 86_400
_LAST = 1_000_000
"""The rank of what is no stage to stay in."""
_OUTCOMES = ("won", "lost", "other")


class Place(Struct, frozen=True):
    """A stage of a pipeline. Where files tell of no pipelines, all are of one without a name."""

    pipeline: str
    stage: str


def entries(history: Any, columns: Sequence[str] = ()) -> Frame:
    """The rows of a linked stage *history* that are of loaded deals, ready to be put in order, with more *columns*.

    ``_at`` is when the stage was entered, for comparison alone; ``_outcome`` what the stage says of the outcome,
    empty for stages to stay in.
    """
    rows = collect.frame(history)
    names = collect.names(rows)
    at = nw.col("entered_at") * _DAY
    made = {
        "stage": nw.col("stage").cast(nw.String),
        "pipeline": nw.col("pipeline").cast(nw.String).fill_null("") if "pipeline" in names else nw.lit(""),
        "closed_at": nw.col("closed_at") if "closed_at" in names else nw.lit(None, nw.Int64),
        "status": nw.col("status").cast(nw.String),
        "_at": nw.coalesce("entered_instant", at) if "entered_instant" in names else at,
        "_outcome": _outcome() if "deal_outcome" in names else nw.lit(""),
    }
    known = rows.filter(~nw.col("status").is_null())
    kept = [c for c in columns if c not in made]
    return known.with_columns(**made).select("deal_id", "entered_at", *made, *kept)


def _outcome() -> nw.Expr:
    said = nw.col("deal_outcome").cast(nw.String)
    return nw.when(said.is_in(_OUTCOMES)).then(said).otherwise(nw.lit(""))


def places(rows: Frame) -> tuple[Place, ...]:
    """The stages of all pipelines, each in its order."""
    own = rows.filter(nw.col("_outcome") == "")
    first = own.group_by("deal_id", "pipeline", "stage").agg(nw.col("_at").min())
    then = first.rename({"stage": "_after", "_at": "_then"})
    joined: Frame = first.join(then, on=["deal_id", "pipeline"], how="inner")  # type: ignore[arg-type]
    pairs = joined.filter(nw.col("_at") < nw.col("_then")).group_by("pipeline", "stage", "_after")
    before = {(p, a, b): int(n) for p, a, b, n in _counts(pairs, ("pipeline", "stage", "_after"))}
    sizes = {
        Place(p, s): int(n) for p, s, n in _counts(first.group_by("pipeline", "stage"), ("pipeline", "stage"))
    }
    return in_order(sizes, before)


def _counts(groups: Any, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    cells = collect.columns(groups.agg(nw.len().alias("n")))
    return list(zip(*(cells[c] for c in (*keys, "n")), strict=True))


def in_order(sizes: Mapping[Place, int], before: Mapping[tuple[str, str, str], int]) -> tuple[Place, ...]:
    """The stages in *sizes* by how many others they come before, less how many come before them.

    *before* has how many deals entered the first of two stages of a pipeline before the second. Of stages that
    this does not part, the one with more deals comes first.
    """
    lead = dict.fromkeys(sizes, 0)
    for pipeline, first, second in before:
        if before[pipeline, first, second] > before.get((pipeline, second, first), 0):
            lead[Place(pipeline, first)] += 1
            lead[Place(pipeline, second)] -= 1
    return tuple(sorted(sizes, key=lambda place: (place.pipeline, -lead[place], -sizes[place], place.stage)))


def ranks(known: Sequence[Place]) -> dict[tuple[str, int], Place]:
    """Pipeline and rank of each place: the number of stages before it."""
    found: dict[tuple[str, int], Place] = {}
    for place in known:
        found[place.pipeline, sum(pipeline == place.pipeline for pipeline, _ in found)] = place
    return found


def ranked(rows: Frame, known: Sequence[Place]) -> Frame:
    """*rows* with ``_rank``, what is no stage to stay in last; in the order of their deals where they are in memory."""
    told = [
        nw.when((nw.col("pipeline") == pipeline) & (nw.col("stage") == place.stage)).then(nw.lit(rank))
        for (pipeline, rank), place in ranks(known).items()
    ]
    rank = nw.coalesce(*told, nw.lit(_LAST)) if told else nw.lit(_LAST)
    outcome = nw.col("_outcome") != ""
    found = rows.with_columns(_rank=nw.when(outcome).then(nw.lit(_LAST)).otherwise(rank).cast(nw.Int64))
    return found.sort("deal_id", "_at", "_rank", "stage") if isinstance(found, nw.DataFrame) else found
