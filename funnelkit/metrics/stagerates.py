"""Conversion between any two stages, as a metric that is made when it is asked for."""

from __future__ import annotations

import re

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.metrics.entries import Metric
from funnelkit.metrics.formula import parse
from funnelkit.metrics.stages import LABELS, RANK, STAGES

MEASURES = {
    "lead": "leads",
    "mql": "leads_mql",
    "sal": "leads_sal",
    "sql": "leads_sql",
    "opportunity": "leads_opportunity",
    "customer": "leads_won",
}
"""How many of the leads created in a period have reached each stage, or a later one."""
_NAME = re.compile(r"stage_rate\[ *(\w*) *-> *(\w*) *\]")


def between(name: str) -> Metric | None:
    """The metric ``stage_rate[a->b]``; None for another name.

    Raises UsageError where a stage does not exist, or comes before the other.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    first, last = found[1], found[2]
    for stage in (first, last):
        if stage not in STAGES:
            raise UsageError(f"{name}: there is no stage {stage!r}", hint=did_you_mean(stage, STAGES))
    if RANK[first] >= RANK[last]:
        raise UsageError(
            f"{name}: {last} does not come after {first}", hint=f"The stages are {', '.join(STAGES)}."
        )
    return Metric(
        id=name,
        label=f"{LABELS[first]} to {LABELS[last]}",
        group="funnel",
        unit="ratio",
        better="higher",
        formula=parse(f"{MEASURES[last]} / {MEASURES[first]}"),
        interval="wilson",
        cohort=True,
        by_name=True,
        convention=f"Of the leads created in the period that have reached {LABELS[first]} or a later stage, "
        f"those that have reached {LABELS[last]} or a later one so far.",
        source="stage conversion by cohort",
    )
