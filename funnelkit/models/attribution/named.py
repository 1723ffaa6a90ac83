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


RULES: Mapping[str, Callable[[Settings], Rule]] = {
    "first": lambda _: rules.first,
    "last": lambda _: rules.last,
    "last_non_direct": lambda settings: rules.last_non_direct(settings.direct),
    "linear": lambda _: rules.linear,
    "linear_distinct": lambda _: rules.linear_distinct,
    "u_shaped": lambda settings: by_position.positional(settings.u_shaped),
    "w_shaped": lambda _: by_position.positional(by_position.W_SHAPED),
    "full_path": lambda _: by_position.positional(by_position.FULL_PATH),
    "j_shaped": lambda _: by_position.positional(by_position.J_SHAPED),
    "inverse_j": lambda _: by_position.positional(by_position.INVERSE_J),
    "time_decay": lambda settings: rules.time_decay(settings.half_life),
    # The game of sums is such a rule too: see its own module.
    "shapley": lambda _: rules.linear_distinct,
}
"""The models that look at one path at a time."""


def _rule(make: Callable[[Settings], Rule]) -> Callable[[Paths, Settings], Credit]:
    return lambda paths, settings: by_rule(paths, make(settings))


MODELS: Mapping[str, Callable[[Paths, Settings], Credit]] = {
    **{name: _rule(make) for name, make in RULES.items() if name != "shapley"},
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
