"""From the user's words to a Report: read, put together, link, measure.

What the command line and the Python API call. The layers meet here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.reports import Report

Tables = Mapping[str, Any]
"""Canonical table -> pandas frame."""

__all__ = ["Options", "Tables", "report", "tables"]


def tables(files: Sequence[str], options: Options) -> Tables:
    """The canonical tables of *files*, with real dates and decimals, for use in pandas."""
    from funnelkit.pipeline.frames import public

    with read(files, options) as done:
        return {
            name: public(name, done.engine.in_memory(frame), scales)
            for name, (frame, scales) in _in_one_currency(done, options).items()
        }


def _in_one_currency(done: Read, options: Options) -> Mapping[str, tuple[Any, Mapping[str, int]]]:
    """The tables and their scales; open deals are worth what they are on the as-of day."""
    from funnelkit.linking import asof
    from funnelkit.pipeline import requests

    found = {name: (t.frame, t.scales) for name, t in done.together.items()}
    if done.exchange and "deals" in found:
        asked = options.as_of or done.config.as_of
        frames = {name: frame for name, (frame, _) in found.items()}
        day = requests.day(asked) if asked else asof.find(frames)[0]
        found["deals"] = done.exchange.deals(*found["deals"], done.engine, day)
    return found


def report(files: Sequence[str], options: Options, observe: Observe = nobody) -> Report:
    """The funnel report of *files*; *observe* hears of each before it is read, and of what comes after."""
    from funnelkit.pipeline import requests

    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _reported(done, options)


def _reported(done: Read, options: Options) -> Report:
    from funnelkit import build
    from funnelkit.build import checks
    from funnelkit.pipeline import requests, targeting
    from funnelkit.pipeline.linked import linked

    config = done.config
    wanted = targeting.targets(config.targets)
    named = [*options.metrics, *(one.metric for one in wanted)]
    known = requests.catalog(options, config, named, aged=True)
    targeting.check(wanted, (), known)
    found = linked(done, options, requests.dimensions(options, config))
    as_of = found.data.as_of
    request = requests.request(options, config, done.zone, as_of)
    made = build.build(found.data, request, known, found.sources, found.notes)
    goals = targeting.goals(wanted, known, config, as_of)
    return checks.beside(
        made, request, goals, checks.Day(as_of=as_of, horizon=request.horizon, catalog=known)
    )
