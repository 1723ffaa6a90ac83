"""The models of customers who leave in silence, by the names that users call them by, and their fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from msgspec.structs import fields

from funnelkit.models.lifetime import bgbb, bgnbd, mbgnbd, pareto
from funnelkit.models.lifetime.fitted import Fitted
from funnelkit.models.lifetime.groups import Floats, Groups
from funnelkit.models.lifetime.refusal import NoFitError


class Silent(Protocol):
    """What each of these models can do; each is a module of functions."""

    def fit(self, data: Groups) -> Fitted[Any]:
        """The parameters of greatest likelihood."""

    def alive(self, params: Any, data: Groups) -> Floats:
        """P(alive) of each group."""

    def expected_purchases(self, params: Any, t: Any) -> Any:
        """Of a new customer in a time."""

    def next_purchases(self, params: Any, data: Groups, t: Any) -> Floats:
        """Of each group in the time to come."""

    def pmf(self, params: Any, t: Any, x: Any) -> Floats:
        """How likely each number of purchases of a new customer is."""

    def discounted_purchases(self, params: Any, rate: float) -> Any:
        """Of a new customer, all to come."""

    def residual_purchases(self, params: Any, data: Groups, rate: float) -> Floats:
        """Of each group, all to come."""


MODELS: Mapping[str, Silent] = {"bgnbd": bgnbd, "mbgnbd": mbgnbd, "pareto": pareto, "bgbb": bgbb}
CONTINUOUS = ("bgnbd", "pareto", "mbgnbd")
"""Fitted to the same data and with as many parameters, so that their likelihoods may be compared."""
LABELS: Mapping[str, str] = {
    "bgnbd": "BG/NBD",
    "mbgnbd": "MBG/NBD",
    "pareto": "Pareto/NBD",
    "bgbb": "BG/BB",
    "sbg": "sBG",
    "bdw": "beta-discrete-Weibull",
    "money": "Gamma-Gamma",
}
PAPERS: Mapping[str, str] = {
    "bgnbd": "Fader, Hardie and Lee 2005",
    "mbgnbd": "Batislam, Denizel and Filiztekin 2007",
    "pareto": "Schmittlein, Morrison and Colombo 1987",
    "bgbb": "Fader, Hardie and Shang 2010",
    "sbg": "Fader and Hardie 2007",
    "bdw": "Fader, Hardie, Liu, Davin and Steenburgh 2018",
    "money": "Fader and Hardie 2013",
}
ALIKE = 2.0
_NEAR = 10.0
"""A model that is behind by more than this has next to nothing for it (Burnham and Anderson 2002)."""


class Tried(Struct, frozen=True, kw_only=True):
    """A model, and its fit or why there is none."""

    id: str
    fitted: Fitted[Any] | None = None
    reason: str = ""
    message: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return LABELS[self.id]

    @property
    def aic(self) -> float | None:
        """Akaike's criterion: twice the number of parameters less twice the log-likelihood."""
        if self.fitted is None:
            return None
        return 2 * len(fields(self.fitted.params)) - 2 * self.fitted.log_likelihood


def tried(id: str, fit: Any, data: Any) -> Tried:
    """The model *id*, fitted to *data* by *fit*."""
    try:
        found = fit(data)
    except NoFitError as error:
        return Tried(id=id, reason=error.reason, message=_meaning(id, error))
    if not found.converged:
        return Tried(id=id, reason="not_converged", message="the search for the best parameters found no end")
    return Tried(id=id, fitted=found)


_LEAVING: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "bgnbd": (("a", False), ("b", True)),
    "mbgnbd": (("a", False), ("b", True)),
    "pareto": (("s", False), ("beta", True)),
}
"""Where the chance to leave is nothing: the parameter, and whether it grows without end."""


def _meaning(id: str, error: NoFitError) -> str:
    """What the refusal means for the reader, then what it is."""
    if error.reason == "at_the_edge" and error.beyond in _LEAVING.get(id, ()):
        return f"nobody seems to leave ({error})"
    if error.reason == "at_the_edge":
        return f"the data do not tell how customers differ ({error})"
    return str(error)


def best(several: Sequence[Tried]) -> Tried | None:
    """The first that explains the data as well as any does, by Akaike's criterion; None where none could be fitted.

    A difference of up to 2 is none (Burnham and Anderson 2002): so models in the order of their habit.
    """
    known = [(one.aic, one) for one in several if one.aic is not None]
    least = min((aic for aic, _ in known), default=0.0)
    return next((one for aic, one in known if aic <= least + ALIKE), None)


def near(several: Sequence[Tried]) -> list[Tried]:
    """Those that explain the data about as well as the best, by Akaike's criterion: none of them is ruled out."""
    known = [(one.aic, one) for one in several if one.aic is not None]
    least = min((aic for aic, _ in known), default=0.0)
    return [one for aic, one in known if aic <= least + _NEAR]


def expected(id: str, params: Any, times: Floats) -> Floats:
    """Purchases after the first, to be expected of new customers in each of *times*."""
    if id == "bgbb":
        # Of as many occasions as there are whole units in the time.
        counts, place = np.unique(times.astype(int), return_inverse=True)
        return np.array([bgbb.expected_purchases(params, int(n)) for n in counts])[place]
    return np.asarray(MODELS[id].expected_purchases(params, times))
