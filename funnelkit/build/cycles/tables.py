"""The tables of how long deals take: the vendors' numbers beside the honest ones, the course by age, the groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.build.entries import dimensions, named, number
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.compare import NO_CALL
from funnelkit.metrics.reasons import NO_VALUES, Reason
from funnelkit.statistics import competing, curves
from funnelkit.statistics.moments import Moments
from funnelkit.statistics.significance import false_discovery
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.cycles.waits import Cycles, Waits
    from funnelkit.metrics.fold import Key

AGES = (7, 14, 30, 60, 90, 120, 180, 270, 365)
_ONE = Fraction(1)
_LEVEL = 0.05


def measures(waits: Waits) -> Table:
    """What is usually said, and what holds with the open deals."""
    won = waits.won
    ordered = sorted(won.items())
    rows = (
        ("mean", "won deals, mean", stats.mean(Moments.of(won), _ONE)),
        ("median", "won deals, median", stats.quantile(ordered, 0.5, _ONE)),
        ("p90", "won deals, P90", stats.quantile(ordered, 0.9, _ONE)),
        ("km", "until closed, with those open", stats.survival_quantile(waits.curve, waits.deals)),
        ("won_median", "until won, of those ever won", _median_of_winners(waits)),
    )
    return Table(
        id="measures",
        title="Days from created to closed",
        fields=(
            Field(id="measure", label="", unit=TEXT),
            Field(id="days", label="days", unit="days"),
        ),
        rows=tuple((Entry(text=label), Entry(cell=cell)) for _, label, cell in rows),
        caption="the first three are what vendors report: they leave out what is not won yet, and so are too short",
    )


def _median_of_winners(waits: Waits) -> Cell:
    day = competing.quantile_among(waits.incidence, "won")
    return Cell(value=day, n=waits.deals) if day is not None else stats.empty(NO_VALUES)


def course(waits: Waits) -> Table:
    """The shares won, lost and open by age."""
    return Table(
        id="course",
        title="What becomes of deals by age",
        fields=(
            Field(id="age", label="within", unit="days"),
            Field(id="won", label="won", unit="ratio"),
            Field(id="lost", label="lost", unit="ratio"),
            Field(id="open", label="open", unit="ratio"),
            Field(id="naive", label="1 - Kaplan-Meier of won", unit="ratio"),
        ),
        rows=tuple(_at(waits, age) for age in ages(waits)),
        caption="by Aalen and Johansen: lost deals can no longer be won, open ones count for as long as they have been seen",
        chart=Chart(of=("won", "lost"), along="age"),
    )


def ages(waits: Waits) -> list[int]:
    """The ages that some deal has been followed to."""
    return [age for age in AGES if age <= waits.longest] or [waits.longest]


def _at(waits: Waits, age: int) -> tuple[Entry, ...]:
    found = waits.incidence
    return (
        number(age),
        Entry(cell=share(waits, "won", age)),
        Entry(cell=share(waits, "lost", age)),
        number(competing.open_at(found, age)),
        number(waits.naive(age)),
    )


def share(waits: Waits, outcome: str, age: int) -> Cell:
    """The share that has had *outcome* by *age*, with limits; none where no deal has been followed so long."""
    if not waits.tells(age):
        return stats.empty(
            Reason("too_young", f"no deal has been followed for {age:,} days, and some are open")
        )
    return Cell(
        value=competing.share_at(waits.incidence, outcome, age),
        n=waits.deals,
        interval=competing.share_limits(waits.incidence, outcome, age),
        interval_type="aalen-johansen",
    )


def groups(cycles: Cycles, keys: Sequence[Key]) -> Table:
    """Each group beside all the others."""
    by, horizon = cycles.request.by, cycles.request.horizon
    each = {key: cycles.of(key) for key in keys}
    between = {key: _between(each[key], cycles.of()) for key in keys}
    ps = false_discovery([found.p for found in between.values() if found])
    adjusted = dict(zip((key for key, found in between.items() if found), ps, strict=True))
    names = dimensions(by)
    return Table(
        id="groups",
        title=f"By {', '.join(by)}",
        fields=(
            *names,
            Field(id="deals", label="deals", unit="count"),
            Field(id="won", label=f"won within {horizon} d", unit="ratio"),
            Field(id="km", label="median until closed", unit="days"),
            Field(id="mean", label="mean until closed, restricted", unit="days"),
            Field(id="difference", label="against the others", unit="days"),
        ),
        names=len(names),
        rows=tuple(tuple(_group(cycles, key, each[key], between[key], adjusted.get(key))) for key in keys),
        caption="the restricted mean is over the days up to which both the group and all others were followed; "
        "5 % of the calls at most are wrong",
    )


def _between(group: Waits, all_: Waits) -> curves.DaysBetween | None:
    """The restricted mean of *group* less that of the others; None where either is empty."""
    others = curves.Times(
        Counter(all_.closing.events) - Counter(group.closing.events),
        Counter(all_.closing.censored) - Counter(group.closing.censored),
    )
    if not group.deals or not (others.events or others.censored):
        return None
    return curves.days_between(group.closing, others)


def _group(
    cycles: Cycles, key: Key, waits: Waits, between: curves.DaysBetween | None, p: float | None
) -> Iterator[Entry]:
    young = waits.deals < cycles.request.min_n
    yield from named(key)
    yield number(waits.deals)
    yield Entry(cell=share(waits, "won", cycles.request.horizon))
    yield Entry(cell=stats.survival_quantile(waits.curve, waits.deals))
    if between is None:
        yield from (Entry(), Entry())
        return
    mean, error = curves.restricted_mean(waits.curve, between.tau)
    half = 1.959964 * error
    yield Entry(
        cell=Cell(value=mean, n=waits.deals, interval=(mean - half, mean + half), interval_type="normal")
    )
    called = p is not None and p <= _LEVEL and not young
    verdict = ("better" if between.value < 0 else "worse") if called else NO_CALL
    yield Entry(
        cell=Cell(value=between.value, interval=(between.low, between.high), interval_type="normal"),
        verdict=verdict,
    )
