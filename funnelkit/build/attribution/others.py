"""Who did not convert, as far as files tell: leads, and deals of nobody who is a lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit.collect import Frame
from funnelkit.errors import UsageError
from funnelkit.linking.persons import PERSON
from funnelkit.metrics.columns import KEPT
from funnelkit.metrics.reasons import Reason

if TYPE_CHECKING:
    from funnelkit.build.attribution.conversions import Conversions
    from funnelkit.metrics.facts import Facts

_OF_DEALS = ("deal", "customer")
NOT_KNOWN = Reason("others_unknown", "no file tells of those who came as these did and did not convert")
OF_A_PERIOD = Reason(
    "others_undated", "those who did not convert have no day here, by which they could be of the period"
)
OF_STRANGERS = Reason(
    "strangers_unknown",
    "the touched ones count persons whom no lead or deal knows, and of those without a touch such persons are in no file",
)


def tables(facts: Facts, of: str) -> Sequence[str]:
    """The tables that tell who might have converted and did not: a lead may become an MQL, a deal may be won."""
    if of == "lead":
        return ()
    names = ("leads", "deals") if of in _OF_DEALS else ("leads",)
    return [name for name in names if name in facts.frames]


def others(facts: Facts, conversions: Conversions, names: Sequence[str]) -> list[tuple[str, Frame]]:
    """By table of *names* the rows under the filters of those who never converted, each person of one table only."""
    ended: Frame = conversions.rows.filter(~nw.col(PERSON).is_null()).select(PERSON).unique()
    found: list[tuple[str, Frame]] = []
    for name in names:
        rows: Frame = filtered(facts, name).join(ended, on=PERSON, how="anti")  # type: ignore[arg-type]
        if found:
            of_leads = facts.frames["leads"].select(PERSON).unique()
            rows = rows.join(of_leads, on=PERSON, how="anti")  # type: ignore[arg-type]
        found.append((name, rows))
    return found


def filtered(facts: Facts, table: str) -> Frame:
    """The rows of *table* that pass the filters. Raises UsageError where filters ask for what it does not have."""
    if any(dimension not in facts.columns[table] for dimension, _, _ in facts.filters):
        raise UsageError(
            f"only {table} say which of those who did not convert --where means, and they do not have it",
            hint=f"Leave --where out, or load the {table} with that column.",
        )
    kept = facts.derived(table, KEPT) if facts.filters else None
    rows: Frame = facts.frames[table]
    return rows if kept is None else rows.filter(kept)
