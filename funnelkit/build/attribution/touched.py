"""From touches and conversions to paths: the engine puts the touches of each journey in order and counts equal ones.

What comes back is a row for each different path, not for each journey: the days before the conversion tell paths apart
that converted, so that weights by age are exact; those that did not convert are told apart by their touches alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.build.attribution import leftout
from funnelkit.build.attribution.conversions import NEVER
from funnelkit.build.attribution.journeys import Journeys, Sums, place, squared, texts
from funnelkit.build.attribution.others import NOT_KNOWN, OF_A_PERIOD, OF_STRANGERS, filtered, others, tables
from funnelkit.collect import Frame
from funnelkit.dimensions import BLANK
from funnelkit.linking.persons import PERSON, TOUCHES
from funnelkit.models.attribution.paths import Path

if TYPE_CHECKING:
    from funnelkit.build.attribution.conversions import Conversions
    from funnelkit.build.attribution.request import Asked
    from funnelkit.build.periods import Spans
    from funnelkit.engines import Engine
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.reasons import Reason

_LEAD, _OPPORTUNITY = 1, 2
_JOURNEY = (PERSON, "day")


def journeys(engine: Engine, facts: Facts, spans: Spans, conversions: Conversions, asked: Asked) -> Journeys:
    """The journeys of all persons with touches, and of those who converted without."""
    touches = _touches(facts, asked.by)
    named = touches.filter(~nw.col(PERSON).is_null(), nw.col("at") <= facts.as_of)
    named = collect.frame(engine.held(named.to_native()))
    ends = collect.frame(engine.held(_ends(conversions.rows).to_native()))
    pairs = named.join(ends, on=PERSON, how="inner")  # type: ignore[arg-type]
    since = nw.col("previous").is_null() | (nw.col("at") > nw.col("previous"))
    before = pairs.filter(nw.col("at") <= nw.col("day"), since)
    within = before.filter(nw.col("day") - nw.col("at") <= asked.window)
    sums = Sums()
    _converted(engine, within.filter(nw.col("counts") > 0), ends, sums, conversions.finer)
    seen = list(sums.paths.values())
    sums.add(
        Path(()),
        converted=conversions.total - sum(tally.converted for tally in seen),
        value=conversions.value - sum(tally.value for tally in seen),
    )
    _unconverted(engine, facts, spans, named, conversions, asked, sums)
    unseen = _alone(facts, spans, named, conversions, sums)
    return Journeys(
        paths=sums.paths,
        whole=True,
        milestones=conversions.milestones,
        lacking=conversions.lacking,
        unseen=unseen,
        notes=tuple(
            leftout.notes(
                facts, leftout.Stages(touches, named, before, within), ends, conversions, asked.window
            )
        ),
    )


def _touches(facts: Facts, by: str) -> Frame:
    """Person, day, order and label of every touch."""
    touches = facts.frames[TOUCHES]
    names = collect.names(touches)
    label = nw.col(by).cast(nw.String).fill_null(BLANK) if by in names else nw.lit(BLANK)
    instant = nw.col("at_instant").fill_null(0) if "at_instant" in names else nw.lit(0)
    return touches.select(
        PERSON,
        "at",
        instant.cast(nw.Int64).alias("_instant"),
        "source_file",
        "source_row",
        label.str.replace_all(collect.SEPARATOR, " ", literal=True).alias("label"),
    )


def _ends(rows: Frame) -> Frame:
    """The days on which persons converted, with what of it counts, and the day of their conversion before.

    What one person brings on one day came by one path.
    """
    known = rows.filter(~nw.col(PERSON).is_null(), nw.col("day") != NEVER)
    days = known.group_by(*_JOURNEY).agg(
        nw.col("counts").sum(),
        nw.col("value").sum(),
        nw.col("lead_at").max(),
        nw.col("opportunity_at").max(),
    )
    other = days.select(PERSON, nw.col("day").alias("_earlier"))
    pairs = days.select(*_JOURNEY).join(other, on=PERSON, how="inner")  # type: ignore[arg-type]
    before = pairs.filter(nw.col("_earlier") < nw.col("day")).group_by(*_JOURNEY)
    last = before.agg(nw.col("_earlier").max().alias("previous"))
    found: Frame = days.join(last, on=[*_JOURNEY], how="left")  # type: ignore[arg-type]
    return found


def _converted(engine: Engine, touches: Frame, ends: Frame, sums: Sums, finer: int) -> None:
    """Count the paths to conversions, their value in units so many times *finer* than that of the rows."""

    def bit(day: str, worth: int) -> nw.Expr:
        return nw.when(nw.col("at") <= nw.col(day)).then(nw.lit(worth)).otherwise(nw.lit(0))

    marked = touches.select(
        *_JOURNEY,
        "at",
        "_instant",
        "source_file",
        "source_row",
        "label",
        (nw.col("day") - nw.col("at")).cast(nw.String).alias("age"),
        (bit("lead_at", _LEAD) + bit("opportunity_at", _OPPORTUNITY)).cast(nw.String).alias("mark"),
    )
    ordered = engine.strung(
        marked.to_native(),
        _JOURNEY,
        ("at", "_instant", "source_file", "source_row"),
        ("label", "age", "mark"),
    )
    brought = ends.select(*_JOURNEY, "counts", "value")
    whole = collect.frame(ordered).join(brought, on=[*_JOURNEY], how="inner")  # type: ignore[arg-type]
    found = (
        whole.with_columns(squares=squared("value"))
        .group_by("label", "age", "mark")
        .agg(nw.col("counts").sum(), nw.col("value").sum(), nw.col("squares").sum())
    )
    for label, age, mark, counts, value, squares in collect.rows(
        found.select("label", "age", "mark", "counts", "value", "squares")
    ):
        marks = texts(mark)
        path = Path(
            texts(label),
            tuple(int(days) for days in texts(age)),
            place(marks, _LEAD),
            place(marks, _OPPORTUNITY),
        )
        sums.add(path, converted=int(counts), value=int(value) * finer, squares=float(squares) * finer**2)


def _unconverted(
    engine: Engine,
    facts: Facts,
    spans: Spans,
    touches: Frame,
    conversions: Conversions,
    asked: Asked,
    sums: Sums,
) -> None:
    """Count the paths of those who were touched and have not converted."""
    # Who converted on a day that nobody knows has, too.
    ended = conversions.rows.filter(~nw.col(PERSON).is_null()).select(PERSON).unique()
    rest: Frame = touches.join(ended, on=PERSON, how="anti")  # type: ignore[arg-type]
    if facts.filters:
        # Of persons whom no lead and no deal knows it cannot be said whether they pass.
        known = [filtered(facts, name).select(PERSON) for name in tables(facts, conversions.of) or ("leads",)]
        rest = rest.join(nw.concat(known).unique(), on=PERSON, how="semi")  # type: ignore[arg-type,type-var]
    rest = rest.with_columns(_last=nw.col("at").max().over(PERSON))
    if not spans.everything:
        rest = rest.filter(nw.col("_last") >= spans.main.start, nw.col("_last") <= spans.main.end)
    recent = rest.filter(nw.col("_last") - nw.col("at") <= asked.window).drop("_last")
    ordered = engine.strung(
        recent.to_native(), (PERSON,), ("at", "_instant", "source_file", "source_row"), ("label",)
    )
    found = collect.frame(ordered).group_by("label").agg(nw.len().alias("journeys"))
    for label, number in collect.rows(found.select("label", "journeys")):
        sums.add(Path(texts(label)), unconverted=int(number))


def _alone(facts: Facts, spans: Spans, touches: Frame, conversions: Conversions, sums: Sums) -> Reason | None:
    """Count the persons who were not even touched and have not converted; or why nobody knows them."""
    names = tables(facts, conversions.of)
    if not names:
        return NOT_KNOWN
    if not spans.everything:
        return OF_A_PERIOD
    persons = touches.select(PERSON).unique()
    strangers: Frame = persons.join(conversions.rows.select(PERSON).unique(), on=PERSON, how="anti")  # type: ignore[arg-type]
    for _, rows in others(facts, conversions, names):
        known: Frame = rows.select(PERSON).unique()
        alone: Frame = known.join(persons, on=PERSON, how="anti")  # type: ignore[arg-type]
        strangers = strangers.join(known, on=PERSON, how="anti")  # type: ignore[arg-type]
        sums.add(Path(()), unconverted=collect.count(alone))
    return OF_STRANGERS if not facts.filters and collect.count(strangers) else None
