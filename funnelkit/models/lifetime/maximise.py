"""The parameters of greatest likelihood: searched in logarithms, finished by Newton, and checked.

Newton's steps with the observed information (differences of the exact gradients) lead to the maximum
and say how sure it is. Where the likelihood bends up, a step goes uphill all the same, and none is
longer than a factor of e. Data of very many groups are first fitted on nodes that stand for them
(:mod:`.nodes`). From there the slopes on the data themselves decide: whether they are at a maximum, and
whether the information of the nodes is theirs; where it is not, it is worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from msgspec.structs import fields

from funnelkit.models.lifetime.fitted import Checked, Fitted, P, rebuilt, vector
from funnelkit.models.lifetime.groups import Floats, Groups
from funnelkit.models.lifetime.nodes import nodes
from funnelkit.models.lifetime.refusal import NoFitError

Score: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""Parameters -> the log-likelihood and its gradient by the parameters."""

_EDGE = 10.0
"""How far the logarithm of a parameter may go from its start: a factor of 22,000 both ways."""
_LOOSE = 5.0
"""A standard error of a logarithm beyond this says that the data do not know the parameter."""
_DONE = 1e-9
"""More than this to gain, a customer, is none yet."""
_STEP = 1e-5
_ENOUGH = 3e-14
"""Less than this to gain in the log-likelihood, a customer, is a maximum: so, whatever their number, the
parameters are right to about seven digits."""
_NEAR = 2e-12
"""A step that gains less than this, a customer, leaves nothing to gain, nor another information at its end."""
_NEWTON = 60
_TINY = np.finfo(np.float64).tiny
_SLOW = 0.05
"""A step that leaves more than this share of what was to gain says that the information is out of date."""
_ALIKE = 1e-5
"""Two informations that differ by less than this, of themselves, are the same."""


class _Peak(Struct, frozen=True):
    """The end of a search, in logarithms of the parameters."""

    place: Floats
    value: float
    information: Floats
    to_gain: float


class _Counted:
    """The score by the logarithms of the parameters, and how often it was worked out: not twice in a row."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self._last: tuple[Floats, tuple[float, Floats]] | None = None
        self.calls = 0

    def __call__(self, place: Floats) -> tuple[float, Floats]:
        if self._last is None or not np.array_equal(self._last[0], place):
            self.calls += 1
            params = np.exp(place)
            value, slope = self._score(params)
            self._last = place, (value, slope * params)
        return self._last[1]


def maximise(
    score: Score, starts: Sequence[P], customers: float, *, coarser: Sequence[Score] = ()
) -> Fitted[P]:
    """The fit from the first of *starts* that leads to a maximum. Raises NoFitError where none does.

    *coarser* are scores on fewer data that stand for them, the fewest first.
    """
    counted = _Counted(score)
    refused: NoFitError | None = None
    for number, start in enumerate(starts, start=1):
        origin = np.log(vector(start))
        try:
            peak = _climbed([*map(_Counted, coarser), counted], origin, customers)
            loosest = _trusted(peak, origin, start)
        except NoFitError as error:
            refused = refused or error
            continue
        return Fitted(
            params=rebuilt(start, np.exp(peak.place)),
            log_likelihood=peak.value,
            log_covariance=np.asarray(np.linalg.inv(peak.information), dtype=np.float64),
            customers=round(customers),
            converged=peak.to_gain < _DONE * customers,
            checked=Checked(to_gain=peak.to_gain, loosest=loosest, starts=number, evaluations=counted.calls),
        )
    raise refused or ValueError("no place to start from")


def from_groups(scorer: Callable[[Groups], Score], starts: Sequence[P], data: Groups) -> Fitted[P]:
    """The fit to customers in groups, by way of nodes where they are very many."""
    coarser = [scorer(few) for few in nodes(data)]
    return maximise(scorer(data), starts, float(data.n.sum()), coarser=coarser)


def _climbed(scores: Sequence[_Counted], origin: Floats, customers: float) -> _Peak:
    """The maximum near *origin* of the last of *scores*, by way of those of the others, one after another."""
    *coarser, score = scores
    first = _climbed(coarser, origin, customers) if coarser else None
    if first is None or not np.isfinite(first.information).all():
        return _newton(score, origin, origin, customers)
    good = _alike(score, coarser[-1], first)
    return _newton(score, origin, first.place, customers, first.information, good)


def _alike(score: _Counted, coarse: _Counted, peak: _Peak) -> bool:
    """Whether *score* has the information of the *peak* of *coarse*, as far as its slope tells.

    It is compared there, and a standard error away along each axis of the information: it is not, where
    that is too far away for a fit.
    """
    bend, axes = np.linalg.eigh(peak.information)
    if not bend[0] > _LOOSE**-2:
        return False
    away = peak.place + axes @ bend**-0.5
    turned = [each(away)[1] - each(peak.place)[1] for each in (coarse, score)]
    return bool(np.linalg.norm(axes.T @ (turned[1] - turned[0]) / bend**0.5) < _ALIKE * bend.size**0.5)


def _newton(
    score: _Counted,
    origin: Floats,
    place: Floats,
    customers: float,
    borrowed: Floats | None = None,
    good: bool = False,
) -> _Peak:
    """Steps uphill to the maximum, with the information *borrowed* from other data while these are long.

    The information is worked out anew where it has served its time, and at the end where the place
    at which it was is too far away; at once where what was borrowed is not as *good* as that.
    """
    value, slope = score(place)
    information, known_at = borrowed, place if good else None
    to_gain, rest = np.inf, np.zeros_like(place)
    near = _NEAR * customers
    enough = near if good else _ENOUGH * customers
    for _ in range(_NEWTON):
        own = known_at is not None
        step = None if information is None else _step(information, slope)
        to_gain, before = np.inf if step is None else float(slope @ step) / 2, to_gain
        if own and step is not None and to_gain < enough:
            rest = step
            break
        out_of_date = to_gain > before * _SLOW or (not own and to_gain < near)
        if information is None or step is None or out_of_date:
            information, known_at = _information(score, place, slope), place
            if not np.isfinite(information).all():
                break
            step = _step(information, slope)
            to_gain = float(slope @ step) / 2
        ahead = _risen(score, place, value, step, origin)
        if ahead is None:
            break
        place, value, slope = ahead
    if information is None or known_at is None or not _gain(information, place - known_at) < near:
        information = _information(score, place, slope)
    # The rest of the way is so short that the likelihood need not be worked out at its end.
    return _Peak(place + rest, value + float(slope @ rest) / 2, information, to_gain)


def _gain(information: Floats, step: Floats) -> float:
    """What the likelihood changes by along *step*, from or to a maximum."""
    return abs(float(step @ information @ step)) / 2


def _step(information: Floats, slope: Floats) -> Floats:
    """Newton's step, along directions in which the likelihood bends down, none longer than 1."""
    bend, axes = np.linalg.eigh(information)
    along = axes.T @ slope
    return np.asarray(axes @ (along / np.maximum(np.maximum(np.abs(bend), np.abs(along)), _TINY)))


def _risen(
    score: _Counted, place: Floats, value: float, step: Floats, origin: Floats
) -> tuple[Floats, float, Floats] | None:
    """The place after *step*, or after a part of it, where the likelihood is no less; None where nowhere."""
    for _ in range(8):
        ahead = np.clip(place + step, origin - _EDGE, origin + _EDGE)
        height, slope = score(ahead)
        if height >= value - 1e-12 * abs(value):
            return ahead, height, slope
        step = step / 4
    return None


def _information(score: _Counted, place: Floats, slope: Floats) -> Floats:
    """Minus the second derivatives of the log-likelihood, by differences of its exact *slope* here."""
    found = np.array([(slope - score(place + shift)[1]) / _STEP for shift in np.eye(place.size) * _STEP])
    return np.asarray((found + found.T) / 2)


def _trusted(peak: _Peak, origin: Floats, start: P) -> float:
    """The largest standard error of any combination. Raises NoFitError where the data do not decide."""
    names = [field.name for field in fields(start)]
    away = np.abs(peak.place - origin)
    if not (np.isfinite(peak.value) and np.isfinite(peak.information).all()):
        raise NoFitError("at_the_edge", "the likelihood cannot be worked out near its maximum")
    if away.max() > 0.9 * _EDGE:
        worst = int(away.argmax())
        value = np.exp(peak.place[worst])
        message = f"the likelihood has no maximum: it still rises beyond {names[worst]} = {value:.3g}"
        beyond = names[worst], bool(peak.place[worst] > origin[worst])
        raise NoFitError("at_the_edge", message, beyond)
    bend, axes = np.linalg.eigh(peak.information)
    if bend[0] <= _LOOSE**-2:
        open_one = names[int(np.abs(axes[:, 0]).argmax())]
        message = f"the data leave {open_one} open: very different values explain them equally well"
        raise NoFitError("flat", message)
    return float(bend[0] ** -0.5)
