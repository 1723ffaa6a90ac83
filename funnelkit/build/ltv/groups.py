"""Groups of customers who leave in silence: each with a fit of its own, or with that of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.entries import named
from funnelkit.build.ltv import choosing
from funnelkit.build.ltv.entries import count, limited
from funnelkit.metrics.cell import Cell
from funnelkit.statistics import intervals
from funnelkit.studies import Entry

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Expecting
    from funnelkit.build.ltv.histories import Histories, Key
    from funnelkit.build.ltv.silence import Silence


def rows(seen: Silence) -> Iterator[tuple[Entry, ...]]:
    """One for each group, the largest first."""
    top = seen.asked.request.top or len(seen.groups)
    for key in sorted(seen.groups, key=lambda key: (-seen.groups[key].customers, key))[:top]:
        found = seen.groups[key]
        looking, fit = _looking(seen, found)
        again, customers = found.repeaters, found.customers
        share = Cell(
            value=again / customers,
            numerator=again,
            denominator=customers,
            n=customers,
            interval=intervals.wilson(again, customers),
            interval_type="wilson",
        )
        yield (
            *named(key),
            count(customers),
            Entry(cell=share),
            *(_expected(seen, key, looking) if looking else [Entry()] * 4),
            Entry(text=fit),
        )


def _looking(seen: Silence, found: Histories) -> tuple[Expecting | None, str]:
    """What looks ahead for the group: its own fit of the model that is used for all, where it has one."""
    if seen.choice.chosen is None:
        return None, ""
    if found.repeaters >= seen.asked.request.min_n:
        asked = replace(seen.asked, model=seen.choice.chosen.id)
        own = choosing.of_silence(asked, found.groups(seen.days), found.customers, found.repeaters)
        if own.chosen is not None:
            return seen.looking(own), "own"
    return seen.expecting, "of all"


def _expected(seen: Silence, key: Key, looking: Expecting) -> Iterator[Entry]:
    found = seen.groups[key]
    n, factor = found.customers, float(seen.asked.margin)
    yield limited(looking.total_alive(found), n, 1 / n)
    yield limited(looking.total_purchases(found), n, 1 / n)
    yield limited(looking.total_value(found), n, factor / n)
    # Few customers: shown, as something that may well be otherwise.
    new = limited(looking.new_value(seen.first(key)), n, factor)
    yield replace(new, few=n < seen.asked.request.min_n)
