"""Entries of tables: numbers with their limits and what they rest on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from msgspec.structs import fields

from funnelkit.metrics.cell import Cell
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.studies import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnelkit.build.ltv.ahead import Limited

DELTA = "delta"
"""Limits from the uncertainty of the parameters."""
_Z = 1.959963984540054


def plain(value: float | None, n: int | None = None, *, few: bool = False) -> Entry:
    """A number without limits."""
    return Entry() if value is None else Entry(cell=Cell(value=float(value), n=n), few=few)


def count(value: float) -> Entry:
    """A number of customers or purchases that was counted."""
    return Entry(cell=Cell(value=round(value)))


def limited(found: Limited, n: int | None, factor: float = 1.0, method: str | None = None) -> Entry:
    """A value of a model times *factor*, with its limits."""
    value, low, high = (each * factor for each in found)
    upper = None if math.isinf(high) else high
    return Entry(cell=Cell(value=value, n=n, interval=(low, upper), interval_type=DELTA, method=method))


def parameters(fitted: Fitted[Any]) -> Iterator[tuple[str, Entry, Entry]]:
    """The name of each parameter, its estimate with limits, and its standard error."""
    values, errors = vector(fitted.params).tolist(), vector_of_logs(fitted)
    for field, value, error in zip(fields(fitted.params), values, errors, strict=True):
        low, high = value * math.exp(-_Z * error), value * math.exp(_Z * error)
        yield (
            field.name,
            Entry(cell=Cell(value=value, n=fitted.customers, interval=(low, high), interval_type=DELTA)),
            Entry(cell=Cell(value=value * error)),
        )


def vector_of_logs(fitted: Fitted[Any]) -> list[float]:
    """Standard errors of the logarithms of the parameters."""
    return [math.sqrt(each) for each in fitted.log_covariance.diagonal().tolist()]
