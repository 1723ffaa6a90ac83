"""How many of several deals are won, each with a probability of its own: the Poisson-binomial law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

EXACT_UP_TO = 1000
"""Deals up to which the law is added up exactly; beyond, the normal law is as good and faster."""


def number_law(groups: Sequence[tuple[int, float]]) -> np.ndarray:
    """The probability of 0, 1, 2, ... wins from *groups* of so many deals with one probability each."""
    law: np.ndarray = _laws([n for n, _ in groups], np.array([[p for _, p in groups]]))[0]
    return law


def mixed_law(groups: Sequence[tuple[int, float, float]]) -> np.ndarray:
    """The same where each probability is only estimated, the third number being its standard error.

    The estimates are moved up or down together, by normal deviates from -4 to 4 in steps of a fifth (the
    trapezoidal rule); errors that are not wholly shared must come reduced to what is.
    """
    places = np.arange(-20, 21) / 5
    weights = np.exp(-(places**2) / 2)
    chances = np.array([p for _, p, _ in groups]) + np.outer(places, [error for _, _, error in groups])
    mixed: np.ndarray = weights / weights.sum() @ _laws([n for n, _, _ in groups], np.clip(chances, 0, 1))
    return mixed


def quantile(law: np.ndarray, share: float) -> int:
    """The least number of wins that is not exceeded with at least the probability *share*."""
    return min(int(np.searchsorted(np.cumsum(law), share - 1e-12)), len(law) - 1)


def _laws(deals: Sequence[int], chances: np.ndarray) -> np.ndarray:
    """A law per row of *chances*, which has a column per group of *deals*.

    One deal after the other: k wins are k before and this one lost, or k - 1 before and this one won.
    """
    laws = np.zeros((len(chances), sum(deals) + 1))
    laws[:, 0] = 1
    seen = 0
    for group, n in enumerate(deals):
        won = chances[:, group, None]
        for _ in range(n):
            seen += 1
            before = laws[:, :seen].copy()
            laws[:, :seen] -= before * won
            laws[:, 1 : seen + 1] += before * won
    return laws
