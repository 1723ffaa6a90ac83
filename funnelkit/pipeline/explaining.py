"""From the user's words to the study of why a metric changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.studies import Study

__all__ = ["Options", "why"]


def why(
    metric: str,
    files: Sequence[str],
    options: Options,
    between: Sequence[str] = (),
    observe: Observe = nobody,
) -> Study:
    """Why *metric* of *files* changed, or differs *between* two segments; *observe* hears of each file."""
    with read(files, options, observe, lambda config: _columns(options, config, between)) as done:
        observe(Work("linking and counting"))
        return _explained(metric, done, options, between)


def _columns(options: Options, config: Config, between: Sequence[str]) -> frozenset[str]:
    """The columns that somebody will ask for: where no dimension is named, all of them."""
    from funnelkit.pipeline import requests

    return requests.columns(options, config) | _dimensions(options, config, between)


def _dimensions(options: Options, config: Config, between: Sequence[str]) -> frozenset[str]:
    from funnelkit.dimensions import DIMENSIONS
    from funnelkit.pipeline import requests

    named = requests.dimensions(options, config) | {f.dimension for b in between for f in requests.filters(b)}
    return named if options.by else named | {*DIMENSIONS}


def _explained(metric: str, done: Read, options: Options, between: Sequence[str]) -> Study:
    from funnelkit.build import why
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.linked import linked
    from funnelkit.render._numbers import number

    config = done.config
    found = linked(done, options, _dimensions(options, config, between))
    asked = replace(options, top=None, sort=None, grain=None)
    request = requests.request(asked, config, done.zone, found.data.as_of)
    # What a configuration says of reports (a trend, nested groups) is not asked here.
    request = replace(request, by=tuple(options.by), grain=None)
    if between:
        # A comparison that only the configuration asks for is not in the way.
        request = replace(request, compare=request.compare if options.compare else ())
    question = why.Question(
        metric=metric,
        request=request,
        between=why.sides([f for text in between for f in requests.filters(text)]),
        top=options.top,
    )
    currency = found.data.currency
    return why.explain(
        found.data,
        question,
        requests.catalog(options, config, [metric]),
        found.sources,
        found.notes,
        lambda value, unit: number(value, unit, currency),
    )
