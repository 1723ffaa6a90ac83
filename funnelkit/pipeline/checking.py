"""From targets, alerts and files to the answer of ``funnelkit check``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.errors import ConfigError, UsageError
from funnelkit.goals import Target
from funnelkit.pipeline import requests, targeting
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.reading import read_config, zone_of
from funnelkit.pipeline.watching import Observe, Work, nobody
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.checks import Outcome, Watch
    from funnelkit.config import Config
    from funnelkit.goals import Alert
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.pipeline.options import Options


TODAY = "today"


def check(
    files: Sequence[str], options: Options, targets: str | None = None, observe: Observe = nobody
) -> Outcome:
    """What has become of the targets in the file *targets*, or those of the configuration, and of its alerts.

    Raises UsageError where there is nothing to check, ConfigError for targets that cannot be meant.
    """
    config = read_config(options)
    if options.as_of == TODAY:
        options = replace(options, as_of=_today(zone_of(options, config)))
    goals = targeting.targets(Path(targets) if targets else config.targets)
    if not goals and not config.alerts:
        raise UsageError(
            "there is nothing to check: no targets and no alerts",
            hint="Name a file of targets with --targets FILE, or set `targets` or `alerts` in funnelkit.yaml.",
        )
    named = [*(goal.metric for goal in goals), *(alert.metric for alert in config.alerts if alert.metric)]
    known = requests.catalog(options, config, named)
    targeting.check(goals, config.alerts, known)
    every: list[Target | Alert] = [*goals, *config.alerts]
    asked = frozenset(f.dimension for one in every for f in targeting.filters(one))
    asked |= {alert.by for alert in config.alerts if alert.by}

    def wanted(config: Config) -> frozenset[str]:
        return requests.columns(options, config) | asked

    with read(files, options, observe, wanted) as done:
        observe(Work("linking and counting"))
        return _checked(done, options, goals, known, asked)


def _today(zone: str) -> str:
    """The day that the clock says, which is asked only by name: a report made again shall be the same."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(zone)).date().isoformat()


def _checked(
    done: Read, options: Options, goals: Sequence[Target], known: Catalog, asked: frozenset[str]
) -> Outcome:
    from funnelkit.build import checks
    from funnelkit.pipeline.linked import linked

    config = done.config
    found = linked(done, options, asked | requests.dimensions(options, config))
    as_of = found.data.as_of
    return checks.study(
        found.data,
        requests.request(options, config, done.zone, as_of),
        known,
        targeting.goals(goals, known, config, as_of),
        [_watch(one, known, config, as_of) for one in config.alerts],
        found.sources,
        (*found.notes, *_clock(options, config)),
    )


def _clock(options: Options, config: Config) -> Iterator[Note]:
    """That old files are old against the data alone, where nobody said which day it is."""
    if not (options.as_of or config.as_of) and any(a.older_than is not None for a in config.alerts):
        yield Note(
            code="age_in_data",
            message="The age of tables is counted up to the last day of the data; say --as-of today to count up to today.",
        )


def _watch(alert: Alert, known: Catalog, config: Config, as_of: int) -> Watch:
    from funnelkit.build.checks import Watch

    if alert.table:
        return Watch(alert=alert)
    if alert.kind:
        metric, where = known.metric(alert.metric), targeting.filters(alert)
        return Watch(alert=alert, metric=metric, where=where, grain=alert.grain or config.grain or "week")
    spec = alert.period or (None if alert.behind_target else config.period)
    if spec is None and not alert.behind_target:
        raise ConfigError(
            f"{alert.at}: the alert on {alert.metric} does not say of which period",
            hint="Add period: last-month, or another; or `period` for the whole file.",
        )
    return Watch(
        alert=alert,
        metric=known.metric(alert.metric),
        where=targeting.filters(alert),
        period=targeting.period(spec, config, as_of) if spec else None,
    )
