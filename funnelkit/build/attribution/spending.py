"""What was spent on what is given credit, and what its platforms claim, by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.counting import Count, count
from funnelkit.metrics import catalog
from funnelkit.metrics.reasons import missing_dimension

if TYPE_CHECKING:
    from funnelkit.build.attribution.request import Asked
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.reasons import Reason

_COST, _CLAIMED = "spend", "ad_conversions"


class Spending(Struct, frozen=True, kw_only=True):
    """Spend and claimed conversions in the period, by group."""

    cost: Mapping[str, float]
    """In units of the currency."""
    claimed: Mapping[str, float]
    no_cost: Reason | None
    no_claim: Reason | None


def counted(data: Dataset, asked: Asked) -> tuple[Count, Spending]:
    """One question to the engine: the spend by group, and with it the periods and filters of everything else."""
    known = catalog.load()
    measures = [known.measures[_COST], known.measures[_CLAIMED]]
    done = count(data, replace(asked.request, top=None), known, (), measures)
    sums = {measure.id: _sums(done, data, measure.id) for measure in measures}
    lacks = dict(done.counted.lacks)
    if "spend" in data.frames and asked.by not in data.present["spend"]:
        lacks |= {measure.id: missing_dimension("spend", asked.by) for measure in measures}
        sums = {measure.id: {} for measure in measures}
    return done, Spending(
        cost=sums[_COST], claimed=sums[_CLAIMED], no_cost=lacks.get(_COST), no_claim=lacks.get(_CLAIMED)
    )


def _sums(done: Count, data: Dataset, id: str) -> dict[str, float]:
    if id in done.counted.lacks:
        return {}
    measure = done.catalog.measures[id]
    unit = 10 ** data.scales["spend"].get(measure.column or "", 0)
    tally, window = done.counted.tally, done.spans.window
    return {key[0]: tally.sum(measure, key, window) / unit for key in tally.keys([measure], [window]) if key}
