"""A stage history that stands in columns: HubSpot's deals have one for each stage, ``Date entered "Offer (Sales Pipeline)"``.

The days are read with the deals, of which they are columns like any other, and become a stage history of their own
before tables are put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Engine
from funnelkit.listing import some
from funnelkit.sources import outcomes
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.stageheaders import Stage, stage
from funnelkit.stagecolumns import is_stage_entry
from funnelkit.tables import Note
from funnelkit.words import fold

_SHOWN = 6


def apart(files: Sequence[Loaded], engine: Engine) -> list[Loaded]:
    """*files*, of which deals with days of stages are two: the deals, and behind them their stage history."""
    found: list[Loaded] = []
    for file in files:
        days = [column for column in sorted(file.present, key=_number) if is_stage_entry(column)]
        found.append(_without(file, days) if days else file)
        if days and "deal_id" in file.present:
            found.append(_history(file, days, engine))
    return found


def _number(column: str) -> tuple[int, str]:
    return len(column), column


def _without(file: Loaded, days: Sequence[str]) -> Loaded:
    """The deals of *file* without the *days* of their stages."""
    rows = collect.frame(file.frame)
    frame = rows.drop([c for c in collect.names(rows) if is_stage_entry(c)]).to_native()
    return replace(file, frame=frame, present=file.present - {*days})


def _history(file: Loaded, days: Sequence[str], engine: Engine) -> Loaded:
    """A row for each day of *days* on which a deal of *file* entered a stage."""
    rows = collect.frame(file.frame)
    named = {day: told for day in days if (told := stage(file.export.kind.columns[day]))}
    known = {fold(name) for name in collect.distinct(rows, "stage")} if "stage" in file.present else set()
    whole = any(fold(one.said) in known for one in named.values())
    beside = "pipeline" in file.present
    several = not beside and len({fold(one.pipeline) for one in named.values()}) > 1
    frames = [
        rows.filter(~nw.col(day).is_null())
        .select(
            "deal_id",
            "source_row",
            _name(one, whole=whole or several, beside=beside).alias("stage"),
            nw.col(day).alias("entered_at"),
            nw.lit(outcomes.of_stage(one.name)).alias("deal_outcome"),
        )
        .to_native()
        for day, one in named.items()
    ]
    frame = engine.held(engine.concat(frames))
    kind = file.export.kind
    mapped = {"deal_id": kind.columns["deal_id"]}
    return replace(
        file,
        export=replace(
            file.export, kind=replace(kind, table="stage_history", preset=None, columns=mapped), notes=()
        ),
        frame=frame,
        scales={},
        present=frozenset({"deal_id", "stage", "entered_at", "deal_outcome"}),
        decisions=(),
        rows=collect.count(collect.frame(frame)),
        aside=(),
        bad=(),
        mentions=frozenset(),
        currency=None,
        notes=(_note(file.export.file, named),),
    )


def _name(one: Stage, *, whole: bool, beside: bool) -> nw.Expr:
    """What a row calls its stage: *whole*, with the pipeline behind, or so only in deals of another pipeline.

    Whether the deals say their pipeline *beside*; those that say none are of any.
    """
    if whole or not one.pipeline:
        return nw.lit(one.said)
    if not beside:
        return nw.lit(one.name)
    cell = nw.col("pipeline").cast(nw.String).str.strip_chars().str.to_lowercase()
    own = (cell == one.pipeline.lower()) | cell.is_null()
    return nw.when(own).then(nw.lit(one.name)).otherwise(nw.lit(one.said))


def _note(file: str, stages: Mapping[str, Stage]) -> Note:
    listed = [one.said for one in stages.values()]
    message = (
        f"{file}: its days of {some(listed, _SHOWN)} are read as a stage history. It has one day for each stage, "
        "so that a deal that came back is seen there once"
    )
    return Note(code="stages_in_columns", message=message)
