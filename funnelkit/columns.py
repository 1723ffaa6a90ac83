"""Columns of the canonical tables that belong together: which are added up, left out, kept twice or made of a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping

LATEST = ("latest_channel", "latest_source", "latest_medium", "latest_campaign")
"""The columns of leads that say by what they came last, where channel, source, medium and campaign say by what first."""

ENGAGEMENTS = ("reactions", "comments", "shares", "clicks")
"""What people do with a post, which together are its engagements."""

SPARABLE: Mapping[str, frozenset[str]] = {
    "leads": frozenset(
        {"email", "company", "domain", "campaign", "owner", "country", "segment", "created_instant", *LATEST}
    ),
    "deals": frozenset(
        {"name", "pipeline", "owner", "product", "loss_reason", "campaign", "segment", "country"}
    ),
}
"""Columns that only breakdowns, filters, links, users' own measures and activities read."""

INSTANTS: Mapping[str, Mapping[str, str]] = {
    "leads": {"created_at": "created_instant", "first_response_at": "first_response_instant"},
    "activities": {"at": "at_instant"},
    "touches": {"at": "at_instant"},
    "stage_history": {"entered_at": "entered_instant"},
}
"""Columns of a table beside which stands, where all of them hold times of day, their instant in seconds since 1970 in UTC."""

_STAGE_DAY = re.compile("stage_[a-z][a-z0-9_]*_at")


def stage_day(stage: str) -> str:
    """The column of leads with the day on which they entered *stage*, one of the user's own."""
    return f"stage_{stage}_at"


def is_stage_day(column: str) -> bool:
    """Whether *column* of leads is the day of a stage of the user's own.

    >>> is_stage_day(stage_day("demo"))
    True
    """
    return _STAGE_DAY.fullmatch(column) is not None


_STAGE_ENTRY = re.compile("stage_entered_[1-9][0-9]*")


def stage_entry(number: int) -> str:
    """The column of deals with the day on which they entered the stage of the header at its place among its like."""
    return f"stage_entered_{number}"


def is_stage_entry(column: str) -> bool:
    """Whether *column* of deals is the day on which they entered some stage.

    >>> is_stage_entry(stage_entry(12))
    True
    """
    return _STAGE_ENTRY.fullmatch(column) is not None
