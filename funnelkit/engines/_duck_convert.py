"""Text in DuckDB -> a canonical frame: plain cells by SQL, all others once each by `Style.parse`.

Part of the DuckDB engine. So every cell has the value that the pandas engine gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.engines import Aside, BadCells, Converted
from funnelkit.engines import _duck_rules as rules
from funnelkit.engines._duck_columns import odd_text, tidy
from funnelkit.engines._duck_text import DuckText
from funnelkit.engines._plain import agrees
from funnelkit.engines._sql import literal, name
from funnelkit.instants import DAY, InstantStyle
from funnelkit.plans import ColumnPlan, TablePlan
from funnelkit.styles import BAD, DateStyle, EmailStyle, IdStyle, NumberStyle, TextStyle

if TYPE_CHECKING:
    from funnelkit.engines._session import Session

_LARGEST = 2**63 - 1
_EMAIL = "'[0-9a-z_.+-]+@[0-9a-z-]+([.][0-9a-z-]+)+'"


class Typed(Struct, frozen=True, kw_only=True):
    """SQL for one canonical column over the joined tables of cells."""

    plan: ColumnPlan
    value: str
    bad: str = "false"
    join: str = ""
    """The table of the cells that were read one by one."""


def convert(session: Session, text: DuckText, plan: TablePlan) -> Converted:
    """The canonical frame that *plan* makes of *text*."""
    text = _readable(text, plan)
    aside = list(text.aside)
    typed = [_typed(session, text, column) for column in plan.columns]
    gone = rules.hits(session, text, plan.rules)
    why = "_rule" if gone.count else "NULL"
    lost = [(k, t) for k, t in enumerate(typed, len(plan.rules)) if t.plan.required != "no"]
    cases = "".join(f" WHEN {_lost(t)} THEN {k}" for k, t in lost)
    reason = f"CASE WHEN {why} IS NOT NULL THEN {why}{cases} END"
    columns = [f"{t.value} AS {name(t.plan.target)}" for t in typed]
    columns += [f"{literal(value)} AS {name(target)}" for target, value in plan.constants.items()]
    bads = [f"{t.bad} AS _bad_{k}" for k, t in enumerate(typed, len(plan.rules)) if t.bad != "false"]
    view = session.view(
        f"SELECT {', '.join([*columns, *bads, f'{reason} AS _why'])}, "
        f"t.{text.line} AS source_row FROM {text.table} t "
        f"{gone.join} {' '.join(t.join for t in typed)}"
    )
    for k, rule in enumerate(plan.rules):
        if k in gone.rules:
            lines = session.lines(f"SELECT source_row FROM {view} WHERE _why = {k}")
            aside += [Aside(reason=rule.reason, message=rule.message, lines=lines)] if lines else []
    for k, one in lost:
        aside += _asides(session, text, view, k, one)
    bad = [b for k, t in enumerate(typed, len(plan.rules)) if (b := _bad(session, text, view, k, t))]
    kept = ", ".join(name(c) for c in [*(t.plan.target for t in typed), *plan.constants, "source_row"])
    frame = session.relation(f"SELECT {kept} FROM {view} WHERE _why IS NULL")
    return Converted(frame=frame, rows=text.rows, aside=tuple(aside), bad=tuple(bad))


def _readable(text: DuckText, plan: TablePlan) -> DuckText:
    """*text* with those columns kept as text of which the style reads plain cells in its own way."""
    other = {c.header for c in plan.columns if not agrees(text.columns[c.header], c)}
    return text.as_text(other) if other else text


def _typed(session: Session, text: DuckText, plan: ColumnPlan) -> Typed:
    """SQL for the column of *plan*; its cells that are not plain are read here."""
    column = text.columns[plan.header]
    if column.kept == "word":
        return _worded(session, text, plan)
    if column.kept == "text":
        cell = column.name
        plain = _plain(plan, column.name)
        cells = [one for one in text.first(plan.header, f"NOT {plain}" if plain else "true") if one]
        whole = cell if plain else f"NULL::{_type(plan)}"
    else:
        unit = 10 ** (plan.style.scale - column.scale) if isinstance(plan.style, NumberStyle) else 1
        cell = column.odd
        cells = text.first(plan.header, column.is_odd)
        whole = f"NULL::{_type(plan)}" if column.kept == "rare" else column.name
        whole += f"::BIGINT * {unit}" if column.kept == "number" else ""
        if column.kept == "instant" and isinstance(plan.style, DateStyle):
            whole = f"floor({column.name} / {DAY})::INTEGER"
    if not cells:
        return Typed(plan=plan, value=whole)
    parsed = [_in_range(value) for value in map(plan.style.parse, cells)]
    known = session.known(cells, parsed, _type(plan))
    return Typed(
        plan=plan,
        value=f"CASE WHEN {known}.cell IS NULL THEN {whole} ELSE {known}.value END",
        bad=f"coalesce({known}.bad, false)" if BAD in parsed else "false",
        join=f"LEFT JOIN {known} ON {cell} = {known}.cell",
    )


def _worded(session: Session, text: DuckText, plan: ColumnPlan) -> Typed:
    """SQL for a column of few words; each of them is read once."""
    column = text.columns[plan.header]
    cell = column.name
    cells = [one for one in text.distinct(plan.header) if one]
    parsed = dict(zip(cells, map(_in_range, map(plan.style.parse, cells)), strict=True))
    odd_cells = text.first(plan.header, column.is_odd)
    if all(one == value for one, value in parsed.items()) and not odd_cells:
        return Typed(plan=plan, value=cell)
    texts = [value for value in parsed.values() if isinstance(value, str)]
    kind = session.words(texts) if texts else _type(plan)
    if texts and not odd_cells:
        return _listed(plan, cell, [parsed.get(word) for word in text.words(plan.header)], kind)
    known = session.known(cells, list(parsed.values()), kind)
    odd = f"CASE WHEN {cell} IS NULL THEN {odd_text(column.place)} ELSE {cell}::VARCHAR END"
    return Typed(
        plan=plan,
        value=f"{known}.value",
        bad=f"coalesce({known}.bad, false)" if BAD in parsed.values() else "false",
        join=f"LEFT JOIN {known} ON {odd} = {known}.cell",
    )


def _listed(plan: ColumnPlan, cell: str, parsed: Sequence[Any], kind: str) -> Typed:
    """SQL for a column of words alone, each *parsed* in the order of their list: a join would cost as much as a look at all texts."""
    values = (literal(value) if isinstance(value, str) else "NULL" for value in parsed)
    bads = (str(value is BAD) for value in parsed)
    place = f"enum_code({cell})::INTEGER + 1"
    return Typed(
        plan=plan,
        value=f"([{', '.join(values)}]::{kind}[])[{place}]",
        bad=f"coalesce(([{', '.join(bads)}])[{place}], false)" if BAD in parsed else "false",
    )


def _plain(plan: ColumnPlan, cell: str) -> str | None:
    """SQL for whether a text is read as it stands; None where its words must be known."""
    style = plan.style
    if isinstance(style, EmailStyle):
        return f"regexp_full_match({cell}, {_EMAIL})"
    if isinstance(style, IdStyle) or (isinstance(style, TextStyle) and not style.missing):
        return tidy(cell)
    return None


def _type(plan: ColumnPlan) -> str:
    if isinstance(plan.style, DateStyle):
        return "INTEGER"
    return "BIGINT" if isinstance(plan.style, NumberStyle | InstantStyle) else "VARCHAR"


def _in_range(value: Any) -> Any:
    return BAD if isinstance(value, int) and abs(value) > _LARGEST else value


def _lost(typed: Typed) -> str:
    """SQL for whether a row cannot be used for want of this column."""
    return f"({typed.bad} OR {typed.value} IS NULL)" if typed.plan.required == "present" else typed.bad


def _asides(session: Session, text: DuckText, view: str, k: int, typed: Typed) -> Iterator[Aside]:
    """Rows without a needed cell: those where it is missing, and those where it cannot be read."""
    column = typed.plan
    bad = f"_bad_{k}" if typed.bad != "false" else "false"
    for reason, condition, say in (
        ("missing_value", f"NOT {bad}", f"no value in column {column.header!r} ({column.target})"),
        ("bad_value", bad, f"column {column.header!r} ({column.target}) cannot be read"),
    ):
        lines = session.lines(f"SELECT source_row FROM {view} WHERE _why = {k} AND {condition}")
        if lines:
            example = text.at(column.header, lines[:1])[0][:40] if reason == "bad_value" else ""
            message = f"{say}: {example!r}" if example else say
            yield Aside(reason=reason, message=message, lines=lines, column=column.header)


def _bad(session: Session, text: DuckText, view: str, k: int, typed: Typed) -> BadCells | None:
    """The cells of an optional column that cannot be read, in rows that no earlier column has lost."""
    if typed.plan.required != "no" or typed.bad == "false":
        return None
    lines = session.lines(f"SELECT source_row FROM {view} WHERE _bad_{k} AND (_why IS NULL OR _why > {k})")
    if not lines:
        return None
    header = typed.plan.header
    example = text.at(header, lines[:1])[0][:40]
    return BadCells(target=typed.plan.target, header=header, lines=lines, example=example)
