"""How far several models agree on who earned what."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

from msgspec import Struct


class Spread(Struct, frozen=True):
    """The least and the greatest share that any model gives a channel, and which models do."""

    low: float
    low_model: str
    high: float
    high_model: str


class Agreement(Struct, frozen=True):
    """What models have in common."""

    score: float | None
    """The mean overlap of all pairs of models. None where fewer than two gave any credit."""
    pairs: Mapping[tuple[str, str], float]
    """Two models: the share of the credit that both give to the same channels."""
    spreads: Mapping[str, Spread]
    """By channel; a wide one is a channel about which nothing can be said without believing one model."""


def agreement(models: Mapping[str, Mapping[str, Fraction]]) -> Agreement:
    """Compare the credit by channel of several *models*, each of which may have a sum of its own.

    The overlap of two models is 1 - sum |p - q| / 2 over the shares p and q of each channel, which is one
    less the total variation distance: 1 where they are equal, 0 where no channel earns by both. A model
    that gave no credit is left out. Equal shares name the model given first.
    """
    shares = {name: parts for name, credit in models.items() if (parts := _shares(credit))}
    channels = sorted({channel for parts in shares.values() for channel in parts})
    pairs = {
        (one, other): _overlap(shares[one], shares[other], channels) for one, other in combinations(shares, 2)
    }
    return Agreement(
        score=sum(pairs.values()) / len(pairs) if pairs else None,
        pairs=pairs,
        spreads={
            channel: _spread({name: parts.get(channel, 0.0) for name, parts in shares.items()})
            for channel in channels
        },
    )


def _shares(credit: Mapping[str, Fraction]) -> dict[str, float]:
    whole = sum(credit.values(), Fraction(0))
    return {channel: float(amount / whole) for channel, amount in credit.items()} if whole else {}


def _overlap(one: Mapping[str, float], other: Mapping[str, float], channels: list[str]) -> float:
    return 1 - sum(abs(one.get(channel, 0.0) - other.get(channel, 0.0)) for channel in channels) / 2


def _spread(by_model: Mapping[str, float]) -> Spread:
    low = min(by_model, key=by_model.__getitem__)
    high = max(by_model, key=by_model.__getitem__)
    return Spread(by_model[low], low, by_model[high], high)
