"""The models by the names that people type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.models.attribution import positional as by_position
from funnelkit.models.attribution import rules
from funnelkit.models.attribution.credit import Credit, Rule, by_rule
from funnelkit.models.attribution.markov import markov
from funnelkit.models.attribution.paths import Paths
from funnelkit.models.attribution.shapley import shapley, shapley_rate


class Settings(Struct, frozen=True, kw_only=True):
    """What models can be told."""

    direct: tuple[str, ...] = ("direct",)
    """The channels that last_non_direct passes over."""
    u_shaped: by_position.Positions = by_position.U_SHAPED
    half_life: float = 7
    """Days, of time_decay. Thirty suit sales that take months."""
    order: int = 1
    """Of the Markov chain."""


def _rule(make: Callable[[Settings], Rule]) -> Callable[[Paths, Settings], Credit]:
    return lambda paths, settings: by_rule(paths, make(settings))


MODELS: Mapping[str, Callable[[Paths, Settings], Credit]] = {
    "first": _rule(lambda _: rules.first),
    "last": _rule(lambda _: rules.last),
    "last_non_direct": _rule(lambda settings: rules.last_non_direct(settings.direct)),
    "linear": _rule(lambda _: rules.linear),
    "linear_distinct": _rule(lambda _: rules.linear_distinct),
    "u_shaped": _rule(lambda settings: by_position.positional(settings.u_shaped)),
    "w_shaped": _rule(lambda _: by_position.positional(by_position.W_SHAPED)),
    "full_path": _rule(lambda _: by_position.positional(by_position.FULL_PATH)),
    "j_shaped": _rule(lambda _: by_position.positional(by_position.J_SHAPED)),
    "inverse_j": _rule(lambda _: by_position.positional(by_position.INVERSE_J)),
    "time_decay": _rule(lambda settings: rules.time_decay(settings.half_life)),
    "markov": lambda paths, settings: markov(paths, settings.order).credit,
    "shapley": lambda paths, _: shapley(paths),
    "shapley_rate": lambda paths, _: shapley_rate(paths),
}
"""Every model, in the order in which they are best shown: the simplest first."""


def attribute(paths: Paths, model: str, settings: Settings | None = None) -> Credit:
    """The credit by the *model* of this name. Raises UsageError for a name that is none."""
    if model not in MODELS:
        raise UsageError(f"no attribution model is called {model!r}", hint=did_you_mean(model, MODELS))
    return MODELS[model](paths, settings or Settings())
