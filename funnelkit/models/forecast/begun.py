"""What is still to come of a period that has begun: by what came of whole ones after the same day of them.

Money has its days: invoices are paid in the first days of a month, deals closed in the last ones. The share of
past periods that came after the same day tells that, where the share of days that are left does not; it is the
cape cod form of the chain ladder (a ratio of sums). How sure that is comes from the rests themselves.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.fitting import Fitted
from funnelkit.models.forecast.limits import Step, steps_of

LATEST = 24
"""So many of the latest periods say which share comes after a day."""
_CANCELLED = 0.1
"""Where values add up to less of their sizes, as where refunds undo sales, a share of them says nothing."""


class Rest(Struct, frozen=True):
    """What is still to come of the first coming period."""

    mean: float
    variance: float

    def step(self, so_far: float, level: float) -> Step:
        """The whole period of which *so_far* is in, with limits that hold with the chance *level*."""
        mean = so_far + self.mean
        half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(self.variance)
        return Step(mean, mean - half, mean + half)


class Begun(Struct, frozen=True, eq=False):
    """Whole periods, and what came of each after the day that the one that has begun has reached."""

    values: np.ndarray
    after: np.ndarray

    def before(self, at: int) -> Begun:
        """Those before the one at the place *at*."""
        return Begun(self.values[:at], self.after[:at])

    def so_far(self, at: int) -> float:
        """What was in on that day of the period at the place *at*."""
        return float(self.values[at] - self.after[at])

    def by_model(self, model: Fitted) -> Rest:
        """The share of what a *model*, fitted to the values, expects of a whole period."""
        first = steps_of(model, 1)[0].mean
        # As the variance of the model itself, by which its parameters are paid for.
        paid = model.n / (model.n - model.estimated + 1)
        return self._shared(model.fitted, first, paid, grows=model.shape.errors == "multiplicative")

    def by_level(self, level: float) -> Rest:
        """The share of the one value that all whole periods had."""
        return self._shared(np.full(len(self.values), level), level, 1.0, grows=False)

    def by_lag(self, lag: int) -> Rest | None:
        """As much as came after that day *lag* periods before; None where no change of it was seen."""
        missed = self.after[lag:] - self.after[:-lag]
        missed = missed[~np.isnan(missed)]
        if not len(missed) or math.isnan(self.after[-lag]):
            return None
        return Rest(float(self.after[-lag]), float(np.square(missed).mean()))

    def _shared(self, expected: np.ndarray, first: float, paid: float, *, grows: bool) -> Rest:
        known = np.flatnonzero(~np.isnan(self.values + self.after))[-LATEST:]
        values, after, expected = self.values[known], self.after[known], expected[known]
        if abs(values.sum()) <= _CANCELLED * np.abs(values).sum():
            mean, missed = float(after.mean()), after - after.mean()
        else:
            share = float(after.sum() / values.sum())
            mean, missed = share * first, after - share * expected
            if grows and expected.all():
                missed = missed * first / expected
        variance = float(np.square(missed).mean()) * paid
        # The share itself is known from so many periods.
        return Rest(mean, variance * (1 + 1 / len(known)))


def unevenness(values: np.ndarray, after: np.ndarray) -> float:
    """By how much the rests *after* a day vary about one share of the *values*: a sum of squares."""
    whole = values.sum()
    share = after.sum() / whole if whole else 0.0
    return float(np.square(after - share * values).sum())
