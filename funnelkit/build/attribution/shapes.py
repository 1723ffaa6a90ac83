"""The tables of paths: which are most frequent, how many touches they have, how many days they take, what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.attribution.result import binomial
from funnelkit.build.entries import number
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.cell import Cell
from funnelkit.models.attribution.lengths import Row, lags, path_lengths
from funnelkit.models.attribution.markov import markov
from funnelkit.statistics.intervals import wilson
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.attribution.result import Result
    from funnelkit.models.attribution.paths import Tally

PATHS = 12
"""So many of the most frequent paths are shown."""
_LENGTHS = (0, 1, 2, 3, 4, 5, 6, 8, 11, 16)
_DAYS = (0, 1, 3, 8, 15, 31, 61, 91)
_LONGEST = 8
"""Of a path so many touches are written out."""


def paths(found: Result) -> Table | None:
    """The most frequent paths to a conversion; None where nobody converted after a touch."""
    known = [
        (path, tally) for path, tally in found.journeys.orders.items() if path.channels and tally.converted
    ]
    known.sort(key=lambda one: (-one[1].converted, one[0].channels))
    if not known:
        return None
    rest = f"; {len(known) - PATHS:,} more paths" if len(known) > PATHS else ""
    n = found.conversions.total
    return Table(
        id="paths",
        title="Most frequent paths",
        caption=f"touches in their order before {found.conversions.several}{rest}; the rate is of all who went the path, converted or not",
        fields=(
            Field(id="path", label="path", unit=TEXT),
            Field(id="conversions", label=found.conversions.several, unit="count"),
            Field(id="share", label="share", unit="ratio"),
            Field(id="rate", label="converted", unit="ratio"),
        ),
        rows=tuple(
            (
                Entry(text=_written(path.channels)),
                number(tally.converted, n),
                Entry(cell=binomial(tally.converted, n)),
                _rate(found, tally, len(path.channels)),
            )
            for path, tally in known[:PATHS]
        ),
        chart=Chart(of=("conversions",)),
    )


def _written(channels: Sequence[str]) -> str:
    """``a > b ×2 > c``: the same touch again in a row is counted, and of long paths the middle left out."""
    steps: list[tuple[str, int]] = []
    for channel in channels:
        if steps and steps[-1][0] == channel:
            steps[-1] = channel, steps[-1][1] + 1
        else:
            steps.append((channel, 1))
    told = [f"{channel} ×{times}" if times > 1 else channel for channel, times in steps]
    if len(told) > _LONGEST:
        told = [*told[: _LONGEST - 1], f"({len(told) - _LONGEST:,} more)", told[-1]]
    return " > ".join(told)


def _rate(found: Result, tally: Tally, touches: int) -> Entry:
    """Who converted of all who came so; missing where nobody knows who did not."""
    if reason := found.journeys.rate(touches):
        return Entry(cell=stats.empty(reason))
    seen = tally.converted + tally.unconverted
    return Entry(cell=binomial(tally.converted, seen)) if seen else Entry()


def lengths(found: Result) -> Table:
    """Conversions by the number of touches before them."""
    rows = path_lengths(found.journeys.orders, _LENGTHS)
    return Table(
        id="lengths",
        title="Touches before the conversion",
        caption="all who went as many touches, converted or not, are the n of the rate; who did not convert may still",
        fields=(
            Field(id="touches", label="touches", unit=TEXT),
            Field(id="conversions", label=found.conversions.several, unit="count"),
            Field(id="share", label="share", unit="ratio"),
            Field(id="so_far", label="so far", unit="ratio"),
            Field(id="rate", label="converted", unit="ratio"),
        ),
        rows=tuple(tuple(_length(found, row)) for row in rows if _any(row)),
        chart=Chart(of=("conversions",)),
    )


def _any(row: Row) -> bool:
    return bool(row.tally.converted or row.tally.unconverted)


def _range(row: Row) -> str:
    if row.high is None:
        return f"{row.low} or more"
    return str(row.low) if row.high == row.low else f"{row.low} to {row.high}"


def _length(found: Result, row: Row) -> Iterator[Entry]:
    n = found.conversions.total
    yield Entry(text=_range(row))
    yield number(row.tally.converted, n)
    yield Entry(cell=binomial(row.tally.converted, n))
    yield number(row.so_far)
    yield _rate(found, row.tally, row.low)


def waits(found: Result) -> Table | None:
    """Days from the first touch, and from the last, to the conversion; None where touches are not known."""
    if not found.journeys.whole or not found.touched:
        return None
    known = found.journeys.paths
    first, last = (lags(known, _DAYS, from_last=way) for way in (False, True))
    n = found.touched

    def entries(row: Row) -> tuple[Entry, Entry, Entry]:
        share = wilson(row.tally.converted, n)
        cell = Cell(value=row.tally.converted / n, n=n, interval=share, interval_type="wilson")
        return number(row.tally.converted, n), Entry(cell=cell), number(row.so_far)

    return Table(
        id="lags",
        title="Days from the touches to the conversion",
        caption=f"of the {n:,} with a touch in the {found.asked.window} days before; whole calendar days",
        fields=(
            Field(id="days", label="days", unit=TEXT),
            Field(id="from_first", label="from the first touch", unit="count"),
            Field(id="from_first_share", label="share", unit="ratio"),
            Field(id="from_first_so_far", label="so far", unit="ratio"),
            Field(id="from_last", label="from the last touch", unit="count"),
            Field(id="from_last_share", label="share", unit="ratio"),
            Field(id="from_last_so_far", label="so far", unit="ratio"),
        ),
        rows=tuple(
            (Entry(text=_range(one)), *entries(one), *entries(other))
            for one, other in zip(first, last, strict=True)
            if _any(one) or _any(other)
        ),
        chart=Chart(of=("from_first", "from_last")),
    )


def _lost(effect: float, n: int, limits: tuple[float, float] | None) -> Cell:
    return Cell(value=effect, n=n, interval=limits, interval_type="bootstrap" if limits else None)


def removal(found: Result) -> Table | None:
    """What would be lost without each, by the Markov chain; None where that model is not shown."""
    if "markov" not in found.given:
        return None
    done = markov(found.journeys.orders, found.asked.settings.order)
    lost = next(model.lost for model in found.models if model.name == "markov")
    order = found.asked.settings.order
    return Table(
        id="removal",
        title="What would be lost without each",
        caption=f"removal effects of the Markov chain of order {order}, solved exactly: 1 - P(conversion without it) / P(conversion), "
        f"where P(conversion) is {done.rate:.4f}",
        fields=(
            Field(id=found.asked.by, label=found.asked.by, unit=TEXT),
            Field(id="effect", label="removal effect", unit="ratio"),
            Field(id="credit", label=f"{found.conversions.several} by it", unit="count"),
        ),
        rows=tuple(
            (
                Entry(text=name),
                Entry(cell=_lost(done.effects[name], found.conversions.total, lost.get(name))),
                number(float(done.credit.conversions.get(name, 0))),
            )
            for name in found.shown
            if name in done.effects
        ),
        chart=Chart(of=("effect",)),
    )
