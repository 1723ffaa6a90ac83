"""What BG/NBD and MBG/NBD share: Poisson purchases, and a coin that decides after each whether one stays.

The purchase rate is gamma distributed over customers (r, alpha), the chance to leave at a coin beta
distributed (a, b). The models differ in when a coin is tossed: *tossed* is how many come before the
first further purchase, 0 or 1. A customer who is still there after x purchases and k coins in a time T
is as one whose rate and chance have the parameters r + x, alpha + T, a, b + k: by Bayes that gives all
that is expected of known customers. It is what the papers write with a hypergeometric function, which
is kept here as the integral that it stands for.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, digamma, expit, gammaln, xlogy

from funnelkit.models.lifetime.discounting import discounted
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats, Groups, by_count, check_repeats, parts, pieces, total
from funnelkit.models.lifetime.maximise import Score, from_groups
from funnelkit.models.lifetime.quadrature import beta_mean


class Coins(Struct, frozen=True):
    """The parameters of both models, all above 0."""

    tossed: ClassVar[int]
    """How many coins come before the first further purchase."""

    r: float
    """Shape of the gamma distribution of the purchase rates."""
    alpha: float
    """Its inverse scale, in the unit of the times."""
    a: float
    """With b, the beta distribution of the chance to leave at a coin."""
    b: float


Model = TypeVar("Model", bound=Coins)
_AT_ONCE = 2048
"""Groups for which integrals are worked out at a time, each over a few hundred points."""


def fitted(model: type[Model], data: Groups) -> Fitted[Model]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_repeats(data)
    begun = [model(*start) for start in starts(data)]
    return from_groups(lambda seen: scorer(seen, model.tossed), begun, data)


def log_likelihood(params: Coins, data: Groups) -> float:
    """The log-likelihood, summed over all customers."""
    return scorer(data, params.tossed)(vector(params))[0]


def scorer(data: Groups, tossed: int) -> Score:
    """The log-likelihood of *data* and its gradient, as a function of r, alpha, a and b."""
    xs, counts, place = by_count(data)
    total, coins = data.n.sum(), np.maximum(xs + tossed, 1)
    never = np.where(xs + tossed > 0, 0.0, -np.inf)
    each = list(zip(parts(data), (place[at] for at in pieces(place.size)), strict=True))

    def score(values: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = values
        stays = b - 1 + coins
        chances = np.log(a / stays) + never, 1 / stays
        sums = np.sum([_part(r, alpha, chances, part, which) for part, which in each], axis=0)
        of_x = gammaln(r + xs) - gammaln(r) + betaln(a, b + xs + tossed) - betaln(a, b)
        tail = digamma(a + b) - digamma(a + b + xs + tossed)
        value = total * r * np.log(alpha) + counts @ of_x + sums[0]
        slope = (
            total * np.log(alpha) + counts @ (digamma(r + xs) - digamma(r)) + sums[1],
            total * r / alpha + sums[2],
            counts @ tail + sums[3] / a,
            counts @ (tail + digamma(b + xs + tossed) - digamma(b)) - sums[4],
        )
        return float(value), np.array(slope)

    return score


def _part(
    r: float, alpha: float, chances: tuple[Floats, Floats], data: Groups, which: NDArray[np.intp]
) -> tuple[float, ...]:
    """What depends on the times: sums for the value, for the slopes by r and by alpha, and of who left.

    *chances* are, for each number of purchases, the logarithm of a / (b + k - 1) and 1 / (b + k - 1), and
    *which* says which of them a group has. The last two sums are of the customers who have left, and of the
    same times the second.
    """
    log_odds, per_stay = chances
    shape, end, gone = r + data.x, alpha + data.T, alpha + data.t_x
    log_end = np.log(end)
    ratio = log_end - np.log(gone)
    odds = shape * ratio
    odds += log_odds[which]
    # As logaddexp and expit have them, but many times faster.
    more = np.log1p(np.exp(-np.abs(odds)))
    more += np.maximum(odds, 0)
    left = np.exp(odds - more)
    left *= data.n
    until_end, until_gone = shape / end, shape / gone
    return (
        data.n @ (more - shape * log_end),
        left @ ratio - data.n @ log_end,
        left @ (until_end - until_gone) - data.n @ until_end,
        left.sum(),
        left @ per_stay[which],
    )


def alive(params: Coins, data: Groups) -> Floats:
    """P(alive at T | x, t_x, T) of each group: the odds of having left at the last coin are those of the likelihood."""
    ratio = np.log((params.alpha + data.T) / (params.alpha + data.t_x))
    odds = (params.r + data.x) * ratio + _left(params.a, params.b, data.x + params.tossed)
    return np.asarray(expit(-odds))


def expected_purchases(params: Coins, t: ArrayLike) -> Floats:
    """E[X(t)] of a new customer: none of those who leave at a coin before their first further purchase."""
    a, b = params.a, params.b
    stays = (b / (a + b)) ** params.tossed
    return stays * purchases(params.r, params.alpha, a, b + params.tossed, t)


def next_purchases(params: Coins, data: Groups, t: float) -> Floats:
    """E[Y(t) | x, t_x, T]: expected purchases of each group from T to T + t."""
    return alive(params, data) * of_known(params, data, t)


def discounted_purchases(params: Coins, rate: float) -> Floats:
    """Purchases to be expected of a new customer, discounted at *rate* a unit of time (continuously)."""
    return discounted(lambda t: expected_purchases(params, t), rate)


def residual_purchases(params: Coins, data: Groups, rate: float) -> Floats:
    """Purchases to be expected of each group after T, discounted to T at *rate* a unit of time."""
    return alive(params, data) * discounted(lambda t: of_known(params, data, t), rate)


def purchases(r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, t: ArrayLike) -> Floats:
    """Expected purchases in a time *t*, of customers who are there at its beginning.

    The mean of (1 - exp(-lambda p t)) / p over both distributions; over lambda it is in closed form.
    """
    r, alpha, t = (np.asarray(value, dtype=np.float64)[..., None] for value in (r, alpha, t))
    return beta_mean(lambda p: -np.expm1(-r * np.log1p(p * t / alpha)) / p, a, b)


def of_known(params: Coins, data: Groups, t: float) -> Floats:
    """Expected purchases after T of those of each group who are there at T."""
    found = [
        purchases(params.r + some.x, params.alpha + some.T, params.a, params.b + some.x + params.tossed, t)
        for some in parts(data, _AT_ONCE)
    ]
    return np.concatenate(found)


def pmf(params: Coins, t: float, x: ArrayLike) -> Floats:
    """P(X(t) = x) of a new customer: x purchases and still there, or gone at the last of at least x."""
    r, alpha, a, b = params.r, params.alpha, params.a, params.b
    x = np.asarray(x, dtype=np.float64)
    coins = x + params.tossed
    bought = gammaln(r + x) - gammaln(r) - gammaln(x + 1)
    bought = bought - r * np.log1p(t / alpha) + xlogy(x, t / (alpha + t))
    stays = np.exp(bought + betaln(a, b + coins) - betaln(a, b))
    at_least = np.where(x > 0, betainc(np.maximum(x, 1), r, t / (alpha + t)), 1.0)
    leaves = np.exp(betaln(a, b + coins) - betaln(a, b) + _left(a, b, coins))
    return np.asarray(stays + leaves * at_least)


def starts(data: Groups) -> list[tuple[float, float, float, float]]:
    """Where to look for the maximum: at the observed rate, with more or fewer customers who leave."""
    rate = total(data, data.x) / total(data, data.T)
    return [(r, r / (faster * rate), a, b) for r, faster, a, b in _STARTS]


_STARTS = ((0.5, 1.5, 0.8, 2.0), (1.0, 1.0, 0.3, 3.0), (0.3, 2.0, 0.1, 0.3))


def _left(a: float, b: float, coins: Floats) -> Floats:
    """ln(B(a + 1, b + k - 1) / B(a, b + k)): the odds of leaving at the last of k coins; minus infinity at none."""
    return np.where(coins > 0, np.log(a) - np.log(b + np.maximum(coins, 1) - 1), -np.inf)
