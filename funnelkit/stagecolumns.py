"""The columns of leads and deals for the days of stages that only a team or an export has: how they are called."""

from __future__ import annotations

import re

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
