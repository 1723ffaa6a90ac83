"""One number as JSON has it: with all that a reader needs to trust it, its change, and its target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funnelkit.metrics.cell import Cell, Change, Mature, Number, Projected
    from funnelkit.reports import Aim

Object = dict[str, Any]


def measured(cell: Cell, unit: str) -> Object:
    """*cell* with what a reader needs to trust it; the keys that say nothing are left out."""
    found: Object = {"value": _finite(cell.value), "unit": unit}
    optional = {
        "numerator": cell.numerator,
        "denominator": cell.denominator,
        "n": cell.n,
        "interval": _interval(cell.interval),
        "interval_type": cell.interval_type,
        "interval_reason": cell.unlimited.code if cell.unlimited else None,
        "interval_message": cell.unlimited.message if cell.unlimited else None,
        "method": cell.method,
        "mature": _mature(cell.mature) if cell.mature else None,
        "projected": _projected(cell.projected) if cell.projected else None,
        "reason": cell.reason,
        "message": cell.message,
    }
    return found | {key: value for key, value in optional.items() if value is not None}


def _finite(number: Number | None) -> Number | None:
    """*number*, which must be one: JSON has no other, and a null would hide that it went wrong."""
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{number} is not JSON compliant")
    return number


def _interval(interval: tuple[Number, Number | None] | None) -> list[Number | None] | None:
    """Both limits; an infinite one is null."""
    if interval is None:
        return None
    return [limit if limit is not None and math.isfinite(limit) else None for limit in interval]


def _mature(mature: Mature) -> Object:
    return {
        "value": _finite(mature.value),
        "numerator": mature.numerator,
        "denominator": mature.denominator,
        "horizon_days": mature.horizon_days,
    } | ({"interval": _interval(mature.interval)} if mature.interval else {})


def _projected(projected: Projected) -> Object:
    return {
        "value": _finite(projected.value),
        "interval": _interval(projected.interval),
        "share_elapsed": projected.share_elapsed,
    }


def change(moved: Change, unit: str) -> Object:
    """A change with the number before it, whose *unit* it has."""
    now, before = moved.days or (None, None)
    per_day = {"per_day": {"days": now, "previous_days": before}} if moved.days else {}
    return {
        "previous": measured(moved.previous, unit),
        "absolute": _finite(moved.absolute),
        "relative": _finite(moved.relative),
        "interval": _interval(moved.interval),
        "verdict": moved.verdict,
        "uncalled": moved.uncalled,
        "p": moved.p,
        "detectable": list(moved.detectable) if moved.detectable else None,
    } | per_day


def target(aim: Aim) -> Object:
    """A target, and what is to be said of the number beside it."""
    return {
        "value": _finite(aim.value),
        "direction": aim.direction,
        "tolerance": aim.tolerance,
        "attainment": _finite(aim.attainment),
        "pace": _finite(aim.pace),
        "verdict": aim.verdict,
    }
