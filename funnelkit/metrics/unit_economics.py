"""What a customer is worth and when the cost of winning one comes back, where a formula is not enough.

Amounts are margins, not revenue; rates are per period of the amounts: monthly with monthly.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.frequencies import occurred

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST = 100_000
"""Periods: of days these are three hundred years."""
_ROUNDING = 1e-12
"""Adding up may leave a sum this little, relatively, below the cost it equals."""


class ConstantRetention(Struct, frozen=True):
    """Three values in use of one customer who stays from period to period at a constant rate."""

    first_included: float
    """The first payment is now, and counts."""
    first_excluded: float
    """The first payment is now, but counts as what was paid to win the customer."""
    end_of_period: float
    """The first payment comes at the end of the first period, if the customer has come at all."""


class Charged(Struct, frozen=True):
    """What it cost to win the customers of one period."""

    cost: float
    covered: float
    """The share of the lags whose spending is within the data, from 0 to 1; below 1 it is too little."""


def constant_retention(margin: float, retention: float, discount: float) -> ConstantRetention:
    """Discounted value of *margin* per period (Fader and Hardie 2012, note 024).

    Raises ValueError where *retention* is not within 0 and 1, or nothing makes the sum end.

    >>> value = constant_retention(100, 0.75, 0.10)
    >>> round(value.first_included, 2), round(value.first_excluded, 2), round(value.end_of_period, 2)
    (314.29, 214.29, 285.71)
    """
    if not 0 <= retention <= 1 or discount < 0 or 1 + discount - retention <= 0:
        raise ValueError(f"no value at a retention of {retention:g} and a discount of {discount:g}")
    yearly = margin / (1 + discount - retention)
    return ConstantRetention(
        first_included=yearly * (1 + discount), first_excluded=yearly * retention, end_of_period=yearly
    )


def expanding_value(margin: float, growth: float, churn: float, discount: float = 0.0) -> float:
    """Value of a customer whose *margin* per period grows by the amount *growth* with each period.

    With K = (1 - churn) (1 - discount): margin / (1 - K) + growth K / (1 - K)^2 (Skok). Without growth
    and discount it is margin / churn. Raises ValueError where nothing makes the sum end.

    >>> expanding_value(40 * 0.75, 0, 0.04)
    750.0
    """
    if not (0 <= churn <= 1 and 0 <= discount < 1) or churn + discount == 0:
        raise ValueError(f"no value at a churn of {churn:g} and a discount of {discount:g}")
    # 1 - (1 - c) (1 - d), written so that it keeps the digits of a small churn.
    lost = churn + discount - churn * discount
    value = margin / lost + growth * (1 - lost) / lost / lost
    if not math.isfinite(value):
        raise ValueError(f"no value at a churn of {churn:g} and a discount of {discount:g}")
    return value


def lagged_cost(spend: Mapping[int, float], lags: Mapping[int, int]) -> dict[int, Charged]:
    """Spending by period charged to the periods in which its customers are won, in the unit of *spend*.

    *spend* by number of the period, *lags* how many customers were won so many periods after they came:
    the cost of t is the sum over k of the share of lag k times the spending of t - k. Periods run from
    the first with spending to the last plus the longest lag, so that their costs add up to all of it.
    A period between the first and the last without spending spent nothing. Raises ValueError where no
    customer was won, one before it came, or a lag or the spending goes on without end.
    """
    total = occurred(lags)
    if not total or min(lags) < 0:
        raise ValueError("no lags that could be charged")
    if not spend:
        return {}
    first, last = min(spend), max(spend)
    if last + max(lags) - first > _MOST:
        raise ValueError(f"spending is charged to at most {_MOST:,} periods")
    return {
        t: Charged(
            cost=math.fsum(n * spend.get(t - k, 0) for k, n in sorted(lags.items())) / total,
            covered=sum(n for k, n in lags.items() if first <= t - k <= last) / total,
        )
        for t in range(first, last + max(lags) + 1)
    }


def payback(cost: float, margin: float, paying: Iterable[float], discount: float = 0.0) -> int | None:
    """The first period by whose end the margin of a customer adds up to the *cost* of winning one.

    *paying* is the share of customers who still pay, by period from the first; its end is the end of
    what is looked at. *discount* is per period from the second on. None where it never comes back. Raises
    ValueError for a discount of 100 % or more below 0.

    >>> payback(770, 100 * 0.70, [1] * 24)
    11
    """
    if not discount > -1:
        raise ValueError(f"no payback at a discount of {discount:g}")
    goal, earned, worth = cost * (1 - _ROUNDING), 0.0, 1.0
    for period, share in enumerate(paying, start=1):
        earned += margin * share * worth
        if earned >= goal:
            return period
        worth /= 1 + discount
    return None


def annual_growth(first: float, last: float, years: float) -> float:
    """The constant yearly growth that leads from *first* to *last* (CAGR), as a fraction.

    Raises ValueError where *first* or *years* is not above 0, *last* is below 0, or it is no number.

    >>> round(annual_growth(100, 121, 2), 12)
    0.1
    """
    if first > 0 and last >= 0 and years > 0:
        # Of a moment the growth of a year is beyond what a float holds.
        with suppress(OverflowError):
            if math.isfinite(growth := math.pow(last / first, 1 / years) - 1):
                return growth
    raise ValueError(f"no growth from {first:g} to {last:g} in {years:g} years")
