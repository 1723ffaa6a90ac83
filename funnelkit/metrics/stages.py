"""How far a lead has come: by dates, by status, by its deals; reached or passed.

A lead that reached a later stage has reached every earlier one, with or without a date of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAGES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
LABELS = {
    "lead": "Lead",
    "mql": "MQL",
    "sal": "SAL",
    "sql": "SQL",
    "opportunity": "Opportunity",
    "customer": "Customer",
}
RANK = {stage: rank for rank, stage in enumerate(STAGES)}

ENTRY_DATES: tuple[tuple[str, str], ...] = (
    ("mql", "mql_at"),
    ("sal", "sal_at"),
    ("sql", "sql_at"),
    ("opportunity", "opportunity_at"),
    ("opportunity", "deal_created_at"),
    ("customer", "customer_at"),
    ("customer", "won_at"),
)
"""The date columns that say when a lead entered a stage, earliest stage first."""

MISSING = {column: f"missing_{column}" for _, column in ENTRY_DATES}
"""For each of these the flag that says whether it is missing in a row."""

DATED_BY = tuple(MISSING.values())
REACHED_BY = ("status", "has_deal", "has_won", *DATED_BY)


def dated(flags: Mapping[str, Any]) -> str:
    """The latest stage with a date of entry, own or by a later one; lead where there is none."""
    ranks = [RANK[stage] for stage, column in ENTRY_DATES if flags.get(MISSING[column]) is False]
    return STAGES[max(ranks, default=0)]


def reached(flags: Mapping[str, Any]) -> str:
    """The latest stage that a lead has reached by any evidence."""
    ranks = [RANK[dated(flags)], RANK.get(flags.get("status", ""), 0)]
    ranks.append(RANK["opportunity"] if flags.get("has_deal") else 0)
    ranks.append(RANK["customer"] if flags.get("has_won") else 0)
    return STAGES[max(ranks)]


def handed(flags: Mapping[str, Any]) -> str:
    """Whether marketing handed a lead over: it was qualified or came further, or sales turned it down."""
    refused = flags.get("status") == "rejected"
    return "true" if refused or RANK[reached(flags)] >= RANK["mql"] else "false"


def entry_columns(stage: str) -> tuple[str, ...]:
    """The date columns that tell when *stage* was entered, its own first, then those of later stages."""
    return tuple(column for name, column in ENTRY_DATES if RANK[name] >= RANK[stage])
