"""Inputs -> what `inspect` says of them. A file that is refused gets its reason and the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funnelkit import engines
from funnelkit.errors import FunnelkitError, SeveralProblems
from funnelkit.inspection import Inspected, InspectedColumn, Problem
from funnelkit.pipeline import provenance
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.reading import inputs, load_one, read_config, zone_of

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.mapping import Loaded
    from funnelkit.sources.values import Decision


def inspect(files: Sequence[str], options: Options) -> tuple[Inspected, ...]:
    """One entry per file, in the order of the arguments, also for a file that is refused."""
    config = read_config(options)
    zone = zone_of(options, config)
    engine = engines.load(options.engine)
    return tuple(_inspected(one, config, zone, engine) for one in inputs(files, options, config))


def _inspected(one: Input, config: Config, zone: str, engine: engines.Engine) -> Inspected:
    try:
        loaded = load_one(one, config, zone, engine)
    except FunnelkitError as error:
        problems = error.problems if isinstance(error, SeveralProblems) else (error,)
        hints = "\n".join(p.hint for p in problems if p.hint)
        return Inspected(
            file=one.file,
            error=Problem(code=problems[0].code, message=str(error), hint=hints, exit_code=error.exit_code),
        )
    return _of_loaded(loaded)


def _of_loaded(loaded: Loaded) -> Inspected:
    from funnelkit.sources.overlaps import grain

    export = loaded.export
    preset = export.kind.preset
    first, last = provenance.dates(loaded)
    mapped = set(export.kind.columns.values())
    return Inspected(
        file=export.file,
        table=loaded.table,
        preset=preset.name if preset else None,
        rows=loaded.rows,
        used=loaded.used,
        set_aside=provenance.set_aside(loaded),
        header_line=export.dialect.header_line,
        encoding=export.dialect.encoding,
        delimiter=export.dialect.delimiter or None,
        sheet=export.sheet,
        grain=grain(loaded) if loaded.table == "spend" else None,
        currency=loaded.currency or _only_currency(loaded),
        first_date=first,
        last_date=last,
        columns=tuple(_column(d) for d in loaded.decisions if d.target != "stage_outcome"),
        unread=tuple(name for name in export.header if name and name not in mapped),
        sums=_sums(loaded),
        lacks=tuple(f"{column}: {how}" for column, how in provenance.lacks(loaded).items()),
        notes=tuple(note.message for note in loaded.notes),
    )


def _only_currency(loaded: Loaded) -> str | None:
    import narwhals.stable.v2 as nw

    frame = nw.from_native(loaded.frame)
    if "currency" not in frame.columns:
        return None
    found = [c for c in frame["currency"].drop_nulls().unique().to_list() if c]
    return str(found[0]) if len(found) == 1 else None


def _column(decision: Decision) -> InspectedColumn:
    return InspectedColumn(
        to=decision.target, source=decision.header, style=_style(decision), evidence=decision.evidence
    )


def _style(decision: Decision) -> str:
    """How the cells are written, in few words."""
    from funnelkit.styles import DateStyle, NumberStyle

    style = decision.style
    if style is None:
        return ""
    if isinstance(style, NumberStyle):
        sign = "point" if style.decimal == "." else "comma"
        return f"number, decimal {sign}, {style.scale} decimals" if style.scale else "whole number"
    if isinstance(style, DateStyle):
        orders = ", ".join(f"{order} with {separator}" for separator, order in style.orders.items())
        return f"date ({orders})" if orders else f"date ({style.pattern})" if style.pattern else "date"
    return style.kind


def _sums(loaded: Loaded) -> dict[str, str]:
    """The exact sum of each numeric column, as decimal text."""
    import narwhals.stable.v2 as nw

    frame = nw.from_native(loaded.frame)
    found: dict[str, Any] = {c: frame[c].fill_null(0).sum() for c in loaded.scales if c in frame.columns}
    return {column: decimal_text(int(total), loaded.scales[column]) for column, total in found.items()}


def decimal_text(number: int, scale: int) -> str:
    """*number* at *scale* decimals as text, without going through a float.

    >>> decimal_text(166167, 2), decimal_text(-5, 2), decimal_text(7, 0)
    ('1661.67', '-0.05', '7')
    """
    if not scale:
        return str(number)
    digits = str(abs(number)).rjust(scale + 1, "0")
    return f"{'-' * (number < 0)}{digits[:-scale]}.{digits[-scale:]}"
