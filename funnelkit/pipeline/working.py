"""From the user's words to one metric worked out in the open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.pipeline.options import Options
    from funnelkit.studies import Study


def worked(metric: str, files: Sequence[str], options: Options, observe: Observe = nobody) -> Study:
    """*metric* of *files*, with the numbers that it is made of. Raises UsageError for a metric that is none."""
    from funnelkit.pipeline import requests

    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _study(metric, done, options)


def _study(metric: str, done: Read, options: Options) -> Study:
    from funnelkit.build import worked
    from funnelkit.pipeline import listings, requests
    from funnelkit.pipeline.linked import linked
    from funnelkit.render._numbers import number

    # What a configuration says of reports (a trend, groups, a comparison) is not asked here.
    config = replace(done.config, by=(), grain=None, compare=None)
    known = requests.catalog(options, config, [metric])
    asked = known.metric(metric)
    found = linked(done, options, requests.dimensions(options, config))
    request = requests.request(options, config, done.zone, found.data.as_of)
    return worked.study(
        found.data,
        request,
        known,
        asked,
        found.sources,
        found.notes,
        lambda value, unit: number(value, unit, found.data.currency),
        listings.counted,
    )
