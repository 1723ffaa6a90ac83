"""What a team holds its numbers against: targets for metrics, and alerts on them and on the files."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

AT_LEAST, AT_MOST = "at least", "at most"
CONTROL = "control"
DIRECTIONS = (AT_LEAST, AT_MOST)
PACE = (
    "pace: value over what the business days so far ask for; "
    "no call: short of the target by no more than noise, or too young to say"
)
"""What is said below numbers that stand beside their targets."""


class Target(Struct, frozen=True, kw_only=True):
    """What one metric is to be in one period."""

    metric: str
    period: str
    """As it was written: 2026-Q3, this-month."""
    value: Decimal
    segment: str = ""
    """Filters as ``--where`` takes them; nothing for everything."""
    direction: str | None = None
    """One of ``DIRECTIONS``; None where the metric says itself which way is good."""
    tolerance: Decimal = Decimal(0)
    """The share of the target by which it may be missed and is met."""
    at: str = ""
    """File and line, for messages."""


class Alert(Struct, frozen=True, kw_only=True):
    """What is to be told when it happens: to a metric, or to the files of a table."""

    name: str = ""
    metric: str = ""
    segment: str = ""
    period: str | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    rises: Decimal | None = None
    """The share of the period beside it by which a metric may be more."""
    falls: Decimal | None = None
    against: str = "prev"
    """What it may rise or fall against: prev or yoy."""
    behind_target: bool = False
    kind: str = ""
    """``CONTROL``: raised where the last period that is over is out of the ordinary."""
    by: str = ""
    """The dimension whose segments are watched one by one, with the whole."""
    grain: str = ""
    """The periods of the chart; nothing for those of the report, or weeks."""
    table: str = ""
    older_than: int | None = None
    """Days from the last date of the table to the as-of date. None: the table must be there."""
    at: str = ""

    @property
    def limit(self) -> Decimal | None:
        """The level that it is about; None where it is about something else."""
        return self.above if self.above is not None else self.below

    @property
    def change(self) -> Decimal | None:
        """The change that it is about, less than 0 for a fall; None where it is about something else."""
        if self.rises is not None:
            return self.rises
        return None if self.falls is None else -self.falls
