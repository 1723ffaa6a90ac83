"""What a model says where the data do not hold what it needs."""

from __future__ import annotations


class NoFitError(ValueError):
    """No estimate that would mean anything. *reason* is a stable word for scripts, the text is for people.

    - ``too_few_customers``: fewer than two.
    - ``nobody_repeats``: no purchase, or no renewal, after the first.
    - ``nobody_leaves``: every contract was renewed whenever it came up.
    - ``too_few_periods``: cohorts that were followed for fewer renewals than there are parameters.
    - ``all_alike``: the customers do not differ in what the model explains.
    - ``at_the_edge``: the likelihood still rises where a parameter is beyond any sensible value.
    - ``flat``: very different parameters explain the data equally well.
    """

    def __init__(self, reason: str, message: str, beyond: tuple[str, bool] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.beyond = beyond
        """Of ``at_the_edge`` the parameter, and whether it grows without end; else it shrinks to nothing."""
