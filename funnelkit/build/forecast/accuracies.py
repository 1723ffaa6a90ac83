"""What was forecast in the past, against what came: each way of telling a metric beside the naive ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.entries import number
from funnelkit.build.forecast.outlook import LEVEL
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.models.forecast.backtest import Backtest
from funnelkit.models.forecast.series import Refusal
from funnelkit.rounding import percent
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.forecasted import Forecasted
    from funnelkit.build.forecast.outcome import Outcome
    from funnelkit.periods import Period


def accuracy(made: Assembled) -> Table:
    """Each way of telling a metric: the same period by it, and how wrong it was in the past."""
    rows = [row for one in made.forecasts for row in _ways(one, made.asked.period)]
    return Table(
        id="accuracy",
        title="What was forecast in the past, against what came",
        fields=(
            Field(id="metric", label="metric", unit=TEXT),
            Field(id="method", label="method", unit=TEXT),
            Field(id="forecast", label=made.asked.period.label, unit="count"),
            Field(id="wape", label="error (WAPE)", unit="ratio"),
            Field(id="naive", label="naive", unit="ratio"),
            Field(id="seasonal_naive", label="seasonal naive", unit="ratio"),
            Field(id="bias", label="bias", unit="ratio"),
            Field(id="covered", label="within limits", unit="ratio"),
            Field(id="origins", label="times", unit="count"),
            Field(id="ahead", label="periods ahead", unit="count"),
        ),
        names=2,
        rows=tuple(rows),
        caption="WAPE: the sum of all misses over the sum of what came, at the last origins of which the future is known; naive: as "
        f"the period before, seasonal naive: as a year before, over the same periods; {percent(LEVEL, 0)} should lie within the limits; "
        f"bias above 0: too high{_of_a_day(made)}",
    )


def _of_a_day(made: Assembled) -> str:
    """What else is to be said of forecasts of a period that has begun."""
    tested = [one.tested for one in made.forecasts]
    if not any(isinstance(one, Backtest) and one.begun for one in tested):
        return ""
    return (
        "; each made on the same day of its first period as the forecast is, of which what was in by then is known: "
        "naive ones add to it the rest of the period before, or of the same one a year before"
    )


def _ways(one: Forecasted, period: Period) -> Iterator[tuple[Entry, ...]]:
    unit = one.metric.unit
    if one.way is not None:
        yield _tried(one, one.way.name, one.by_way(period), one.way.tested, unit)
    if one.outlook.coming is not None:
        yield _tried(one, one.outlook.method, one.by_series(period), one.outlook.tested, unit)
    if one.outlook.choice is not None and one.outlook.beaten is not None:
        given_up = one.outlook.choice.instead
        yield (
            Entry(text=one.metric.id),
            Entry(text=given_up),
            Entry(),
            *tries(one.outlook.beaten),
        )


def _tried(
    one: Forecasted, method: str, found: Outcome | Refusal, tested: Backtest | Refusal, unit: str
) -> tuple[Entry, ...]:
    forecast = refused(found) if isinstance(found, Refusal) else cell(found)
    return (
        Entry(text=one.metric.id),
        Entry(text=method),
        Entry(cell=forecast, unit=unit),
        *tries(tested),
    )


def tries(tested: Backtest | Refusal) -> Iterator[Entry]:
    """The errors of a back-test, of the naive forecasts, bias, coverage, how often it was tried and how far ahead."""
    if isinstance(tested, Refusal):
        yield Entry(cell=refused(tested))
        yield from [Entry()] * 6
        return
    seasonal = tested.seasonal_naive
    yield _error(tested.own.wape, tested.own.n)
    yield _error(tested.naive.wape, tested.naive.n)
    yield Entry(cell=empty(_NO_YEAR)) if seasonal is None else _error(seasonal.wape, seasonal.n)
    yield number(tested.own.bias)
    yield number(tested.covered, tested.own.n)
    yield number(tested.origins)
    yield number(tested.steps)


_NOTHING_CAME = Reason("no_denominator", "nothing came in the periods that were tried")


_NO_YEAR = Reason("no_year_before", "no whole year before each of the periods that were tried")


def _error(value: float | None, n: int) -> Entry:
    return Entry(cell=empty(_NOTHING_CAME) if value is None else Cell(value=value, n=n))


def cell(found: Outcome) -> Cell:
    """A forecast with its limits."""
    return Cell(value=found.mean, interval=found.limits, interval_type="normal")


def refused(found: Refusal) -> Cell:
    """An empty cell with the reason why nothing is forecast."""
    return empty(Reason(found.code, found.message))
