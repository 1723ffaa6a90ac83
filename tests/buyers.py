"""Customers of known parameters, drawn from the stories of the models and not from their formulas."""

from __future__ import annotations

import numpy as np

from funnelkit.models.lifetime.groups import Floats, Groups, groups

Drawn = tuple[Floats, Floats, Floats]
"""x, t_x and T of each customer."""


def pareto_nbd(rng: np.random.Generator, params: tuple[float, float, float, float], T: Floats) -> Drawn:
    """Purchases come at random until the customer leaves, at a random time."""
    r, alpha, s, beta = params
    stays = rng.exponential(1 / rng.gamma(s, 1 / beta, T.size))
    seen = np.minimum(stays, T)
    x = rng.poisson(rng.gamma(r, 1 / alpha, T.size) * seen).astype(float)
    # The last of x random times in an interval.
    return x, np.where(x > 0, seen * rng.random(T.size) ** (1 / np.maximum(x, 1)), 0.0), T


def bg_nbd(
    rng: np.random.Generator, params: tuple[float, float, float, float], T: Floats, *, at_once: bool = False
) -> Drawn:
    """Purchases come at random; after each, and with *at_once* after the first, a coin is tossed."""
    r, alpha, a, b = params
    rate, leaves = rng.gamma(r, 1 / alpha, T.size), rng.beta(a, b, T.size)
    there = rng.random(T.size) > leaves if at_once else np.ones(T.size, dtype=bool)
    x, last, clock = np.zeros((3, T.size))
    while there.any():
        clock += rng.exponential(1 / np.maximum(rate, 1e-12))
        buys = there & (clock <= T)
        x[buys] += 1
        last[buys] = clock[buys]
        there = buys & (rng.random(T.size) > leaves)
    return x, last, T


def bg_bb(rng: np.random.Generator, params: tuple[float, float, float, float], T: Floats) -> Drawn:
    """On each occasion one leaves, or is there and buys or does not."""
    alpha, beta, gamma, delta = params
    buys, leaves = rng.beta(alpha, beta, T.size), rng.beta(gamma, delta, T.size)
    there = np.ones(T.size, dtype=bool)
    x, last = np.zeros((2, T.size))
    for occasion in range(1, int(T.max()) + 1):
        there &= (rng.random(T.size) > leaves) & (occasion <= T)
        bought = there & (rng.random(T.size) < buys)
        x[bought] += 1
        last[bought] = occasion
    return x, last, T


def counted(drawn: Drawn) -> Groups:
    """The drawn customers in groups."""
    distinct, counts = np.unique(np.column_stack(drawn), axis=0, return_counts=True)
    return groups(distinct[:, 0], distinct[:, 1], distinct[:, 2], counts)


def by_days(drawn: Drawn, days: int) -> Groups:
    """The same, with times in whole days of which *days* make the unit: few groups of very many customers."""
    x, last, T = drawn
    last = np.where(x > 0, np.clip(np.rint(last * days), 1, T * days), 0)
    found = counted((x, last, T * days))
    return groups(found.x, found.t_x / days, found.T / days, found.n)
