"""Inputs -> what `inspect` says of them. A file that is refused gets its reason and the others go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from funnelkit import engines
from funnelkit.errors import FunnelkitError, SeveralProblems, SourceError, UsageError
from funnelkit.inspection import Inspected, InspectedColumn, Inspection, Problem, Reject, Unreadable
from funnelkit.pipeline import kept, provenance, rejecting, shortfall
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import engine_for, is_stray, load_export, load_one
from funnelkit.pipeline.reading import inputs, read_config, read_export, zone_of
from funnelkit.pipeline.watching import Observe, Watched, nobody

if TYPE_CHECKING:
    from collections.abc import Collection

    from funnelkit.config import Config
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.deciding.decisions import Decision
    from funnelkit.sources.files.export import Export
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.recognise import Recognition

_LINES = 10


def inspect(
    files: Sequence[str], options: Options, observe: Observe = nobody, *, rejects: bool = False
) -> Inspection:
    """One entry per file, in the order of the arguments, also for a file that is refused.

    *observe* hears of each file before it is read. With *rejects* also the rows that are not used.
    """
    config = read_config(options)
    zone = zone_of(options, config)
    # Workbooks are opened in the background from here on, while the engine is imported.
    named = inputs(files, options, config)
    kept.check_zone(named, zone)
    if rejects and (folder := next((one.folder for one in named if one.kept), None)):
        raise UsageError(
            f"--rejects: {folder} keeps tables, and not the rows that were set aside from them",
            hint="Name the files that they were made of.",
        )
    found: list[Inspected] = []
    exports: dict[int, Export[Recognition]] = {}
    rows: list[Reject] = []
    with engine_for(named, options, config) as engine:
        for one in named:
            seen, loaded = _inspected(one, config, zone, engine, observe)
            found.append(seen)
            if loaded:
                exports[len(found) - 1] = loaded.export
            if rejects and loaded:
                rows += rejecting.rejects(loaded, loaded.aside)
    return Inspection(files=tuple(_forgiven(_with_sheets(found, exports))), rejects=tuple(rows))


def _with_sheets(
    found: Sequence[Inspected], exports: Mapping[int, Export[Recognition]]
) -> Sequence[Inspected]:
    """*found*, where the first of a workbook tells which of its sheets nobody read; *exports* by their places in it."""
    from funnelkit.sources.files import sheets

    told = {[*exports][place]: note for place, note in sheets.unread([*exports.values()]).items()}
    return [
        replace(one, notes=(*one.notes, told[place])) if place in told else one
        for place, one in enumerate(found)
    ]


def _forgiven(found: Sequence[Inspected]) -> Sequence[Inspected]:
    """*found*, whose strays are told apart from what is refused; where there is nothing else, they are refused."""
    if any(one.error is None for one in found):
        return found
    return [replace(one, stray=False) for one in found]


def _inspected(
    one: Input, config: Config, zone: str, engine: engines.Engine, observe: Observe
) -> tuple[Inspected, Loaded | None]:
    seen = Inspected(file=one.file)
    try:
        if one.kept:
            loaded = _accounted(load_one(one, config, zone, engine, observe), engine)
            return _of_loaded(_of_export(loaded.export), loaded), loaded
        from funnelkit.sources.instants import CREATED

        watched = Watched(one.file, engine, observe)
        export = watched.reading(read_export(one, config, engine, watched.looked_at))
        seen = _of_export(export)
        try:
            loaded = _accounted(load_export(export, one, engine, zone, CREATED), engine)
        except FunnelkitError:
            seen = replace(seen, columns=_decided(export, one, engine, zone))
            raise
        return _of_loaded(seen, loaded), loaded
    except FunnelkitError as error:
        problems = error.problems if isinstance(error, SeveralProblems) else (error,)
        hints = dict.fromkeys(p.hint for p in problems if p.hint)
        problem = Problem(
            code=problems[0].code, message=str(error), hint="\n".join(hints), exit_code=error.exit_code
        )
        header = error.header if isinstance(error, SourceError) else ()
        unread = seen.unread or tuple(h for h in header if h)
        return replace(seen, error=problem, unread=unread, stray=is_stray(one, error)), None


def _accounted(loaded: Loaded, engine: engines.Engine) -> Loaded:
    """*loaded* without the rows that another of the file stands for, and with the notes that a report has."""
    from funnelkit.sources.rows import testrows
    from funnelkit.sources.together import put_together

    together = put_together(loaded.table, [loaded], engine)
    repeated = together.repeated.get(loaded.export.file, engines.Repeated())
    loaded, notes = testrows.look(loaded, engine, drop=False)
    if repeated.count:
        lines = tuple(sorted(repeated.lines))
        aside = engines.Aside(
            reason="duplicate", message=provenance.REPEATED, lines=lines, more=repeated.more
        )
        loaded = replace(loaded, frame=together.frame, aside=(*loaded.aside, aside))
    return replace(loaded, notes=(*loaded.notes, *together.notes, *notes))


def _of_export(export: Export[Recognition]) -> Inspected:
    """What recognition says of a file."""
    from funnelkit.sources import fills
    from funnelkit.sources.preset import Header

    preset = export.kind.preset
    header = Header(export.header)
    telling = (header.find(rows.column) for rows in preset.other_rows) if preset else ()
    mapped = {*export.kind.columns.values(), *fills.headers(export).values(), *filter(None, telling)}
    return Inspected(
        file=export.file,
        table=export.kind.table,
        preset=preset.name if preset else None,
        title=f"{preset.tool} {preset.export}" if preset else "",
        header_line=export.dialect.header_line or None,
        encoding=export.dialect.encoding,
        delimiter=export.dialect.delimiter or None,
        sheet=export.sheet,
        unread=tuple(name for name in export.header if name and name not in mapped),
    )


def _of_loaded(seen: Inspected, loaded: Loaded) -> Inspected:
    """What the cells of a file say, besides what is *seen* of it already."""
    from funnelkit.sources.overlaps import grain

    first, last = provenance.dates(loaded)
    return replace(
        seen,
        rows=loaded.rows,
        used=loaded.used,
        set_aside=provenance.set_aside(loaded),
        unreadable=tuple(
            Unreadable(
                column=b.target,
                header=b.header,
                count=b.count,
                lines=tuple(b.lines[:_LINES]),
                example=b.example,
            )
            for b in loaded.bad
        ),
        examples=rejecting.examples(loaded, loaded.aside),
        grain=grain(loaded) if loaded.table == "spend" else None,
        currencies=_currencies(loaded),
        first_date=first,
        last_date=last,
        columns=_columns(loaded.decisions),
        sums=sums(loaded.frame, loaded.scales),
        lacks=shortfall.lacks(loaded),
        notes=loaded.notes,
    )


def _currencies(loaded: Loaded) -> tuple[str, ...]:
    from funnelkit import collect

    frame = collect.frame(loaded.frame)
    if "currency" not in collect.names(frame):
        return (loaded.currency,) if loaded.currency else ()
    return tuple(code for code in collect.distinct(frame, "currency") if code) or (
        (loaded.currency,) if loaded.currency else ()
    )


def _decided(
    export: Export[Recognition], one: Input, engine: engines.Engine, zone: str
) -> tuple[InspectedColumn, ...]:
    """How the columns of a file are read that is refused all the same; nothing where not even that can be told."""
    from funnelkit.sources import mapping

    try:
        return _columns(mapping.decisions(export, one.settings, engine, zone).values())
    except FunnelkitError:
        return ()


def _columns(decisions: Collection[Decision]) -> tuple[InspectedColumn, ...]:
    from funnelkit.sources.asking import AGAIN

    again = [d for d in decisions if d.target in AGAIN]
    outcome = max(again, key=lambda d: bool(d.meanings)).evidence if again else ""
    return tuple(
        InspectedColumn(
            to=d.target,
            source=d.header,
            style=_style(d),
            # A stage keeps its own name, and is read a second time for what it says of the outcome.
            evidence=f"{d.evidence}; {outcome}" if d.target == "stage" and outcome else d.evidence,
            hint="" if d.style else d.hint,
        )
        for d in decisions
        if d.target not in AGAIN
    )


def _style(decision: Decision) -> str:
    """How the cells are written, in few words."""
    from funnelkit.styles import DateStyle, NumberStyle

    style = decision.style
    if style is None:
        return ""
    if isinstance(style, NumberStyle):
        sign = "point" if style.decimal == "." else "comma"
        decimals = f"{style.scale} decimal{'s' * (style.scale > 1)}"
        return f"number, decimal {sign}, {decimals}" if style.scale else "whole number"
    if isinstance(style, DateStyle):
        orders = ", ".join(f"{order} with {separator}" for separator, order in style.orders.items())
        return f"date ({orders})" if orders else f"date ({style.pattern})" if style.pattern else "date"
    return style.kind


def sums(frame: Any, scales: Any) -> dict[str, str]:
    """The exact sum of each numeric column of *frame*, as decimal text."""
    from funnelkit import collect

    table = collect.frame(frame)
    columns = [column for column in scales if column in collect.names(table)]
    found = zip(columns, collect.totals(table, columns), strict=True)
    return {column: decimal_text(total, scales[column]) for column, total in found}


def decimal_text(number: int, scale: int) -> str:
    """*number* at *scale* decimals as text, without going through a float.

    >>> decimal_text(166167, 2), decimal_text(-5, 2), decimal_text(7, 0)
    ('1661.67', '-0.05', '7')

    Zeros beyond two decimals are those of a longer column and are left out.

    >>> decimal_text(1500000, 6), decimal_text(1500001, 6)
    ('1.50', '1.500001')
    """
    if not scale:
        return str(number)
    digits = str(abs(number)).rjust(scale + 1, "0")
    fraction = digits[-scale:][:2] + digits[-scale:][2:].rstrip("0")
    return f"{'-' * (number < 0)}{digits[:-scale]}.{fraction}"
