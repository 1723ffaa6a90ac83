"""The blocks that say what the numbers rest on: files, links between them, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render._cells import words
from funnelkit.render._table import Block, Column, Part, Row, Style, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from funnelkit.reports import Report, SetAside, Source
    from funnelkit.tables import Note


def files(sources: Sequence[Source]) -> Block | None:
    """What each file was read as, and what became of its rows."""
    if not sources:
        return None
    columns = (
        Column(header=Text("file"), right=False),
        Column(header=Text("read as"), right=False),
        *(Column(header=Text(header)) for header in ("rows", "used", "set aside")),
        Column(header=Text("dates"), parts=(Part(header="first"), Part(header="last")), right=False),
    )
    rows = tuple(_file(source) for source in sources)
    return Block(title=Text("Files", "strong"), choices=((Table(columns=columns, rows=rows),),))


def links(report: Report) -> Block | None:
    """How many rows of one table found theirs in another, by which key, and how many did not."""
    lines = [*_matched(report), *_unmatched(report)]
    return Block(title=Text("Matching", "strong"), lines=tuple(lines)) if lines else None


def notes(warnings: Sequence[Note]) -> Block | None:
    """What a reader of the numbers must know."""
    lines = [(Text(f"! {words(note.code).capitalize()}:", "note"), Text(note.message)) for note in warnings]
    return Block(title=Text("Notes", "strong"), lines=tuple(lines)) if lines else None


def _file(source: Source) -> Row:
    kind = f"{source.table} ({source.preset or 'by its headers'})"
    aside = sum(reason.count for reason in source.set_aside)
    return Row(
        cells=(
            (Text(source.file),),
            (Text(kind),),
            *((Text(f"{count:,}"),) for count in (source.rows, source.used, aside)),
            (Text(_day(source.first_date)), Text(_day(source.last_date))),
        ),
        details=tuple(Text(_reason(reason, source.counted), "quiet") for reason in source.set_aside),
    )


def _reason(reason: SetAside, counted: str) -> str:
    said = f"{reason.count:,} set aside ({words(reason.reason)})"
    if reason.message:
        said = f"{said}: {reason.message}"
    if not reason.lines:
        return said
    more = ", …" if reason.count > len(reason.lines) else ""
    return f"{said} - {counted}{'s' if reason.count > 1 else ''} {', '.join(map(str, reason.lines))}{more}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _matched(report: Report) -> Iterator[tuple[Text, ...]]:
    pairs = dict.fromkeys((match.source, match.target) for match in report.matching)
    for source, target in pairs:
        found = [
            f"{match.matched:,} by {match.by}"
            for match in report.matching
            if (match.source, match.target) == (source, target)
        ]
        yield (Text(f"{source} to {target}:"), Text(", ".join(found)))


def _unmatched(report: Report) -> Iterator[tuple[Text, ...]]:
    if report.unmatched:
        counts = [f"{count:,} {what}" for what, count in report.unmatched.items()]
        style: Style = "note" if any(report.unmatched.values()) else ""
        yield (Text("not linked:", style), Text(", ".join(counts)))
