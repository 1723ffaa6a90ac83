"""Headers that name a stage and hold the day on which it was entered: ``Date entered "Offer (Sales Pipeline)"``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from funnelkit.stagecolumns import stage_entry
from funnelkit.words import fold

_HEADER = re.compile(r"""date entered\s+["'“”„«](.+)["'“”»]|hs_(?:v2_)?date_entered_(.+)""", re.IGNORECASE)
_PIPELINE = re.compile(r"(.+?)\s*\(([^()]+)\)")


class Stage(Struct, frozen=True):
    """The stage that a header names."""

    said: str
    """As the header says it, with its pipeline behind."""
    name: str
    pipeline: str
    """Empty where the header names none."""


def stage(header: str) -> Stage | None:
    """The stage of *header*, or None where it names none.

    >>> stage('Date entered "Offer (Partners)"'), stage("Date entered")
    (Stage(said='Offer (Partners)', name='Offer', pipeline='Partners'), None)
    """
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        return None
    said = (match[1] or match[2]).strip()
    parts = _PIPELINE.fullmatch(said)
    return Stage(said, parts[1], parts[2].strip()) if parts else Stage(said, said, "")


def columns(header: Sequence[str]) -> dict[str, str]:
    """The columns of deals for the days on which stages were entered, with their headers; one for each stage."""
    found: dict[str, str] = {}
    for name in header:
        if told := stage(name):
            found.setdefault(fold(told.said), name)
    return {stage_entry(number): name for number, name in enumerate(found.values(), 1)}
