"""The tables of stages: how long deals stay in each, and how likely they are to be won from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.build.entries import dimensions, named, number
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.chances import Reached
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import NO_DECIDED, NO_VALUES, NOT_REACHED
from funnelkit.metrics.stays import BACK, LOST, ON, STILL, WON, Stays
from funnelkit.statistics import survival
from funnelkit.statistics.intervals import wilson
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.cycles.staying import Staying
    from funnelkit.metrics.fold import Key
    from funnelkit.stageorder import Place

_STAYS = {
    "sum": "all stays of a deal in a stage together",
    "first": "the first stay of a deal in a stage, without those after it came back",
}


def times(found: Staying) -> Table:
    """How long deals stay in each stage."""
    return Table(
        id="stages",
        title="Days in each stage",
        fields=(
            *_names(found, TOTAL),
            Field(id="entered", label="entered", unit="count"),
            Field(id="skipped", label="skipped", unit="count"),
            Field(id="again", label="came back", unit="count"),
            Field(id="on", label="moved on", unit="count"),
            Field(id="back", label="moved back", unit="count"),
            Field(id="lost", label="lost", unit="count"),
            Field(id="still", label="still in", unit="count"),
            Field(id="median", label="median, of those that left", unit="days"),
            Field(id="km", label="median, with those still in", unit="days"),
        ),
        names=len(_names(found, TOTAL)),
        rows=tuple(tuple(_times(found, TOTAL, place)) for place in found.known(TOTAL)),
        caption=f"in the order in which deals come to them; {_STAYS[found.reentries]}; moved on to a later stage "
        "or won; skipped: came further without it; the first median is what vendors report, too short while deals are still in, and between the middle two; the second is the day on which half had left",
    )


def _times(found: Staying, key: Key, place: Place) -> Iterator[Entry]:
    stays = found.stays.get((key, place), Stays())
    yield from _named(found, key, place)
    yield number(stays.entered)
    yield number(found.reached[key, place].deals - stays.entered)
    yield number(stays.again)
    yield number(stays.ends.get(ON, 0) + stays.ends.get(WON, 0))
    yield number(stays.ends.get(BACK, 0))
    yield number(stays.ends.get(LOST, 0))
    yield number(stays.ends.get(STILL, 0))
    yield Entry(cell=_median(stays))
    yield Entry(cell=_honest(stays))


def by_group(found: Staying, keys: Sequence[Key]) -> Table:
    """The same of each group, in short."""
    names = _names(found, keys[0])
    return Table(
        id="stages_by",
        title=f"By {', '.join(found.request.by)}",
        fields=(
            *names,
            Field(id="entered", label="entered", unit="count"),
            Field(id="still", label="still in", unit="count"),
            Field(id="median", label="median, of those that left", unit="days"),
            Field(id="km", label="median, with those still in", unit="days"),
            Field(id="won", label="won of those decided", unit="ratio"),
        ),
        names=len(names),
        rows=tuple(tuple(_group(found, key, place)) for key in keys for place in found.known(key)),
    )


def _group(found: Staying, key: Key, place: Place) -> Iterator[Entry]:
    stays = found.stays.get((key, place), Stays())
    yield from _named(found, key, place)
    yield number(stays.entered)
    yield number(stays.ends.get(STILL, 0))
    yield Entry(cell=_median(stays))
    yield Entry(cell=_honest(stays))
    yield Entry(cell=rate(found.inside.get((key, place), Reached())))


def outcomes(found: Staying) -> Table:
    """What became of the deals that were in each stage, beside those that passed it."""
    return Table(
        id="chances",
        title="What becomes of deals from each stage",
        fields=(
            *_names(found, TOTAL),
            Field(id="entered", label="entered", unit="count"),
            Field(id="won", label="won", unit="count"),
            Field(id="lost", label="lost", unit="count"),
            Field(id="open", label="open", unit="count"),
            Field(id="rate", label="won of those decided", unit="ratio"),
            Field(id="mature", label="with those open", unit="ratio"),
            Field(id="reached", label="reached or passed", unit="count"),
            Field(id="passed", label="won of these decided", unit="ratio"),
        ),
        names=len(_names(found, TOTAL)),
        rows=tuple(tuple(_outcomes(found, place)) for place in found.known(TOTAL)),
        caption="of deals that were in the stage; the first rate is won over won and lost, by which pipeline_weighted "
        "weighs open deals; the second counts open deals for as long as they were seen, by Aalen and Johansen; reached or "
        "passed counts deals that jumped the stage and came to a later one, or were won, which is how stages convert",
    )


def _outcomes(found: Staying, place: Place) -> Iterator[Entry]:
    reached, inside = found.reached[TOTAL, place], found.inside.get((TOTAL, place), Reached())
    yield from _named(found, TOTAL, place)
    yield number(inside.deals)
    yield number(inside.won)
    yield number(inside.counts.get("lost", 0))
    yield number(inside.counts.get("open", 0))
    yield Entry(cell=rate(inside))
    yield Entry(cell=mature(inside))
    yield number(reached.deals)
    yield Entry(cell=rate(reached))


def rate(reached: Reached) -> Cell:
    """The share won of those won or lost."""
    return stats.share(reached.won, reached.decided) if reached.decided else stats.empty(NO_DECIDED)


def mature(reached: Reached) -> Cell:
    """The same share with the open deals counted for as long as they were seen."""
    if reached.mature is None:
        return stats.empty(NO_DECIDED)
    share, trials = reached.mature
    limits = wilson(min(share, 1.0) * trials, trials) if trials else (0.0, 1.0)
    return Cell(value=share, n=reached.deals, interval=limits, interval_type="aalen-johansen")


def _median(stays: Stays) -> Cell:
    if not stays.left:
        return stats.empty(NO_VALUES)
    return stats.quantile(sorted(stays.left.items()), 0.5, Fraction(1))


def _honest(stays: Stays) -> Cell:
    if not stays.left and not stays.still:
        return stats.empty(NO_VALUES)
    curve = survival.kaplan_meier(stays.left, stays.still)
    n = sum(stays.left.values()) + sum(stays.still.values())
    return stats.survival_quantile(curve, n, 0.5, NOT_REACHED)


def _names(found: Staying, key: Key) -> tuple[Field, ...]:
    by = dimensions(found.request.by) if key else []
    pipeline = [Field(id="pipeline", label="pipeline", unit=TEXT)] if found.pipelines else []
    return (*by, *pipeline, Field(id="stage", label="stage", unit=TEXT))


def _named(found: Staying, key: Key, place: Place) -> Iterator[Entry]:
    yield from named(key)
    if found.pipelines:
        yield Entry(text=place.pipeline)
    yield Entry(text=place.stage)
