"""What the value of customers is asked for, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.build.request import Request

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.reports import Source
    from funnelkit.tables import Note

AUTO, HISTORIC, SIMPLE = "auto", "historic", "simple"
CONTRACT = ("sbg", "bdw")
SILENT = ("bgnbd", "mbgnbd", "pareto", "bgbb")
MODELS = (AUTO, HISTORIC, SIMPLE, *CONTRACT, *SILENT)
UNITS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
"""Days in each unit of time that the parameters may be in."""
AHEAD = 12
"""So many months are looked ahead unless said."""


_PART = 4
"""A mean by an age is of a quarter of the customers at least: the first ones may have been of another kind."""


class Asked(Struct, frozen=True, kw_only=True):
    """A request, and what only the value of customers is asked for."""

    request: Request
    kind: str
    """payments or deals."""
    model: str = AUTO
    unit: str | None = None
    """Of time: one of ``UNITS``; None is a week, of contracts their term, of set occasions a month."""
    until: int | None = None
    """The last day that the model is fitted to; what came after it is held out. None is all that is known."""
    ahead: int = AHEAD
    """Months."""

    @property
    def margin(self) -> Decimal:
        """What revenue is multiplied by: the gross margin, 1 where none is given."""
        given = self.request.gross_margin
        return Decimal(1) if given is None else given

    def enough(self, customers: int) -> int:
        """How many of so many *customers* must have an age behind them for it to be told of them all."""
        return max(min(self.request.min_n, customers), -(-customers // _PART), 1)

    @property
    def of(self) -> str:
        """What the money is."""
        return "revenue" if self.request.gross_margin is None else "gross margin"

    @property
    def ahead_days(self) -> float:
        """How far is looked ahead."""
        return self.ahead * UNITS["month"]

    def rate(self, days: float) -> float | None:
        """The discount rate over so many *days*, as a fraction; None where none is given."""
        given = self.request.discount
        return None if given is None or given <= 0 else (1 + float(given)) ** (days / 365.25) - 1


class Given(Struct, frozen=True, kw_only=True):
    """What is measured, and what is to be said of the files."""

    data: Dataset
    sources: Sequence[Source]
    notes: Sequence[Note]
    hold: Callable[[Any], Any]
    """What lets an engine work a frame out once."""
