"""Why a product of factors changed: how much of it each factor has brought.

Revenue is leads times conversion times deal size; velocity is deals times win rate times deal size
divided by days. The logarithmic mean makes the effects of the factors add up to the change exactly,
whichever comes first, and backwards they are the same with the other sign.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    Factors = Mapping[str, float | None]
    """Factors by name. A divisor enters as one over it. None is undefined: the other period's counts."""

Key = TypeVar("Key", bound=Hashable)

MIX = "mix"
"""The effect of shifts between segments."""


def effects(before: Factors, after: Factors) -> dict[str, float]:
    """How much each factor has changed the product, in the unit of the product (LMDI-I).

    Effects are L(after, before) * ln(factor after / before), with L(a, b) = (a - b) / ln(a / b) of
    the products (Ang 2004, Energy Policy 32:1131-1139). Where factors are 0 in one period it is the
    limit, which gives them the whole change in equal parts (Ang and Liu 2007, Energy Policy
    35:238-246). Raises ValueError for a factor that is negative or infinite, and where the names differ.

    >>> {name: round(value, 6) for name, value in effects({"a": 2, "b": 5}, {"a": 4, "b": 5}).items()}
    {'a': 10.0, 'b': 0.0}
    """
    if before.keys() != after.keys():
        raise ValueError(f"not the same factors: {', '.join(before)} and {', '.join(after)}")
    pairs = {name: _known(name, before[name], after[name]) for name in before}
    old = math.prod(pair[0] for pair in pairs.values())
    new = math.prod(pair[1] for pair in pairs.values())
    switched = [name for name, (a, b) in pairs.items() if (a == 0) != (b == 0)]
    if switched:
        return {name: (new - old) / len(switched) if name in switched else 0.0 for name in pairs}
    if old == 0:
        return dict.fromkeys(pairs, 0.0)
    mean = log_mean(new, old)
    return {name: mean * _logarithm(b, a) for name, (a, b) in pairs.items()}


def segment_effects(
    before: Mapping[Key, Factors], after: Mapping[Key, Factors], volume: str
) -> dict[Key, dict[str, float]]:
    """The effects on a sum over segments of products, by segment and factor.

    *volume* names the factor that adds up over segments (leads, deals). It is taken as the volume of
    all segments times the segment's share of it, so that its own effect is growth at an unchanged mix,
    and `mix` is what the shift between segments has brought. All effects of all segments add up to the
    change of the sum. A segment that one period lacks had no volume there, and is all mix. Raises
    ValueError as `effects`, and where a segment has no volume or a factor of the name `mix`.
    """
    found = [*before.values(), *after.values()]
    if any(volume not in factors or MIX in factors for factors in found):
        raise ValueError(f"every segment needs {volume}, and none may have a factor called {MIX}")
    absent: Factors = {name: None for factors in found for name in factors} | {volume: 0.0}
    old, new = (sum(f[volume] or 0.0 for f in period.values()) for period in (before, after))
    return {
        key: effects(
            shared(before.get(key, absent), volume, old), shared(after.get(key, absent), volume, new)
        )
        for key in {**before, **after}
    }


def log_mean(a: float, b: float) -> float:
    """The logarithmic mean of two positive numbers: their difference over that of their logarithms.

    Raises ValueError where one is not above 0.

    >>> log_mean(3, 3), round(log_mean(math.e, 1), 12) == round(math.e - 1, 12)
    (3, True)
    """
    least, gap = min(a, b), abs(a - b)
    if not least > 0:
        raise ValueError(f"no logarithmic mean of {a:g} and {b:g}")
    if not gap:
        return a
    times = gap / least
    return gap / (math.log1p(times) if times < math.inf else _logarithm(max(a, b), least))


def _logarithm(a: float, b: float) -> float:
    """The logarithm of a / b, even where the quotient itself is beyond what a float holds."""
    quotient = a / b
    return math.log(quotient) if 0 < quotient < math.inf else math.log(a) - math.log(b)


def _known(name: str, a: float | None, b: float | None) -> tuple[float, float]:
    """A factor of both periods; unchanged where one of them has none."""
    first = a if a is not None else b if b is not None else 1.0
    second = b if b is not None else first
    for value, is_ in ((min(first, second), "negative"), (max(first, second), "infinite")):
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} is {is_}, so its effect on a product is not defined")
    return first, second


def shared(factors: Factors, volume: str, total: float) -> Factors:
    """The factors of a segment with its volume as all volume, *total*, times its share of it, called `mix`."""
    own = factors[volume] or 0.0
    rest = {name: value for name, value in factors.items() if name != volume}
    return {volume: total, MIX: own / total if total else None, **rest}
