"""The last steps on a frame whose cells are typed: outcomes, days, platforms, and rows that are sums of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Aside
from funnelkit.sources import implausible, outcomes, payments, remarks, spans
from funnelkit.sources.ledger import LEDGER
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.preamble import Range
from funnelkit.sources.rows import subtotals, suspects
from funnelkit.styles import DateStyle
from funnelkit.tables import RANGED, Note


def finished(loaded: Loaded, said: Range | None, without_ad: Sequence[int] = ()) -> Loaded:
    """*loaded* with outcomes, days and notes, now that its cells are typed; *said* are the days of the report."""
    frame, present = loaded.frame, loaded.present
    notes: list[Note] = []
    if loaded.table == "deals":
        frame, present = outcomes.deals(frame, present)
    if loaded.table == "leads":
        frame, present = outcomes.leads(frame, present, loaded.settings.steps)
    if loaded.table in RANGED:
        frame, present, notes = _dated(loaded, said)
    if loaded.table in ("spend", "web"):
        frame, present = _with_platform(loaded, frame, present)
    if loaded.table == "social" and "channel" not in present:
        # A network is no channel: what leads call LinkedIn may be an ad, and what a page shows is not.
        frame = collect.frame(frame).with_columns(channel=nw.lit("organic_social")).to_native()
        present |= {"channel"}
    sums: list[Aside] = []
    if not _confirmed(loaded):
        frame, sums = subtotals.set_aside(loaded.table, frame, without_ad)
        counted = loaded.export.dialect.counted
        notes += (
            [] if sums else suspects.totals(loaded.export.file, loaded.table, frame, loaded.scales, counted)
        )
    notes += implausible.notes(
        loaded.export.file, loaded.table, frame, loaded.scales, loaded.export.dialect.counted
    )
    return replace(
        loaded,
        frame=frame,
        aside=(*loaded.aside, *sums),
        present=present - {"stage_outcome"},
        notes=(*loaded.notes, *notes, *remarks.remarks(loaded.export, loaded.decisions, loaded.bad)),
    )


def _dated(loaded: Loaded, said: Range | None) -> tuple[Any, frozenset[str], list[Note]]:
    """The frame with the days of each row, the columns it has now, and what is not sure of the days."""
    export, present = loaded.export, loaded.present
    whole = said.under(spans.order_of(loaded.decisions, export, loaded.settings.order)) if said else None
    start = next((d for d in loaded.decisions if d.target == "start"), None)
    header = start.header if start else ""
    several = start is not None and isinstance(start.style, DateStyle) and start.style.edge is not None
    told = spans.undivided(export, loaded.frame, present, header, whole)
    frame, present = spans.with_days(loaded.frame, present, header, whole, several=several)
    doubt = spans.unknown(export, said) if "start" not in present else None
    return frame, present, [note for note in (told, doubt) if note]


def _with_platform(loaded: Loaded, native: Any, present: frozenset[str]) -> tuple[Any, frozenset[str]]:
    """The frame with the platform that was paid, which is also its source where nothing else says one."""
    table = collect.frame(native)
    platform = loaded.export.kind.preset.platform if loaded.export.kind.preset else ""
    # An ad report's source is the platform that was paid, unless a medium says what it was.
    plain = "source" in present and "medium" not in present and not platform
    named = plain and loaded.table == "spend"
    table = table.with_columns(platform=nw.col("source") if named else nw.lit(platform))
    if platform and "source" not in present:
        table = table.with_columns(source=nw.lit(platform))
        present |= {"source"}
    return table.to_native(), present


def settled(loaded: Loaded) -> Loaded:
    """The payments that were paid or refunded; the others are set aside. Raises SourceError where none was."""
    preset = loaded.export.kind.preset
    status = next((d for d in loaded.decisions if d.target == "status"), None)
    done = payments.settle(
        loaded.frame,
        loaded.present,
        dict(loaded.scales),
        unknown=status.unknown if status else (),
        ledger=preset is not None and preset.grain == LEDGER,
    )
    settled = replace(
        loaded,
        frame=done.frame,
        present=done.present,
        scales=done.scales,
        aside=(*loaded.aside, *done.aside),
    )
    if not settled.used:
        raise payments.nothing_paid(loaded.export.file, settled.aside)
    return settled


def _confirmed(loaded: Loaded) -> bool:
    """Whether a total row says what all rows add up to: none of them is a sum of the others then."""
    labelled = any(aside.reason == "total" for aside in loaded.aside)
    return labelled and not any(note.code == "total_differs" for note in loaded.notes)
