"""Columns of the canonical tables that belong together: which are added up, left out or kept twice."""

from __future__ import annotations

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
