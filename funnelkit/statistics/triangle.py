"""Young cohorts completed from older ones: the chain ladder on a triangle of cohort and age.

What a cohort has come to by each age (customers, revenue) grows by the same factors as it did for the
cohorts before it. Mack's standard error needs no assumption about how amounts are distributed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics.special import deviate

if TYPE_CHECKING:
    from collections.abc import Sequence


class Completed(Struct, frozen=True, kw_only=True):
    """A triangle with its missing part estimated. Amounts are in the unit of the triangle."""

    factors: tuple[float, ...]
    """How much an amount grows from each age to the next."""
    variances: tuple[float | None, ...]
    """Mack's sigma squared of each factor; None where no factor of the triangle has two cohorts."""
    ultimates: tuple[float, ...]
    """What each cohort will have come to by the last age."""
    to_come: tuple[float, ...]
    """Of that, what is still missing: the reserve of insurers."""
    stderr: tuple[float | None, ...]
    """Root mean square error of *to_come* per cohort, of estimate and of chance together.

    None where nothing is known of chance: no factor has two cohorts, or an amount is below 0.
    """
    total: float
    """Sum of *to_come*."""
    total_stderr: float | None
    """More than the cohorts' own errors make, since they share the factors."""


def cumulate(increments: Sequence[Sequence[float]]) -> list[list[float]]:
    """Rows of what came at each age as rows of what had come by each age.

    >>> cumulate([[5, 2, 1], [6, 2]])
    [[5, 7, 8], [6, 8]]
    """
    return [[sum(row[: age + 1]) for age in range(len(row))] for row in increments]


def chain_ladder(rows: Sequence[Sequence[float]]) -> Completed:
    """Complete the cumulative *rows*, oldest cohort first, each as long as its cohort is old.

    Factors are ratios of sums; errors by Mack 1993 (ASTIN Bulletin 23:213-225), with the recursion of
    Mack 1999 (29:361-366). A factor that only one cohort has shown takes the least of the two
    variances before it and of the second squared over the first, as in 1993; where there is one
    variance before it, that one. Raises ValueError where a row is longer than the one before it, or
    no cohort had anything at some age, so that nothing can be multiplied.
    """
    lengths = [len(row) for row in rows]
    if not rows or min(lengths) == 0 or lengths != sorted(lengths, reverse=True):
        raise ValueError("a triangle has its oldest cohort first and no row longer than the one before")
    ages = lengths[0] - 1
    sums: list[float] = []
    factors: list[float] = []
    variances: list[float | None] = []
    for age in range(ages):
        pairs = [(row[age], row[age + 1]) for row in rows if len(row) > age + 1]
        base = math.fsum(c for c, _ in pairs)
        if base <= 0:
            raise ValueError(f"no cohort had anything at age {age}, so it has no growth")
        factor = math.fsum(c for _, c in pairs) / base
        sums.append(base)
        factors.append(factor)
        variances.append(_variance(pairs, factor, variances))
    ultimates = tuple(row[-1] * math.prod(factors[len(row) - 1 :]) for row in rows)
    to_come = tuple(last - row[-1] for last, row in zip(ultimates, rows, strict=True))
    return Completed(
        factors=tuple(factors),
        variances=tuple(variances),
        ultimates=ultimates,
        to_come=to_come,
        stderr=tuple(_error([row], factors, variances, sums) for row in rows),
        total=math.fsum(to_come),
        total_stderr=_error(rows, factors, variances, sums),
    )


def lognormal_limits(estimate: float, stderr: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of what is to come, for the law that Mack 1993 proposes: it cannot be below 0.

    Raises ValueError for an *estimate* that is not above 0, and an error below 0.
    """
    if not (estimate > 0 and stderr >= 0):
        raise ValueError(f"not an amount to come: {estimate} with an error of {stderr}")
    times = stderr / estimate
    spread = math.log1p(times * times) if times < 1e100 else 2 * (math.log(stderr) - math.log(estimate))
    middle = math.log(estimate) - spread / 2
    half = deviate(level) * math.sqrt(spread)
    return math.exp(middle - half), math.exp(middle + half)


def _variance(
    pairs: Sequence[tuple[float, float]], factor: float, before: Sequence[float | None]
) -> float | None:
    """Mack's sigma squared of one factor, from what the cohorts had at its age and the next."""
    # A cohort that had nothing yet has no growth of its own.
    shown = [(now, then) for now, then in pairs if now > 0]
    if len(shown) > 1:
        return math.fsum((then - now * factor) ** 2 / now for now, then in shown) / (len(shown) - 1)
    *_, first, second = (None, None, *before)
    if second is None or first is None:
        return second
    return min(first, second, second**2 / first) if first > 0 else 0.0


def _error(
    rows: Sequence[Sequence[float]],
    factors: Sequence[float],
    variances: Sequence[float | None],
    sums: Sequence[float],
) -> float | None:
    """Root mean square error of what is to come for *rows* together, age by age."""
    square = 0.0
    for age, (factor, variance, base) in enumerate(zip(factors, variances, sums, strict=True)):
        reached = [row[-1] * math.prod(factors[len(row) - 1 : age]) for row in rows if len(row) <= age + 1]
        if not reached:
            continue
        if variance is None or min(reached) < 0:
            return None
        amount = math.fsum(reached)
        square = factor**2 * square + variance * (amount + amount**2 / base)
    return math.sqrt(square)
