"""What a forecast is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.forecast.outlook import AUTO

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.periods import Period
    from funnelkit.reports import Source
    from funnelkit.tables import Note

GRAINS = ("week", "month", "quarter", "year")
"""Periods that a series can have. Days vary by weekday and holiday more than these models can tell."""
AHEAD = {"week": 13, "month": 6, "quarter": 4, "year": 2}
"""So many periods are forecast unless said."""
SHOWN = {"week": 13, "month": 13, "quarter": 9, "year": 10}
"""So many periods of the past stand before them."""
GROUPS = 12
"""So many groups are shown unless said."""
PIPELINE, COMPLETION, SERIES = "pipeline", "completion", "series"
WAYS = (PIPELINE, COMPLETION, SERIES)
"""By the open deals, by the leads already in, or by the series alone."""
TOLD = {PIPELINE: ("revenue_won", "deals_won"), COMPLETION: ("customers_new",)}
"""The metrics that open cases can tell."""
USUAL = ("revenue_won", "deals_won", "customers_new", "revenue_net", "leads")
"""The metrics that are forecast unless said, as far as the files give them."""


class Asked(Struct, frozen=True, kw_only=True):
    """A request, and what only forecasts are asked for."""

    request: Request
    """Its period is what is still to come, or has begun."""
    catalog: Catalog
    goals: Sequence[Goal] = ()
    method: str = AUTO
    ahead: int

    @property
    def grain(self) -> str:
        """How long the periods of a series are."""
        return self.request.grain or "month"

    @property
    def period(self) -> Period:
        """What is forecast as a whole."""
        assert self.request.period is not None
        return self.request.period

    @property
    def model(self) -> str:
        """How series are forecast: a model by name, or the best one."""
        return AUTO if self.method in WAYS else self.method

    def takes(self, way: str) -> bool:
        """Whether the total of a period may be made in this way."""
        return self.method in (AUTO, way)


class Given(Struct, frozen=True, kw_only=True):
    """What is forecast, and what is to be said of the files."""

    data: Dataset
    sources: Sequence[Source]
    notes: Sequence[Note]
