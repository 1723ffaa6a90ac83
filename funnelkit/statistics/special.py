"""Tail probabilities and quantiles of the normal, gamma, chi-squared, beta and t laws.

Importing scipy takes longer than a small report, so the few laws that intervals need are here: to 11
digits for shapes from 0.5 to 1e9, far tails included, in 0.03 to 0.3 ms. One computation serves them
all. Of v = ln x for a gamma law, and of the log odds v = ln(x / (1 - x)) for a beta law, both less
their mode, the density is peak * exp(-drop(v)) with a convex drop. The peak comes from Stirling's
series and not from differences of lgamma, which would leave 7 digits at shapes of 1e7 (Loader 2000,
Fast and accurate computation of binomial probabilities). A tail is integrated away from the mode by
the double exponential rule (Takahasi and Mori 1974, Publ. RIMS 9:721-741). A quantile is where the
logarithm of the tail, which is concave as well, has its value, by Halley's method.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_STANDARD_NORMAL = NormalDist()
_STEP = 1 / 16
_NODES = tuple(
    (math.exp(w - math.exp(-w)), _STEP * (1 + math.exp(-w)) * math.exp(w - math.exp(-w)))
    for w in (k * _STEP for k in range(-54, 75))
)
"""Places and weights of the double exponential rule for an integral from 0 to infinity."""
_NEAR_NORMAL = 20
"""From this curvature on, every other node is enough for 11 digits."""
_NEGLIGIBLE = 38.0
"""exp(-38) of the largest part is beyond the precision of a float."""


class _Law(Struct, frozen=True, kw_only=True):
    peak: float
    curvature: float
    """Second derivative of *drop* at the mode: one over the variance where the law is near normal."""
    skew: float
    """Third derivative at the mode over the second."""
    drop: Callable[[float], float]
    slope: Callable[[float], float]
    """First derivative of *drop*."""


def normal_quantile(p: float) -> float:
    """The standard normal deviate below which the share *p* lies (Wichura 1988, AS 241)."""
    return _STANDARD_NORMAL.inv_cdf(p)


def outside(level: float) -> float:
    """The probability beyond each of two limits at *level*. Raises ValueError where that is not within 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"limits hold with a probability between 0 and 1, and not {level:g}")
    return (1 - level) / 2


def upper(level: float) -> float:
    """The share of a law that lies below the upper limit at *level*. Raises ValueError as `outside`."""
    outside(level)
    return (1 + level) / 2


def deviate(level: float) -> float:
    """How many standard errors limits at *level* are away from a normal estimate; ValueError as `outside`."""
    return normal_quantile(upper(level))


def gamma_p(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function P(a, x), which is P(Poisson(x) >= a).

    >>> round(gamma_p(1, 2), 12) == round(1 - math.exp(-2), 12)
    True
    """
    return _tails(_gamma(a), math.log(x / a))[0] if x > 0 else 0.0


def gamma_quantile(p: float, a: float) -> float:
    """The *p* quantile (0 < p < 1) of the gamma law with shape *a* and scale 1."""
    return a * math.exp(_place(_gamma(a), p, 1 - p))


def chi2_quantile(p: float, df: float) -> float:
    """The *p* quantile (0 < p < 1) of the chi-squared law with *df* degrees of freedom."""
    return 2 * gamma_quantile(p, df / 2)


def chi2_above(x: float, df: float) -> float:
    """The share of the chi-squared law with *df* degrees of freedom that lies above *x*: a test's p.

    >>> round(chi2_above(2 * math.log(2), 2), 12)
    0.5
    """
    return _tails(_gamma(df / 2), math.log(x / df))[1] if x > 0 else 1.0


def normal_cdf(z: float) -> float:
    """The share of the standard normal law that lies below *z*."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_p(z: float) -> float:
    """The two-sided p of a standard normal deviate."""
    return math.erfc(abs(z) / math.sqrt(2))


def odds_tails(odds: float, a: float, b: float) -> tuple[float, float]:
    """Below and above: P(X / (1 - X) <= odds) and P(X / (1 - X) > odds) for X of the beta law.

    Both are given because the smaller one keeps its digits only when it is not taken from 1.
    """
    return _tails(_beta(a, b), math.log(odds * b / a))


def odds_quantile(p: float, a: float, b: float) -> float:
    """The *p* quantile (0 < p < 1) of X / (1 - X) for X of the beta law: exact where X is near 1."""
    return a / b * math.exp(_place(_beta(a, b), p, 1 - p))


def t_cdf(t: float, df: float) -> float:
    """The share of Student's t law with *df* degrees of freedom that lies below *t*.

    >>> round(t_cdf(1.0, 1), 12)
    0.75
    """
    if t == 0:
        return 0.5
    # t**2 / df is the odds of a beta law. Above 1e100 its logarithm would overflow on the way.
    above = _tails(_beta(0.5, df / 2), 2 * math.log(min(abs(t), 1e100)))[1] / 2
    return above if t < 0 else 1 - above


def t_quantile(p: float, df: float) -> float:
    """The *p* quantile (0 < p < 1) of Student's t law with *df* degrees of freedom."""
    if p == 0.5:
        return 0.0
    both = 2 * min(p, 1 - p)
    return math.copysign(math.exp(_place(_beta(0.5, df / 2), 1 - both, both) / 2), p - 0.5)


def binomial_mass(k: int, n: int, odds: float) -> float:
    """P(B = k) of the binomial law of *n* trials, *odds* = p / (1 - p) (Loader 2000)."""
    if k in (0, n):
        return math.exp(-n * math.log1p(odds if k == 0 else 1 / odds))
    law = _beta(k, n - k)
    return law.peak * math.exp(-law.drop(math.log(odds * (n - k) / k))) * n / (k * (n - k))


def _gamma(a: float) -> _Law:
    """The law of v = ln(x / a), x having the gamma law of shape *a*."""
    return _Law(
        peak=math.sqrt(a / math.tau) * math.exp(-_stirling(a)),
        curvature=a,
        skew=1.0,
        drop=lambda v: a * (math.expm1(v) - v),
        slope=lambda v: a * math.expm1(v),
    )


def _beta(a: float, b: float) -> _Law:
    """The law of v = ln(x b / ((1 - x) a)), x having the beta law of shapes *a* and *b*."""
    n = a + b
    if a > b:
        # The form below loses its digits where a / n is near 1.
        mirrored = _beta(b, a)
        return replace(
            mirrored,
            skew=-mirrored.skew,
            drop=lambda v: mirrored.drop(-v),
            slope=lambda v: -mirrored.slope(-v),
        )
    p = a / n
    curvature = p * b
    return _Law(
        peak=math.sqrt(curvature / math.tau) * math.exp(_stirling(n) - _stirling(a) - _stirling(b)),
        curvature=curvature,
        skew=(b - a) / n,
        drop=lambda v: n * math.log1p(p * math.expm1(v)) - a * v,
        slope=lambda v: curvature * math.expm1(v) / (1 + p * math.expm1(v)),
    )


def _stirling(z: float) -> float:
    """The logarithm of gamma(z) over Stirling's formula sqrt(2 pi / z) (z / e)**z."""
    if z < 15:
        return math.lgamma(z) - (z - 0.5) * math.log(z) + z - 0.5 * math.log(math.tau)
    y = 1 / (z * z)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - y / 1188) * y) * y) * y) / z


def _tails(law: _Law, v: float) -> tuple[float, float]:
    """The probabilities below and above *v*; the one away from the mode to full relative precision."""
    start = law.drop(v)
    # About the distance on which the density falls by a factor e, seen from v.
    reach = 1 / (math.sqrt(law.curvature) + abs(law.slope(v)))
    away = math.copysign(reach, v)
    every = 2 if law.curvature > _NEAR_NORMAL else 1
    total = 0.0
    for place, weight in _NODES[::every]:
        fall = law.drop(v + away * place) - start
        if fall > _NEGLIGIBLE:
            break
        total += weight * math.exp(-fall)
    tail = total * every * reach * law.peak * math.exp(-start)
    return (1 - tail, tail) if v >= 0 else (tail, 1 - tail)


def _place(law: _Law, below: float, above: float) -> float:
    """The v that has the probability *below* under it and *above* over it, which add up to 1."""
    upper = above < below
    share = min(below, above)
    scale = math.sqrt(law.curvature)
    z = math.copysign(normal_quantile(share), below - above)
    limit = -math.log(share)
    v = _moved(law, 0.0, z / scale - law.skew * (min(z * z, 9) + 2) / (6 * law.curvature), limit)
    for _ in range(100):
        step = _halley(law, v, share, upper)
        v = _moved(law, v, step, limit)
        if abs(step) * scale < 1e-4:  # the error is now about the cube of it
            break
    return v


def _moved(law: _Law, v: float, step: float, limit: float) -> float:
    """*v* plus *step*, which is halved while the drop there is beyond *limit*.

    A tail is at most exp(-drop), so there the place was overrun, and exp would soon be 0.
    """
    while law.drop(v + step) > limit:
        step /= 2
    return v + step


def _halley(law: _Law, v: float, share: float, upper: bool) -> float:
    """The way from *v* to where the logarithm of the tail is that of *share* (Halley's method)."""
    sign = -1 if upper else 1
    tail = _tails(law, v)[upper]
    hazard = law.peak * math.exp(-law.drop(v)) / tail
    newton = sign * math.log(share / tail) / hazard
    return newton / max(0.5, 1 - newton * (law.slope(v) + sign * hazard) / 2)
