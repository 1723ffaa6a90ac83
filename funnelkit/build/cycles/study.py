"""The study of the sales cycle: one sentence that says it, and the tables behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.cycles import tables
from funnelkit.build.cycles.waits import cycles_of
from funnelkit.periods import from_day
from funnelkit.rounding import percent
from funnelkit.statistics import competing, curves, survival
from funnelkit.studies import Study

if TYPE_CHECKING:
    from funnelkit.build.cycles.waits import Cycles, Waits
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.reports import Source
    from funnelkit.tables import Note

GROUPS = 12
"""So many groups are shown unless said."""


def study(data: Dataset, request: Request, sources: Sequence[Source], notes: Sequence[Note]) -> Study:
    """How long the new deals of *data* take; UsageError where the files do not tell."""
    cycles = cycles_of(data, request)
    waits = cycles.of()
    keys = cycles.groups[: request.top or GROUPS]
    found = [tables.measures(waits), tables.course(waits)]
    if keys:
        found.append(tables.groups(cycles, keys))
    return Study(
        command="cycle",
        title="How long deals take",
        as_of=from_day(data.as_of),
        timezone=request.timezone,
        currency=None,
        period=cycles.spans.span(cycles.spans.main),
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(_sentences(cycles, waits, len(keys))),
        tables=tuple(found),
        sources=tuple(sources),
        warnings=tuple(notes),
    )


def _sentences(cycles: Cycles, waits: Waits, shown: int) -> Iterator[str]:
    horizon, longest = cycles.request.horizon, ""
    if not waits.tells(horizon):
        horizon, longest = waits.longest, ", the longest that any was seen,"
    won, lost = (competing.share_at(waits.incidence, name, horizon) for name in ("won", "lost"))
    still = competing.open_at(waits.incidence, horizon)
    yield (
        f"Of {waits.deals:,} new deals, within {horizon} days{longest} {percent(won)} are won, {percent(lost)} lost, "
        f"{percent(still)} still open."
    )
    median = survival.median(waits.curve)
    winners = competing.quantile_among(waits.incidence, "won")
    if median is None:
        yield "Fewer than half are closed so far, so there is no median yet."
    else:
        told = f", a won one takes {winners:,}" if winners is not None else ""
        yield f"With those still open, half are closed within {median:,} days{told}."
    naive = waits.naive(horizon)
    if naive - won > 0.005:
        yield (
            f"To count lost deals as ones that may still be won would say {percent(naive)} instead of {percent(won)}.".replace(
                "%", " %"
            )
        )
    if shown > 1:
        yield _logrank(cycles, cycles.groups[:shown])


def _logrank(cycles: Cycles, keys: Sequence[tuple[str, ...]]) -> str:
    test = curves.logrank([cycles.of(key).closing for key in keys])
    by = ", ".join(cycles.request.by)
    said = "differ by more than noise" if test.p <= 0.05 else "do not differ by more than noise"
    p = "< 0.001" if test.p < 0.001 else f"{test.p:.3f}"
    return f"The groups by {by} {said} in how fast deals are closed (log-rank, p {p}, {test.df} df)."
