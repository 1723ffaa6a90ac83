"""From the user's words to a forecast: read, link, count, look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.build.checks import Goal
    from funnelkit.build.request import Request
    from funnelkit.periods import Period
    from funnelkit.pipeline.options import Options
    from funnelkit.studies import Study


def forecast(
    files: Sequence[str],
    options: Options,
    observe: Observe = nobody,
    *,
    method: str = "auto",
    ahead: int | None = None,
) -> Study:
    """What the metrics of *files* will be by the end of a period, and for *ahead* periods, by a *method*.

    Raises UsageError for what does not exist, is over, or what the files do not tell.
    """
    _check(options, method, ahead)
    from funnelkit.pipeline import requests

    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _study(done, options, observe, method, ahead)


def _check(options: Options, method: str, ahead: int | None) -> None:
    from funnelkit.build.forecast import GRAINS, TOLD, WAYS, known_methods

    methods = (*known_methods(), *WAYS)
    told = TOLD.get(method)
    if told and options.metrics and not {*told} & {*options.metrics}:
        raise UsageError(
            f"--method {method} forecasts {' and '.join(told)}, and none of these is among --metrics",
            hint="Leave --method out, or say --method series.",
        )
    if method not in methods:
        raise UsageError(
            f"--method {method}: there is no such way to forecast", hint=did_you_mean(method, methods)
        )
    if ahead is not None and not 1 <= ahead <= _FARTHEST:
        raise UsageError(f"--ahead {ahead}: not a number of periods", hint=f"Give one from 1 to {_FARTHEST}.")
    if options.grain is not None and options.grain not in GRAINS:
        raise UsageError(
            f"--grain {options.grain}: forecasts are by week, month, quarter or year",
            hint=did_you_mean(options.grain, GRAINS),
        )


_FARTHEST = 120


def _study(done: Read, options: Options, observe: Observe, method: str, ahead: int | None) -> Study:
    from funnelkit.build import forecast as building
    from funnelkit.build import request
    from funnelkit.pipeline import requests, targeting
    from funnelkit.pipeline.linked import linked

    # A weekly report by channel is not what makes a forecast weekly: only what the command line says does.
    config = replace(done.config, by=(), grain="month", compare=None, period=None)
    goals = targeting.targets(config.targets)
    known = requests.catalog(options, config, [*options.metrics, *(goal.metric for goal in goals)])
    targeting.check(goals, (), known)
    found = linked(done, options, requests.dimensions(options, config))
    data = found.data
    if not data.dated:
        raise UsageError(
            "none of the files holds a date, and without one there is nothing to go on from",
            hint="Load an export with a date column.",
        )
    wanted = requests.request(options, config, done.zone, data.as_of)
    wanted = replace(wanted, period=_period(wanted, data.as_of))
    request.check(wanted, data, known)
    grain = wanted.grain or "month"
    asked = building.Asked(
        request=wanted,
        catalog=known,
        goals=_coming(targeting.goals(goals, known, config, data.as_of), wanted, data.as_of),
        method=method,
        ahead=ahead or building.AHEAD[grain],
    )
    given = building.Given(data=data, sources=found.sources, notes=found.notes)
    return building.study(given, asked, lambda what: observe(Work(f"forecasting {what}")))


def _period(wanted: Request, as_of: int) -> Period:
    """What is forecast as a whole: the period asked for, else the quarter of the day after the as-of day."""
    from funnelkit.periods import from_day
    from funnelkit.periods.grains import piece, serial

    if wanted.period is None:
        return piece(serial(as_of + 1, "quarter", wanted.calendar), "quarter", wanted.calendar)
    if wanted.period.end <= as_of:
        raise UsageError(
            f"{wanted.period.label} is over on {from_day(as_of)}, the last day of the data: there is nothing left to forecast",
            hint="Give a --period that ends later, or an earlier --as-of.",
        )
    if wanted.period.end - as_of > _LONGEST:
        raise UsageError(
            f"{wanted.period.label} ends more than ten years after {from_day(as_of)}, the last day of the data",
            hint="Give a --period that ends sooner.",
        )
    return wanted.period


_LONGEST = 3660


def _coming(goals: Sequence[Goal], wanted: Request, as_of: int) -> list[Goal]:
    """The targets of what is forecast: of all, or of the segment that is asked about, in periods that are not over."""
    return [
        goal
        for goal in goals
        if as_of < goal.period.end <= as_of + _LONGEST and {*goal.where} == {*wanted.where}
    ]
