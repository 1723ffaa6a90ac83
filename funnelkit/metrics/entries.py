"""What the catalogue consists of: measures, histograms and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from funnelkit.metrics.formula import Formula

OWN, MATURE, CRM = "own", "mature", "crm"
CHANCES = (OWN, MATURE, CRM)
"""Who says how likely an open deal is to be won: own history, the same with the open deals counted, the CRM."""


class Measure(Struct, frozen=True, kw_only=True, eq=False):
    """A count or a sum over one table: what can be added up across any grouping."""

    id: str
    table: str
    column: str | None = None
    """The column to add up. None counts rows."""
    where: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    date: str | None = None
    """The day that a period selects by; None for the days or ranges of days of spend and web."""
    needs: tuple[str, ...] = ()
    cumulative: bool = False
    optional: bool = False
    of_customers: str = ""
    """One of ``OF_CUSTOMERS``: a number of the customers of the payments, by period, and no sum of rows."""
    daily: bool = False
    """Whether its days are kept apart, and nothing else is."""


class Histogram(Struct, frozen=True, kw_only=True, eq=False):
    """How often each value of one column occurs: enough for means, quantiles and survival."""

    id: str
    table: str
    of: str
    date: str
    where: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    split: str | None = None
    aged: bool = False
    needs: tuple[str, ...] = ()


class Metric(Struct, frozen=True, kw_only=True, eq=False):
    """A number of the report, worked out last, on sums."""

    id: str
    label: str
    group: str
    unit: str
    better: str
    formula: Formula | None = None
    statistic: str | None = None
    """One of ``STATISTICS`` where there is no formula."""
    of: str = ""
    """The histogram of the statistic."""
    q: float = 0.5
    reached: str = ""
    """The measures over and below the line of a conversion."""
    among: str = ""
    """Also the measure of which each part counts by its chance."""
    otherwise: str = ""
    """The histogram in place of *of* where the files do not tell that one."""
    minutes: int | None = None
    """The wait that a share is within; None for that of the agreement between marketing and sales."""
    judged: tuple[str, ...] = ()
    """Four measures: what marketing and sales call good, only marketing, only sales, neither."""
    times: str | None = None
    """A constant that a mean is multiplied by."""
    interval: str | None = None
    share: bool = False
    """Whether it is a part of a whole, unit by unit, so that it is never above 1."""
    cases: str = ""
    """The measure that says how many cases it rests on, where its limits are by days."""
    cohort: bool = False
    """Whether young entities still have time to change it."""
    anchor: str = ""
    """Which day puts its entities into a period: cohort (when they were created), event (when each of its two counts
    happened) or close; empty where there is no choice."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """The metrics that show the same by another anchor, by that."""
    course: str = ""
    """The histogram of how long it took, for what becomes of young entities."""
    exact: bool = False
    """Whether it is no sample of anything, so that any difference is a change."""
    method: str | None = None
    trailing_months: int | None = None
    product: Mapping[str, Formula] = field(default_factory=dict)
    """Factors by label, of which it is the product: how a change of it is taken apart where its own formula does not say."""
    needs_period: bool = False
    """Whether it says nothing of all days together."""
    above_zero: bool = False
    """Whether it says something only where what it is divided by is above 0."""
    main: bool = False
    by_name: bool = False
    convention: str = ""
    source: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """How it is worked out: its formula, or the statistic and the histogram it is of."""
        if self.formula is not None:
            return self.formula.text
        if self.statistic == "conversion":
            return f"{self.reached} / {self.among}"
        if self.statistic == "lagged":
            return f"{self.reached} moved by the days of {self.of} / {self.among}"
        if self.statistic == "kappa":
            return f"kappa of {', '.join(self.judged)}"
        if self.statistic == "weighted":
            return f"{self.among} times the chance of being won"
        name = f"{self.q:.0%} quantile" if self.statistic == "quantile" else self.statistic
        if self.statistic == "survival" and self.q != 0.5:
            name = f"survival, {self.q:.0%} quantile,"
        if self.statistic == "within":
            name = f"share within {'the sla' if self.minutes is None else f'{self.minutes} minutes'}"
        times = f" times {self.times}" if self.times else ""
        return f"{name} of {self.of}{times}"
