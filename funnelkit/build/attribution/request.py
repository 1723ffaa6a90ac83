"""What is asked of attribution, and the words of its options."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.request import Request
from funnelkit.errors import UsageError, did_you_mean
from funnelkit.models.attribution.named import MODELS, Settings
from funnelkit.models.attribution.positional import U_SHAPED, Positions

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.engines import Engine
    from funnelkit.reports import Source
    from funnelkit.tables import Note

BY = ("channel", "source", "medium", "campaign")
"""What touches have, and so what can be given credit."""
MAIN = "linear"
"""The model that stands first unless another is named: it takes no position for better than another."""
USUAL = (MAIN, "first", "last", "last_non_direct", "u_shaped", "w_shaped", "time_decay", "markov", "shapley")
"""The models that are shown side by side unless some are named."""
OF_TWO = (MAIN, "first", "last", "last_non_direct")
"""The models that need no touch between the first and the latest."""
WINDOW = 90
ALL = "all"
UNTOUCHED = "(no touch)"


class Given(Struct, frozen=True, kw_only=True):
    """The linked tables, the engine that they are on, and what is to be said of their files."""

    data: Dataset
    engine: Engine
    sources: Sequence[Source]
    notes: Sequence[Note]


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be given credit for what, and how."""

    request: Request
    by: str
    of: str | None
    """deal, customer, lead ...; None is what the files tell of."""
    models: tuple[str, ...]
    """The first is the one that sentences and costs are of."""
    named: bool
    """Whether somebody asked for these models by name."""
    window: int
    settings: Settings
    reconcile: bool

    @property
    def main(self) -> str:
        """The model that sentences and costs are of."""
        return self.models[0]


def asked(
    request: Request,
    *,
    of: str | None = None,
    models: Sequence[str] = (),
    window: int | None = None,
    half_life: int | None = None,
    order: int | None = None,
    weights: str | None = None,
    direct: Sequence[str] = (),
    reconcile: bool = False,
) -> Asked:
    """What the words of the options mean. Raises UsageError for words and numbers that mean nothing."""
    if len(request.by) != 1 or request.by[0] not in BY:
        raise UsageError(
            f"--by {','.join(request.by)}: touches are told apart by one of {', '.join(BY)}",
            hint="Give one of these, and narrow the conversions with --where, such as --where owner=Jo.",
        )
    for model in models:
        if model not in MODELS:
            raise UsageError(
                f"no attribution model is called {model!r}", hint=did_you_mean(model, MODELS) or _known()
            )
    for option, number in (("window", window), ("half-life", half_life), ("order", order)):
        if number is not None and number < 1:
            raise UsageError(f"--{option} {number}: not above 0", hint="Give a whole number from 1 on.")
    usual = Settings()
    return Asked(
        request=request,
        by=request.by[0],
        of=of,
        models=tuple(dict.fromkeys(models)) or USUAL,
        named=bool(models),
        window=window or WINDOW,
        settings=Settings(
            direct=tuple(direct) or usual.direct,
            u_shaped=_positions(weights) if weights else U_SHAPED,
            half_life=half_life or usual.half_life,
            order=order or usual.order,
        ),
        reconcile=reconcile,
    )


def _known() -> str:
    return f"There are: {', '.join(MODELS)}."


def _positions(text: str) -> Positions:
    """What ``40,20,40`` gives the first touch, those between and the last."""
    try:
        first, rest, last = (Fraction(part.strip()) for part in text.split(","))
        return Positions(first=first, last=last, rest=rest)
    except (ValueError, ZeroDivisionError):
        raise UsageError(
            f"--weights {text}: not the weights of the first touch, those between and the last",
            hint="Write three numbers from 0 on, as in --weights 40,20,40; the first or the last above 0.",
        ) from None
