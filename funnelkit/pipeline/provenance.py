"""Where the numbers come from: each file's rows, used and set aside, and what it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from funnelkit.dataset import Dataset
from funnelkit.engines import Repeated
from funnelkit.listing import some
from funnelkit.periods import from_day
from funnelkit.reports import SetAside, Source
from funnelkit.tables import RANGED, Note

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.together import Together

_NONE = Repeated()
_LINES = 10
"""So many lines are named for each reason; the count says how many there are."""
REPEATED = "the same id or report row again; of one id the row with the latest dates is used"
"""Why a row is not used that another one stands for."""
SAME_EMAIL = "the e-mail address of an earlier lead, which stands for both (--dedupe-emails)"
_ANCHORS: Mapping[str, tuple[str, ...]] = {
    "leads": ("created_at",),
    "deals": ("closed_at", "created_at"),
    "spend": ("start", "end"),
    "emails": ("sent_at",),
    "payments": ("paid_at",),
    "web": ("start", "end"),
    "stage_history": ("entered_at",),
    "customers": ("created_at",),
    "activities": ("at",),
    "touches": ("at",),
    "costs": ("start", "end"),
    "quotas": ("start", "end"),
    "social": ("date",),
    "search": ("start", "end"),
}
WANTED: Mapping[str, Mapping[str, str]] = {
    "leads": {
        "source": "a column with the source or channel of each lead",
        "created_at": "a column with the date on which the lead was created",
    },
    "deals": {
        "status": "a column with the stage or status, so that won and lost deals can be told apart",
        "created_at": "a column with the date on which the deal was created",
        "closed_at": "a column with the date on which the deal was won or lost",
        "amount": "a column with the amount",
    },
    "spend": {
        "start": "a column with the day, so that spend can be shown by period",
        "clicks": "a column with the clicks",
        "impressions": "a column with the impressions",
    },
}
"""What a report is poorer without, and what to add."""


def sources(files: Sequence[Loaded], together: Mapping[str, Together]) -> tuple[Source, ...]:
    """Each file's entry for the report."""
    return tuple(_source(file, together[file.table]) for file in files)


def _source(file: Loaded, together: Together) -> Source:
    repeated = together.repeated.get(file.export.file, _NONE)
    same_email = together.same_email.get(file.export.file, _NONE)
    first, last = dates(file)
    kind = file.export.kind
    return Source(
        file=file.export.file,
        table=file.table,
        preset=kind.preset.name if kind.preset else None,
        rows=file.rows,
        used=file.used - repeated.count - same_email.count,
        set_aside=set_aside(file, repeated, same_email),
        first_date=first,
        last_date=last,
        sha256=file.export.sha256,
        currency=file.currency,
        counted=file.export.dialect.counted,
    )


def set_aside(file: Loaded, repeated: Repeated = _NONE, same_email: Repeated = _NONE) -> tuple[SetAside, ...]:
    """The rows of *file* that are not used, by reason."""
    found = [
        SetAside(reason=a.reason, message=a.message, count=a.count, lines=a.lines[:_LINES])
        for a in file.aside
    ]
    for reason, message, rows in (("duplicate", REPEATED, repeated), ("same_email", SAME_EMAIL, same_email)):
        if rows.count:
            lines = tuple(sorted(rows.lines))[:_LINES]
            found.append(SetAside(reason=reason, message=message, count=rows.count, lines=lines))
    return tuple(found)


def dates(file: Loaded) -> tuple[date | None, date | None]:
    """First and last day of the table's anchor date in *file*."""
    from funnelkit import collect

    frame = collect.frame(file.frame)
    names = collect.names(frame)
    anchors = [c for c in _ANCHORS[file.table] if c in names]
    spans = file.table in RANGED
    days = [day for c in (anchors if spans else anchors[:1]) for day in collect.extent(frame, c) or ()]
    return (from_day(min(days)), from_day(max(days))) if days else (None, None)


def lacks(file: Loaded) -> dict[str, str]:
    """What *file* does not hold, and how to add it, by canonical column."""
    preset = file.export.kind.preset
    wanted = {**WANTED.get(file.table, {}), **(preset.lacks if preset else {})}
    if "date" in wanted and "start" in wanted:
        # The two are one wish, which the preset puts in the words of its tool.
        del wanted["start"]
    present = file.present | ({"source"} if {"channel", "medium"} & file.present else set())
    return {column: how for column, how in wanted.items() if column not in present}


def notes(files: Sequence[Loaded], together: Mapping[str, Together]) -> tuple[Note, ...]:
    """What the reading of the files has to tell the reader of the numbers."""
    found = [note for file in files for note in file.notes]
    found += [note for one in together.values() for note in one.notes]
    for file in files:
        missing = lacks(file)
        if missing:
            what = "; ".join(f"{column}: {how}" for column, how in missing.items())
            found.append(
                Note(code="missing_columns", message=f"{file.export.file} does not say everything. {what}")
            )
    return tuple(found)


def unmapped(data: Dataset, known: Callable[[str], bool]) -> tuple[Note, ...]:
    """The channel words that no rule knew, which stay as they were written: by table, the commonest first."""
    import narwhals.stable.v2 as nw

    from funnelkit import collect

    found = []
    # Where leads are loaded, a deal's channel is its lead's and was told of there.
    for table in ("leads" if "leads" in data.frames else "deals", "spend"):
        unknown = sorted(word for word in data.channels.get(table, ()) if not known(word))
        if not unknown:
            continue
        channels = collect.frame(data.frames[table]).select("channel")
        of_them = channels.filter(nw.col("channel").is_in(unknown))
        counts = collect.rows(of_them.group_by("channel").agg(nw.len().alias("rows")))
        words = [word for word, _ in sorted(counts, key=lambda found: (-found[1], found[0]))]
        if words:
            found.append(
                Note(
                    code="unmapped_channels",
                    message=f"{table}: no channel is known for {some(words, 8)}; they stay as they were written. Say where they "
                    "belong under `channels:` in funnelkit.yaml",
                )
            )
    return tuple(found)
