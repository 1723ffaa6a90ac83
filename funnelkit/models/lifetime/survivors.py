"""Cohorts under contract, counted by how many were left at each renewal: the input of sBG and BdW."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct

from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.refusal import NoFitError


class Survivors(Struct, frozen=True, kw_only=True, eq=False):
    """All cohorts together, by age: entry 0 is the first renewal."""

    lost: Floats
    """How many left at it."""
    kept: Floats
    """How many renewed. A younger cohort is missing in the later ones: it is not known to have left."""
    customers: float
    """How many there were at the beginning."""


def survivors(cohorts: Sequence[Sequence[float]]) -> Survivors:
    """Add up *cohorts*: each says how many there were at the start, after 1 period, after 2, as far as known.

    Shares are counts of a cohort of 1 or 100, and give as little certainty. Raises ValueError for a
    cohort that grows.
    """
    longest = max((len(cohort) for cohort in cohorts), default=0)
    lost, kept = np.zeros((2, max(longest - 1, 0)))
    for cohort in cohorts:
        if not np.isfinite(cohort).all() or min(cohort, default=0) < 0:
            raise ValueError(f"survivors are counts, not {list(cohort)}")
        for age, (before, after) in enumerate(pairwise(cohort)):
            if after > before:
                raise ValueError(f"a cohort grows from {before:g} to {after:g} survivors")
            lost[age] += before - after
            kept[age] += after
    customers = float(sum(cohort[0] for cohort in cohorts if cohort))
    return Survivors(lost=lost, kept=kept, customers=customers)


def check_survivors(data: Survivors, parameters: int) -> None:
    """Raise NoFitError for data from which a model of so many *parameters* cannot be estimated."""
    if data.customers < 2:
        raise NoFitError("too_few_customers", f"a model needs at least 2 customers, not {data.customers:g}")
    if not data.kept.any():
        raise NoFitError("nobody_repeats", "no contract was renewed")
    if not data.lost.any():
        raise NoFitError("nobody_leaves", "every contract was renewed whenever it came up")
    ages = int(((data.lost + data.kept) > 0).sum())
    if ages < parameters:
        message = f"{ages} renewals cannot tell {parameters} parameters: cohorts must be followed for longer"
        raise NoFitError("too_few_periods", message)
