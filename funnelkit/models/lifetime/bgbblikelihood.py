"""The likelihood of the BG/BB, with its gradient.

The last purchase was at t_x, and the customer left before one of the occasions after it or is there
still. A term depends on x and on the occasion only, so that the sum over the occasions of all groups
is a few running sums from the last occasion back to t_x: of positive terms, which lose no digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, expit, gammaln

from funnelkit.models.lifetime.groups import Floats, Groups
from funnelkit.models.lifetime.maximise import Score

_MOST = 1000
"""Beyond so many occasions a term may be too small for a float, and a continuous model fits as well."""


def scorer(data: Groups) -> Score:
    """The log-likelihood of *data* and its gradient, as a function of alpha, beta, gamma and delta."""
    _check(data)
    paths = _Paths(data)

    def score(values: Floats) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = values
        there, gone = paths.there(values), paths.gone(values)
        stay = data.n * expit(there[0] - gone[0])
        total = data.n.sum()
        value = data.n @ np.logaddexp(there[0], gone[0])
        value -= total * (betaln(alpha, beta) + betaln(gamma, delta))
        both, ends = digamma(alpha + beta), digamma(gamma + delta)
        slope = there[1:] @ stay + gone[1:] @ (data.n - stay)
        slope -= total * np.array(
            (digamma(alpha) - both, digamma(beta) - both, digamma(gamma) - ends, digamma(delta) - ends)
        )
        return float(value), slope

    return score


def logs(values: Floats, data: Groups) -> tuple[Floats, Floats]:
    """What those contribute who are there at T, and those who left before, but for a common factor."""
    _check(data)
    paths = _Paths(data)
    return paths.there(values)[0], paths.gone(values)[0]


class _Paths:
    """The groups, as places in a table of one row for each different (x, T), one column an occasion."""

    def __init__(self, data: Groups) -> None:
        pairs, self._row = np.unique(np.column_stack((data.x, data.T)), axis=0, return_inverse=True)
        self._x, self._end = pairs[:, :1], pairs[:, 1:]
        self._left: NDArray[np.intp] = data.t_x.astype(int)
        self._data = data
        occasion = np.arange(int(data.T.max()) + 1, dtype=np.float64)
        self._seen = np.maximum(occasion, self._x)
        self._open = (occasion >= self._x) & (occasion < self._end)

    def there(self, values: Floats) -> Floats:
        """The logarithm for those who are there at T, and its derivatives, as rows."""
        return _terms(values, self._data.x, self._data.T, 0)

    def gone(self, values: Floats) -> Floats:
        """The same for those who left after t_x: minus infinity where no occasion came after it."""
        terms = _terms(values, self._x, self._seen, 1)
        logs = np.where(self._open, terms[0], -np.inf)
        top = logs.max(axis=1, keepdims=True, initial=-1e300)
        mass = np.exp(logs - top)
        sums = np.cumsum((mass * np.concatenate((np.ones_like(mass)[None], terms[1:])))[..., ::-1], axis=-1)
        whole, *slopes = sums[..., ::-1][:, self._row, self._left]
        found = np.zeros((5, whole.size))
        with np.errstate(divide="ignore"):
            found[0] = np.log(whole) + top[self._row, 0]
        np.divide(slopes, whole, out=found[1:], where=whole > 0)
        return found


def _terms(values: Floats, x: Floats, seen: Floats, left: int) -> Floats:
    """The logarithm of B(alpha + x, beta + seen - x) B(gamma + left, delta + seen), and its derivatives."""
    alpha, beta, gamma, delta = values
    shapes = np.broadcast_arrays(
        alpha + x,
        beta + seen - x,
        alpha + beta + seen,
        gamma + left,
        delta + seen,
        gamma + delta + left + seen,
    )
    log = [gammaln(shape) for shape in shapes]
    psi = [digamma(shape) for shape in shapes]
    return np.array(
        (
            log[0] + log[1] - log[2] + log[3] + log[4] - log[5],
            psi[0] - psi[2],
            psi[1] - psi[2],
            psi[3] - psi[5],
            psi[4] - psi[5],
        )
    )


def _check(data: Groups) -> None:
    if (np.rint(data.T) != data.T).any() or (np.rint(data.t_x) != data.t_x).any():
        raise ValueError("t_x and T are numbers of occasions, and so whole")
    if (data.x > data.t_x).any():
        raise ValueError("nobody buys more than once on an occasion: x is at most t_x")
    if data.T.max() > _MOST:
        raise ValueError(f"at most {_MOST} occasions: where there are more, time is as good as continuous")
