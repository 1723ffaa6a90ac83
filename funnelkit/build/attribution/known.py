"""Paths where no touches are loaded: by what a lead came first, and by what latest, is all that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.build.attribution.conversions import source_of_lead
from funnelkit.build.attribution.journeys import Journeys, Sums, squared
from funnelkit.build.attribution.others import NOT_KNOWN, OF_A_PERIOD, filtered, others, tables
from funnelkit.errors import UsageError
from funnelkit.linking.persons import PERSON
from funnelkit.models.attribution.paths import Path
from funnelkit.tables import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnelkit.build.attribution.conversions import Conversions
    from funnelkit.build.attribution.request import Asked
    from funnelkit.build.periods import Spans
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.reasons import Reason


def journeys(facts: Facts, spans: Spans, conversions: Conversions, asked: Asked) -> Journeys:
    """The journeys of leads, of one or two known touches. Raises UsageError where no file says where they came from."""
    by, latest = asked.by, f"latest_{asked.by}"
    if not (facts.has("leads", by) or facts.has("deals", by)):
        raise UsageError(
            f"no touches are loaded, and neither leads nor deals say by what {by} they came",
            hint="Load the touches (touches=FILE: person, time and channel), or export the leads with their source.",
        )
    both = facts.has("leads", latest)
    won = conversions.rows.filter((nw.col("counts") == 1) | (nw.col("value") != 0))
    won = won.with_columns(squares=squared("value"))
    if both and conversions.of in ("deal", "customer"):
        last = filtered(facts, "leads").select(PERSON, nw.col(latest).cast(nw.String).alias("_latest"))
        won = won.join(last, on=PERSON, how="left").with_columns(latest=nw.col("_latest"))  # type: ignore[arg-type]
    sums = Sums()
    found = won.group_by("first", "latest").agg(
        nw.col("counts").sum().alias("journeys"), nw.col("value").sum(), nw.col("squares").sum()
    )
    finer = conversions.finer
    for first, last_one, number, value, squares in collect.rows(
        found.select("first", "latest", "journeys", "value", "squares")
    ):
        sums.add(
            _path(first, last_one),
            converted=int(number),
            value=int(value) * finer,
            squares=float(squares) * finer**2,
        )
    unseen = _unconverted(facts, spans, conversions, asked, sums)
    return Journeys(
        paths=sums.paths, whole=False, milestones=False, notes=tuple(_notes(both=both)), unseen=unseen
    )


def _unconverted(
    facts: Facts, spans: Spans, conversions: Conversions, asked: Asked, sums: Sums
) -> Reason | None:
    """Count those who have not converted, of a period those that were created in it; or why nobody knows them."""
    told = [name for name in tables(facts, conversions.of) if facts.has(name, asked.by)]
    dated = [name for name in told if spans.everything or facts.has(name, "created_at")]
    for name, rows in others(facts, conversions, dated):
        if not spans.everything:
            created = nw.col("created_at")
            rows = rows.filter(created >= spans.main.start, created <= spans.main.end)
        latest = f"latest_{asked.by}"
        label = nw.col(latest) if name == "leads" and facts.has(name, latest) else nw.lit(None)
        pairs = rows.select(
            source_of_lead(facts, name, asked.by).alias("first"), label.cast(nw.String).alias("latest")
        )
        counted = pairs.group_by("first", "latest").agg(nw.len().alias("journeys"))
        for first, last_one, number in collect.rows(counted.select("first", "latest", "journeys")):
            sums.add(_path(first, last_one), unconverted=int(number))
    if told == dated:
        return None if told else NOT_KNOWN
    return OF_A_PERIOD


def _path(first: str | None, latest: str | None) -> Path:
    """What came first and what latest; one touch where both are the same, for there may have been no other."""
    known = [touch for touch in (first, latest) if touch is not None]
    return Path(tuple(dict.fromkeys(known)))


def _notes(*, both: bool) -> Iterator[Note]:
    known = "where a lead came from first and latest" if both else "where a lead came from"
    yield Note(
        code="no_touches",
        message=f"No touches are loaded: of every path it is known {known}, and nothing between. "
        "Models that look at what came between are n/a; touches=FILE (person, time, channel) tells them",
    )
