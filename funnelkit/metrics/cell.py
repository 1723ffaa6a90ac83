"""The value of one metric in one place, with what a reader needs to trust it."""

from __future__ import annotations

from msgspec import Struct

from funnelkit.metrics.reasons import Reason

Number = int | float


class Mature(Struct, frozen=True, kw_only=True):
    """A conversion rate over only those entities that had the whole horizon to convert."""

    value: float | None
    numerator: int
    denominator: int
    horizon_days: int
    interval: tuple[float, float] | None = None
    """Wilson's 95 % limits; None where no entity had the time."""


class Projected(Struct, frozen=True, kw_only=True):
    """What the conversion within the horizon will be once the young cohorts are as old."""

    value: float | None
    interval: tuple[float, float] | None
    share_elapsed: float | None
    """Share of the conversion potential that has already had its time; 1 when all are mature."""


class Cell(Struct, frozen=True, kw_only=True):
    """One metric for one group and period. Either *value* is there, or *reason* says why not."""

    value: Number | None
    numerator: Number | None = None
    denominator: Number | None = None
    n: int | None = None
    """How many entities the value rests on."""
    interval: tuple[Number, Number | None] | None = None
    """95 % limits; an upper limit of None is infinite."""
    interval_type: str | None = None
    """wilson, poisson, t, log_t, order, km, kept or delta; the unit of a quotient of sums: days, deals or customers."""
    unlimited: Reason | None = None
    """Why there are no limits."""
    method: str | None = None
    reason: str | None = None
    message: str | None = None
    mature: Mature | None = None
    projected: Projected | None = None


class Change(Struct, frozen=True, kw_only=True):
    """A metric against the same metric in a comparison period."""

    previous: Cell
    absolute: Number | None
    """Current less previous, in the metric's unit; where *days* differ, less what previous is in as many days."""
    relative: float | None
    """Current over the same, less 1; None where previous is 0 or missing."""
    days: tuple[int, int] | None = None
    """The known days of the current and the previous period where these differ, of a number that grows with them:
    then all that is said of the change is said of the number per day."""
    interval: tuple[float, float | None] | None = None
    """95 % limits: of the difference for rates and means, of the ratio less 1 for counts and costs."""
    of_ratio: bool = False
    """Whether the limits are those of the ratio less 1."""
    verdict: str = "no call"
    """better, worse, changed (no direction is better), or no call: not more than noise."""
    uncalled: str | None = None
    """Why there is no call: noise, few (cases), young (ones among them) or untested."""
    p: float | None = None
    """How likely so large a change is by chance alone; in groups adjusted for their number."""
    detectable: tuple[float | None, float | None] | None = None
    """The smallest fall and rise of a rate that four of five times would have been told from noise."""
