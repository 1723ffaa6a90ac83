"""Parameters of a smoothing model by maximum likelihood, which is least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.bounded import Residuals, least_squares, squares
from funnelkit.models.forecast.series import Refusal, Series
from funnelkit.models.forecast.smoothing import Parameters, Shape, States, smooth
from funnelkit.models.forecast.starts import Space, grid, space, unpacked

_NUDGE = 1e-3
_ROUGH = 1e-5
"""How far each start is followed; the best of them then to the last digit."""
_NEAR = 1e-10
"""How far a search is followed that begins where it will about end."""
_TINY = 1e-300


class Fitted(Struct, frozen=True, eq=False):
    """A model with the parameters that fit a series best."""

    shape: Shape
    parameters: Parameters
    last: States
    """After the last value of the series."""
    fitted: np.ndarray
    """What was expected of each value one period before."""
    n: int
    """Values that were not missing."""
    estimated: int
    """Weights, first states and the variance, as AICc counts them."""
    sse: float
    """The sum of squared errors of one step."""
    variance: float
    """Of the errors, over n less the weights and states; of relative errors where those are modelled."""
    aicc: float
    """n ln(SSE) + 2 k + 2 k (k + 1) / (n - k - 1), plus 2 sum ln |forecast| for relative errors, whose
    sum of squares then stands for SSE: as R's ets, without the constant that all models share."""
    place: np.ndarray
    """The coordinates of the search, from which that of a longer series may start."""


def fit(
    data: Series,
    shape: Shape,
    fixed: Mapping[str, float] | None = None,
    start: np.ndarray | None = None,
    *,
    near: bool = False,
) -> Fitted | Refusal:
    """The parameters of greatest likelihood, or why there are none.

    The weights are searched in the usual region (0.0001 to 0.9999, gamma up to 1 - alpha, phi 0.8 to
    0.98), weights and first states together; some may be *fixed*. There are several optima: the search
    starts from the best place of a grid for each of five alpha, or from *start* and the best two of these;
    *near* it, from *start* alone, and no further than to the digits that forecasts show.
    With multiplicative errors e / forecast the likelihood is that of Hyndman, Koehler, Ord and Snyder
    2008, section 5.1. Refused are series with fewer values than parameters and two, seasons that were not
    seen twice, and products of values not above 0.
    """
    within = space(shape, fixed or {})
    if refusal := _refusal(data, within):
        return refusal
    # Near 1 one width of a central difference suits weights and states alike.
    scale = float(np.abs(data.known).mean()) or 1.0
    values = data.values / scale
    known = ~np.isnan(values)

    def residuals(places: np.ndarray) -> np.ndarray:
        expected, _ = smooth(values, shape, *unpacked(places, within))
        expected = expected[known]
        errors: np.ndarray = values[known, None] - expected
        if shape.errors == "additive":
            return errors
        # The product of the forecasts belongs to the likelihood; as a factor it leaves a sum of squares.
        factor: np.ndarray = np.exp(np.log(np.abs(expected)).mean(axis=0))
        relative: np.ndarray = errors / expected * factor
        return relative

    if near and start is not None:
        place, least = least_squares(residuals, start, within.low, within.high, _NEAR)
        return _described(data, within, place, least * scale**2, scale)
    starts = _best(grid(values, within), within, residuals)
    starts = starts if start is None else [start, *starts[:2]]
    rough = [least_squares(residuals, place, within.low, within.high, _ROUGH) for place in starts]
    place, least = least_squares(residuals, min(rough, key=lambda pair: pair[1])[0], within.low, within.high)
    return _described(data, within, place, least * scale**2, scale)


def _best(places: np.ndarray, within: Space, residuals: Residuals) -> list[np.ndarray]:
    """The places of a grid, the best first, one of each alpha, with the states that suit its weights.

    Errors are linear in the first states where nothing multiplies, and nearly so elsewhere: one step of
    linear least squares at each place finds the states, and shows which weights are worth following.
    """
    states = np.arange(within.weights, len(within.names))
    moved = np.repeat(places[:, None], 1 + len(states), axis=1)
    moved[:, 1 + np.arange(len(states)), states] += _NUDGE
    with np.errstate(all="ignore"):
        found = residuals(moved.reshape(-1, len(within.names)))
    found = found.reshape(len(found), len(places), -1)
    solved = places.copy()
    for at, (here, *nudged) in enumerate(np.moveaxis(found, 0, 2)):
        slopes = (np.array(nudged) - here).T / _NUDGE
        if np.isfinite(slopes).all():
            solved[at, states] -= np.linalg.lstsq(slopes, here, rcond=None)[0]
    both = np.clip(np.concatenate([solved, places]), within.low, within.high)
    sums = squares(residuals, both)
    chosen: dict[float, np.ndarray] = {}
    for at in np.argsort(sums, kind="stable"):
        chosen.setdefault(float(both[at, 0]), both[at])
    return list(chosen.values())


def _refusal(data: Series, within: Space) -> Refusal | None:
    shape, n = within.shape, len(data.known)
    needed = max(within.free + 3, 2 * shape.period)
    if n < needed:
        return Refusal("too_short", f"{n} values, this model needs {needed}")
    if "multiplicative" in (shape.season, shape.errors) and data.known.min() <= 0:
        return Refusal("not_above_zero", "seasons or errors that multiply need every value above 0")
    if shape.season != "none" and any(
        (~np.isnan(data.values[at :: shape.period])).sum() < 2 for at in range(shape.period)
    ):
        return Refusal("too_short", "a part of the season was seen less than twice")
    return None


def _described(data: Series, within: Space, place: np.ndarray, least: float, scale: float) -> Fitted:
    shape = within.shape
    weights, first = unpacked(place[None], within)
    factor = scale if shape.season != "multiplicative" else 1.0
    first = States(first.level * scale, first.trend * scale, [one * factor for one in first.seasons])
    expected, last = smooth(data.values, shape, weights, first)
    errors = (data.values - expected[:, 0])[~np.isnan(data.values)]
    relative = errors / expected[~np.isnan(data.values), 0] if shape.errors == "multiplicative" else errors
    n, k = len(errors), within.free + 1
    return Fitted(
        shape=shape,
        parameters=Parameters(
            **{name: float(weight[0]) for name, weight in weights.items()},
            level=float(first.level[0]),
            trend=float(first.trend[0]),
            seasons=tuple(float(one[0]) for one in first.seasons),
        ),
        last=last,
        fitted=expected[:, 0],
        n=n,
        estimated=k,
        sse=float(np.square(errors).sum()),
        variance=float(np.square(relative).sum()) / (n - k + 1),
        aicc=n * math.log(max(least, _TINY)) + 2 * k + 2 * k * (k + 1) / (n - k - 1),
        place=place,
    )
