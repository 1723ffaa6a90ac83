"""The likelihood of the Pareto/NBD, with its gradient, as an integral over when the customer left.

Note 009 of Fader and Hardie writes the integral as the difference A0 of two hypergeometric functions,
which loses its digits where they are nearly equal, and has no simple derivatives by the parameters. Here
its integrand, positive and smooth, is integrated between t_x and T by the rule of Gauss and Legendre, in
the logarithm of alpha + t or of beta + t, whichever is less: these are the two orders of A0.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, expit, gammaln

from funnelkit.models.lifetime.groups import Floats, Groups, by_count, parts
from funnelkit.models.lifetime.maximise import Score

_RULES = [
    (most, np.polynomial.legendre.leggauss(points))
    for most, points in ((2.5, 6), (5.0, 8), (10.0, 14), (np.inf, 32))
]
"""An integrand that falls by less than e to this, over less than half of it, needs so many points."""
_GONE = 36.0
"""What is smaller than e to minus this, of the whole, is left out."""


def scorer(data: Groups) -> Score:
    """The log-likelihood of *data* and its gradient, as a function of r, alpha, s and beta."""
    xs, counts, _ = by_count(data)
    total, each = data.n.sum(), parts(data)

    def score(values: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = values
        sums = np.sum([_part(values, part) for part in each], axis=0)
        value = total * (r * np.log(alpha) + s * np.log(beta)) + counts @ (gammaln(r + xs) - gammaln(r))
        of_x = total * np.log(alpha) + counts @ (digamma(r + xs) - digamma(r))
        slope = np.array((of_x, total * r / alpha, total * np.log(beta), total * s / beta))
        return float(value + sums[0]), slope + sums[1:]

    return score


def _part(values: Floats, data: Groups) -> Floats:
    """What depends on the times, and its derivatives, summed over customers."""
    there, gone = _there(values, data), _gone(values, data)
    stay = data.n * expit(there[0] - gone[0])
    value = data.n @ np.logaddexp(there[0], gone[0])
    slope = np.einsum("ij,j", there[1:], stay) + np.einsum("ij,j", gone[1:], data.n - stay)
    return np.array((value, *slope))


def alive(values: Floats, data: Groups) -> Floats:
    """P(alive at T) of each group."""
    return np.asarray(expit(_there(values, data)[0] - _gone(values, data)[0]))


def _there(values: Floats, data: Groups) -> Floats:
    """The logarithm of what those contribute who are there at T, and its derivatives, as rows."""
    r, alpha, s, beta = values
    bought, stayed = alpha + data.T, beta + data.T
    log_bought, log_stayed = np.log(bought), np.log(stayed)
    shape = r + data.x
    return np.array(
        (
            -shape * log_bought - s * log_stayed,
            -log_bought,
            -shape / bought,
            -log_stayed,
            -s / stayed,
        )
    )


def _gone(values: Floats, data: Groups) -> Floats:
    """The same of those who left between t_x and T: minus infinity where that is one moment."""
    found = np.empty((5, data.x.size))
    length, fall = _length(values, data), _fall(values, data, data.T)
    effort, above = np.maximum(fall, 2 * length), -1.0
    for most, rule in _RULES:
        chosen = np.flatnonzero((effort > above) & (effort <= most))
        above = most
        if chosen.size:
            seen = Groups(x=data.x[chosen], t_x=data.t_x[chosen], T=data.T[chosen], n=data.n[chosen])
            upto = length[chosen] if most < _GONE else _shortened(values, seen, length[chosen])
            found[:, chosen] = _integral(values, seen, upto, rule)
    return found


def _length(values: Floats, data: Groups) -> Floats:
    """The interval, in the logarithm that is integrated over."""
    _, alpha, _, beta = values
    return np.asarray(np.log1p((data.T - data.t_x) / (min(alpha, beta) + data.t_x)))


def _fall(values: Floats, data: Groups, time: Floats) -> Floats:
    """How far the logarithm of the integrand falls from t_x to *time*."""
    r, alpha, s, beta = values
    later = time - data.t_x
    bought, stayed = np.log(1 + later / (alpha + data.t_x)), np.log(1 + later / (beta + data.t_x))
    return np.asarray((r + data.x) * bought + (s + 1) * stayed)


def _shortened(values: Floats, data: Groups, length: Floats) -> Floats:
    """The part of the interval that counts: up to where the integrand has all but gone (by Newton)."""
    r, alpha, s, beta = values
    least = min(alpha, beta)
    upto = np.minimum(length, _GONE / (r + data.x + s + 1))
    for _ in range(6):
        time = np.maximum((least + data.t_x) * np.exp(upto) - least, data.t_x)
        steep = (least + time) * ((r + data.x) / (alpha + time) + (s + 1) / (beta + time))
        upto = np.clip(upto + (_GONE - _fall(values, data, time)) / steep, 0.0, length)
    return np.asarray(upto)


def _integral(values: Floats, data: Groups, upto: Floats, rule: tuple[Floats, Floats]) -> Floats:
    """The logarithm of s times the integral, and its derivatives by the parameters, as rows.

    It runs over the logarithm of the lesser of alpha + t and beta + t, *near*; the other is *far*.
    """
    r, alpha, s, beta = values
    points, weights = (1 + rule[0][:, None]) / 2, rule[1][:, None] / 2
    powers = (r + data.x, s + 1)
    of_near, of_far = powers if alpha <= beta else powers[::-1]
    first, between = min(alpha, beta) + data.t_x, abs(alpha - beta)
    along = upto * points
    near = first * np.exp(along)
    far = near + between
    log_far, log_first, log_second = np.log(far), np.log(first), np.log(first + between)
    mass = np.exp((1 - of_near) * along - of_far * (log_far - log_second)) * weights
    whole = mass.sum(axis=0)
    with np.errstate(divide="ignore"):
        value = np.log(s * upto * whole) + (1 - of_near) * log_first - of_far * log_second

    def mean(of: Floats) -> Floats:
        return np.asarray(np.einsum("ij,ij->j", mass, of) / whole)

    slopes = [
        (-log_first - mean(along), -of_near * mean(1 / near)),
        (-mean(log_far), -of_far * mean(1 / far)),
    ]
    (by_r, by_alpha), (by_s, by_beta) = slopes if alpha <= beta else slopes[::-1]
    return np.array((value, by_r, by_alpha, 1 / s + by_s, by_beta))
