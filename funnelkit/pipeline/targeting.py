"""The targets of a configuration, understood: one reading for the check and for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit import periods
from funnelkit.dimensions import DIMENSIONS
from funnelkit.errors import ConfigError, FunnelkitError, UsageError, did_you_mean, raise_all
from funnelkit.goals import AT_LEAST, AT_MOST, Target
from funnelkit.pipeline import requests

if TYPE_CHECKING:
    from funnelkit.build.checks import Goal
    from funnelkit.build.request import Filter
    from funnelkit.config import Config
    from funnelkit.goals import Alert
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Metric
    from funnelkit.periods import Period

_NO_SHARE = 2
"""No rate is held against a target of so many times the whole: per cent were meant."""


def targets(path: Path | None) -> tuple[Target, ...]:
    """What the file at *path* asks for; nothing without a file. Raises as ``config.targets.read`` does."""
    from funnelkit.config import targets

    return targets.read(path) if path else ()


def check(goals: Sequence[Target], alerts: Sequence[Alert], known: Catalog) -> None:
    """Raise ConfigError for what names no metric or does not say which side is good; all at once, each with its line."""
    problems: list[FunnelkitError] = []
    every: list[Target | Alert] = [*goals, *alerts]
    for one in every:
        if not one.metric:
            continue
        problems += _unknown(one)
        try:
            metric = known.metric(one.metric)
        except UsageError as error:
            problems.append(ConfigError(f"{one.at}: {error}", hint=error.hint))
            continue
        if metric.unit == "ratio" and isinstance(one, Target) and one.value >= _NO_SHARE:
            problems.append(
                ConfigError(
                    f"{one.at}: a target of {one.value:f} for {one.metric} is {one.value:f} times the whole",
                    hint=f"Write {one.value:f} % where per cent are meant.",
                )
            )
        if metric.better == "none" and not getattr(one, "direction", "at most"):
            problems.append(
                ConfigError(
                    f"{one.at}: {one.metric} does not say by itself which side of a target is good",
                    hint="Add direction: at least, or at most.",
                )
            )
    targeted = {one.metric for one in goals}
    for alert in alerts:
        if alert.behind_target and alert.metric not in targeted:
            problems.append(
                ConfigError(
                    f"{alert.at}: there is no target for {alert.metric} that could be behind",
                    hint="Add one to the file of targets.",
                )
            )
    raise_all(problems)


def _unknown(one: Target | Alert) -> Iterator[ConfigError]:
    """What is wrong with the segment of *one*; whether the loaded files have its dimension is not asked here."""
    try:
        named = filters(one)
    except UsageError as error:
        yield ConfigError(f"{one.at}: {error}", hint=error.hint)
        return
    for name in dict.fromkeys(f.dimension for f in named):
        if name not in DIMENSIONS:
            yield ConfigError(
                f"{one.at}: there is no dimension {name!r}", hint=did_you_mean(name, DIMENSIONS)
            )


def filters(one: Target | Alert) -> tuple[Filter, ...]:
    """The segment of *one*, as ``--where`` has it."""
    return tuple(requests.filters(one.segment)) if one.segment else ()


def goals(several: Sequence[Target], known: Catalog, config: Config, as_of: int) -> list[Goal]:
    """The targets with their metrics, segments and periods; *as_of* is a day number."""
    return [_goal(one, known.metric(one.metric), config, as_of) for one in several]


def _goal(target: Target, metric: Metric, config: Config, as_of: int) -> Goal:
    from funnelkit.build.checks import Goal

    direction = target.direction or (AT_LEAST if metric.better == "higher" else AT_MOST)
    return Goal(
        target=target,
        metric=metric,
        where=filters(target),
        period=period(target.period, config, as_of),
        at_least=direction == AT_LEAST,
    )


def period(spec: str, config: Config, as_of: int) -> Period:
    """The days that *spec* means in the calendar of *config*."""
    return periods.parse(spec, as_of=as_of, calendar=config.calendar)
