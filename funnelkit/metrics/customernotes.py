"""Why two counts of customers in one run differ: they are counts of different things, and each says of which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.metrics.fold import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from funnelkit.metrics.notes import View


def new_ones(tables: Iterable[str]) -> str:
    """Whom ``customers_new`` counts where *tables* are loaded."""
    loaded = {*tables}
    if "deals" in loaded:
        return "those whose first won deal is of the period"
    return f"those whose first {'payment above 0' if 'payments' in loaded else 'day as a customer'} is of the period"


def two_counts(view: View) -> str:
    """What the customers of ``customers_new`` and of ``repeat_rate`` are, where these differ."""
    if not {"customers_new", "repeat_rate"} <= view.metrics:
        return ""
    new = view.sum("customers_new")
    repeat = view.evaluator.catalog.metrics["repeat_rate"]
    paying = int(view.evaluator.cell(repeat, TOTAL, view.window).denominator or 0)
    if new == paying:
        return ""
    return (
        f"Two counts of customers: customers_new is {new:,}, {new_ones(view.counted.facts.frames)}; repeat_rate rests "
        f"on {paying:,}, all who bought in the period, for the first time or again, were it for 0."
    )
