"""What a report can be broken down by, and the groups that no file has a word for."""

from __future__ import annotations

DIMENSIONS = ("channel", "source", "medium", "campaign", "owner", "country", "segment", "product")
"""What a report can be broken down by, beside the period."""

PAID_CHANNELS = frozenset(
    "paid_search paid_social paid_video paid_shopping display paid_other affiliates audio cross_network "
    "direct_mail telemarketing events".split()
)
"""Channels whose leads and customers somebody paid for: they make cpl_paid and cac_paid."""

BLANK = "(blank)"
NO_LEAD = "(no lead)"
UNKNOWN = "(unknown)"
"""Stands for blanks and for words for unknown, where somebody wants them to be one group."""
