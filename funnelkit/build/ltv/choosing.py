"""Which model the data bear, and why: contracts or silence, then the one that explains them best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.ltv import contracts as of_contracts
from funnelkit.build.ltv import silent
from funnelkit.build.ltv.request import AUTO, CONTRACT, HISTORIC, SIMPLE
from funnelkit.build.ltv.silent import Tried, tried
from funnelkit.models.lifetime import bdw, sbg

if TYPE_CHECKING:
    from funnelkit.build.ltv.contracts import Term
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked
    from funnelkit.models.lifetime.groups import Groups
    from funnelkit.models.lifetime.survivors import Survivors

_MONTH, _WEEK = "month", "week"
_OF_UNIT = {"week": ("week", 1), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12)}


class Choice(Struct, frozen=True, kw_only=True):
    """The models that were tried, the one that is used, and why."""

    several: Sequence[Tried] = ()
    chosen: Tried | None = None
    why: str = ""
    refused: str = ""
    """The stable word for why none is used."""


def terms(asked: Asked, found: Purchases) -> tuple[Sequence[Term], str]:
    """The terms of the contracts of *found*, the most frequent first, and why there are some; none where customers leave in silence."""
    known: dict[Term, int] = {}
    of_all = of_contracts.terms(found)
    for words, n in of_all.items():
        if one := of_contracts.term(words):
            known[one] = known.get(one, 0) + n
    several = sorted(known, key=lambda one: (-known[one], str(one)))
    if asked.model in CONTRACT:
        grain, pieces = _OF_UNIT.get(asked.unit or _MONTH, (_MONTH, 1))
        given = of_contracts.Term(grain, pieces)
        return ([given] if asked.unit or not several else several), "as asked for by --model"
    if asked.model == AUTO and several and 2 * sum(known.values()) >= sum(of_all.values()):
        return (
            several,
            "the payments say that they recur: customers are under contract, and when they leave is seen",
        )
    return [], ""


def of_contract(asked: Asked, data: Survivors) -> Choice:
    """sBG, or the beta-discrete-Weibull where a chance to leave that changes with age explains clearly more."""
    fits = {"sbg": sbg.fit, "bdw": bdw.fit}
    names = CONTRACT if asked.model == AUTO else (asked.model,)
    several = [tried(name, fits[name], data) for name in names]
    chosen = silent.best(several)
    if chosen is None:
        return _none(several)
    return Choice(several=several, chosen=chosen, why=_why(several, chosen))


def of_silence(asked: Asked, data: Groups, customers: int, repeaters: int) -> Choice:
    """The model that *asked* names, else the one of ``CONTINUOUS`` that explains the purchases best."""
    if asked.model in (HISTORIC, SIMPLE):
        return Choice(why=f"--model {asked.model}: nothing is modelled", refused="not_asked")
    least = asked.request.min_n
    if asked.model == AUTO and repeaters < least:
        why = (
            f"{repeaters:,} of {customers:,} customers bought again, and a model needs {least} such (--min-n)"
        )
        return Choice(why=why, refused="too_few_repeaters")
    names = silent.CONTINUOUS if asked.model == AUTO else (asked.model,)
    several = [tried(name, silent.MODELS[name].fit, data) for name in names]
    chosen = silent.best(several)
    if chosen is None:
        return _none(several)
    return Choice(several=several, chosen=chosen, why=_why(several, chosen))


def _none(several: Sequence[Tried]) -> Choice:
    first = several[0]
    return Choice(
        several=several, why=f"{first.label} cannot be fitted: {first.message}", refused=first.reason
    )


def _why(several: Sequence[Tried], chosen: Tried) -> str:
    """In few words; the numbers stand in the table of models."""
    fitted = [one.aic for one in several if one.aic is not None]
    if len(several) == 1:
        return "asked for by --model"
    if len(fitted) == 1:
        return f"the only one of {len(several)} models that can be fitted"
    best = chosen.aic is not None and chosen.aic <= min(fitted)
    return f"of {len(several)} models it explains the data {'best' if best else 'as well as any'}"
