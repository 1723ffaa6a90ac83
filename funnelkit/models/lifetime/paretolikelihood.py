"""The likelihood of the Pareto/NBD, with its gradient, as an integral over when the customer left.

Note 009 of Fader and Hardie writes the integral as the difference A0 of two hypergeometric functions,
which loses its digits where they are nearly equal, and has no simple derivatives by the parameters. Here
its integrand, positive and smooth, is integrated between t_x and T by the rule of Gauss and Legendre, in
the logarithm of alpha + t or of beta + t, whichever is less: these are the two orders of A0.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, expit, gammaln

from funnelkit.models.lifetime.groups import Floats, Groups
from funnelkit.models.lifetime.maximise import Score

_FEW = np.polynomial.legendre.leggauss(12)
_MANY = np.polynomial.legendre.leggauss(32)
_EASY = 8.0
"""An integrand that falls by less than e to this, over an interval shorter than half of it, needs few points."""
_GONE = 36.0
"""What is smaller than e to minus this, of the whole, is left out."""


def scorer(data: Groups) -> Score:
    """The log-likelihood of *data* and its gradient, as a function of r, alpha, s and beta."""
    xs, place = np.unique(data.x, return_inverse=True)
    counts = np.bincount(place, data.n)
    total = data.n.sum()

    def score(values: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = values
        there, gone = _there(values, data), _gone(values, data)
        stay = data.n * expit(there[0] - gone[0])
        value = total * (r * np.log(alpha) + s * np.log(beta)) + counts @ (gammaln(r + xs) - gammaln(r))
        value += data.n @ np.logaddexp(there[0], gone[0])
        slope = there[1:] @ stay + gone[1:] @ (data.n - stay)
        slope += np.array(
            (
                total * np.log(alpha) + counts @ (digamma(r + xs) - digamma(r)),
                total * r / alpha,
                total * np.log(beta),
                total * s / beta,
            )
        )
        return float(value), slope

    return score


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
    easy = (fall < _EASY) & (length < _EASY / 2)
    for chosen, rule in ((easy, _FEW), (~easy, _MANY)):
        if chosen.any():
            seen = Groups(x=data.x[chosen], t_x=data.t_x[chosen], T=data.T[chosen], n=data.n[chosen])
            upto = length[chosen] if rule is _FEW else _shortened(values, seen, length[chosen])
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
    """The logarithm of s times the integral, and its derivatives by the parameters, as rows."""
    r, alpha, s, beta = values
    shape, points, weights = r + data.x, (1 + rule[0][:, None]) / 2, rule[1][:, None] / 2
    bought, stayed = alpha + data.t_x, beta + data.t_x
    first = np.minimum(bought, stayed)
    along = upto * points
    later = first * (np.exp(along) - 1)
    log_bought = along if alpha <= beta else np.log(1 + later / bought)
    log_stayed = along if beta < alpha else np.log(1 + later / stayed)
    mass = np.exp(along - shape * log_bought - (s + 1) * log_stayed) * weights
    whole = mass.sum(axis=0)
    with np.errstate(divide="ignore"):
        value = np.log(s * first * upto * whole) - shape * np.log(bought) - (s + 1) * np.log(stayed)

    def mean(of: Floats) -> Floats:
        return np.asarray(np.einsum("ij,ij->j", mass, of) / whole)

    return np.array(
        (
            value,
            -np.log(bought) - mean(log_bought),
            -shape * mean(1 / (bought + later)),
            1 / s - np.log(stayed) - mean(log_stayed),
            -(s + 1) * mean(1 / (stayed + later)),
        )
    )
