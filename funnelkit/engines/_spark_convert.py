"""Text in Spark -> a canonical frame: plain cells by SQL, all others once each by `Style.parse`.

Part of the Spark engine. So every cell has the value that the pandas engine gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from funnelkit.collect import LINES
from funnelkit.engines import Aside, BadCells, Converted
from funnelkit.engines import _spark_rules as rules
from funnelkit.engines._plain import agrees
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import address, listed, literal, tidy, worded
from funnelkit.engines._spark_text import SparkText
from funnelkit.engines._sql import name
from funnelkit.plans import ColumnPlan, TablePlan
from funnelkit.styles import BAD, DateStyle, EmailStyle, IdStyle, NumberStyle, TextStyle

_LARGEST = 2**63 - 1


class Typed(Struct, frozen=True, kw_only=True):
    """SQL for one canonical column over the joined tables of cells."""

    plan: ColumnPlan
    value: str
    bad: str = "false"
    join: str = ""
    """The table of the cells that were read one by one."""


class _Place(Struct, frozen=True):
    """A reason why rows are not used, or why a cell counts as missing, and the numbers of the first such rows."""

    count: int
    rows: tuple[int, ...]

    @property
    def lines(self) -> tuple[int, ...]:
        """Their lines, as far as they are known."""
        return tuple(row for row in self.rows if row > 0)

    @property
    def more(self) -> int:
        """How many there are beside those on *lines*."""
        return self.count - len(self.lines)


def convert(session: Session, text: SparkText, plan: TablePlan) -> Converted:
    """The canonical frame that *plan* makes of *text*."""
    other = {c.header for c in plan.columns if not agrees(text.columns[c.header], c)}
    text = text.as_text(other) if other else text
    typed = _typed(session, text, plan.columns)
    whys = [*rules.meant(text, plan.rules), *(_lost(t) for t in typed)]
    cases = [f"WHEN {why} THEN {k}" for k, why in enumerate(whys) if why != "false"]
    reason = f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS INT)"
    columns = [f"{t.value} AS {name(t.plan.target)}" for t in typed]
    columns += [f"{literal(value)} AS {name(target)}" for target, value in plan.constants.items()]
    bads = [f"{t.bad} AS _bad_{k}" for k, t in enumerate(typed, len(plan.rules)) if t.bad != "false"]
    rows = session.kept(
        f"SELECT {', '.join([*columns, *bads, f'{reason} AS _why'])}, line AS source_row FROM {text.view} t "
        f"{' '.join(t.join for t in typed)}"
    )
    view = session.named(rows)
    places = _places(session, view, _marks(typed, len(plan.rules))) if cases or bads else {}
    aside = list(text.aside)
    for k, rule in enumerate(plan.rules):
        if place := places.get(f"why {k}"):
            aside.append(Aside(reason=rule.reason, message=rule.message, lines=place.lines, more=place.more))
    bad = []
    for k, column in enumerate(plan.columns, len(plan.rules)):
        if column.required != "no":
            aside += _asides(text, places, k, column)
        elif place := places.get(f"bad {k}"):
            bad.append(_bad(text, place, column))
    kept = ", ".join(name(c) for c in [*(t.plan.target for t in typed), *plan.constants, "source_row"])
    frame = session.relation(f"SELECT {kept} FROM {view} WHERE _why IS NULL")
    return Converted(frame=frame, rows=text.rows, aside=tuple(aside), bad=tuple(bad))


def _typed(session: Session, text: SparkText, plans: Sequence[ColumnPlan]) -> list[Typed]:
    """SQL for the columns of *plans*; their cells that are not plain are read here."""
    plain = {plan.target: _plain(text, plan) for plan in plans}
    asked = {}
    for plan in plans:
        cell = text.columns[plan.header].text
        asked[plan.target] = f"CASE WHEN NOT {plain[plan.target][0]} THEN {cell} END"
    cells = text.different(asked)
    return [_of_cells(session, text, plan, plain[plan.target], cells[plan.target]) for plan in plans]


def _of_cells(
    session: Session, text: SparkText, plan: ColumnPlan, plain: tuple[str, str], cells: Sequence[str]
) -> Typed:
    """SQL for the column of *plan*, whose *cells* are not *plain*."""
    if not cells:
        return Typed(plan=plan, value=f"CASE WHEN {plain[0]} THEN {plain[1]} END")
    parsed = [_in_range(value) for value in map(plan.style.parse, cells)]
    known = session.known(cells, parsed, _type(plan))
    return Typed(
        plan=plan,
        value=f"CASE WHEN {plain[0]} THEN {plain[1]} ELSE {known}.value END",
        bad=f"coalesce({known}.bad, false)" if BAD in parsed else "false",
        join=f"LEFT JOIN {known} ON t.{text.columns[plan.header].text} = {known}.cell",
    )


def _plain(text: SparkText, plan: ColumnPlan) -> tuple[str, str]:
    """SQL for whether a cell is read as it stands, and for what it is read as."""
    column, style = text.columns[plan.header], plan.style
    cell = f"t.{column.name}"
    if column.kept != "text":
        unit = 10 ** (style.scale - column.scale) if isinstance(style, NumberStyle) else 1
        return f"(t.{column.text} IS NULL)", f"CAST({cell} AS BIGINT) * {unit}L"
    if isinstance(style, EmailStyle):
        return f"({address(cell)})", f"lower({cell})"
    if isinstance(style, IdStyle):
        return tidy(cell), cell
    if isinstance(style, TextStyle):
        own = f" AND lower({cell}) NOT IN {listed(style.missing)}" if style.missing else ""
        return f"({worded(cell)}{own})", cell
    return "false", f"CAST(NULL AS {_type(plan)})"


def _type(plan: ColumnPlan) -> str:
    whole = isinstance(plan.style, NumberStyle | DateStyle) or plan.style.kind == "instant"
    return "BIGINT" if whole else "STRING"


def _in_range(value: Any) -> Any:
    return BAD if isinstance(value, int) and abs(value) > _LARGEST else value


def _lost(typed: Typed) -> str:
    """SQL for whether a row cannot be used for want of this column."""
    if typed.plan.required == "no":
        return "false"
    return f"({typed.bad} OR {typed.value} IS NULL)" if typed.plan.required == "present" else typed.bad


def _marks(typed: Sequence[Typed], first: int) -> Iterator[str]:
    """SQL for why a row is not used, or which of its cells cannot be read: ``why 3``, ``bad 4``; null for neither."""
    yield f"CASE WHEN _why < {first} THEN concat('why ', _why) END"
    for k, one in enumerate(typed, first):
        bad = f"_bad_{k}" if one.bad != "false" else "false"
        if one.plan.required != "no":
            yield f"CASE WHEN _why = {k} THEN CASE WHEN {bad} THEN 'bad {k}' ELSE 'why {k}' END END"
        elif one.bad != "false":
            # Of a row that is set aside, the cells of the columns before count all the same.
            yield f"CASE WHEN {bad} AND (_why IS NULL OR _why > {k}) THEN 'bad {k}' END"


def _places(session: Session, view: str, marks: Iterator[str]) -> Mapping[str, _Place]:
    """How many rows there are of each of *marks*, and on which lines."""
    marked = f"SELECT source_row, explode(array({', '.join(marks)})) AS mark FROM {view}"
    counts = dict(session.rows(f"SELECT mark, count(*) FROM ({marked}) WHERE mark IS NOT NULL GROUP BY mark"))
    if not counts:
        return {}
    place = "row_number() OVER (PARTITION BY mark ORDER BY source_row)"
    placed = f"SELECT mark, source_row, {place} AS place FROM ({marked}) WHERE mark IS NOT NULL"
    lines: dict[str, list[int]] = {}
    for mark, line in session.rows(f"SELECT mark, source_row FROM ({placed}) WHERE place <= {LINES}"):
        lines.setdefault(mark, []).append(line)
    # A number below zero is that of a row whose line nobody knows.
    return {mark: _Place(n, tuple(sorted(lines[mark], key=abs))) for mark, n in counts.items()}


def _asides(text: SparkText, places: Mapping[str, _Place], k: int, column: ColumnPlan) -> Iterator[Aside]:
    """Rows without a needed cell: those where it is missing, and those where it cannot be read."""
    for reason, mark, say in (
        ("missing_value", f"why {k}", f"no value in column {column.header!r} ({column.target})"),
        ("bad_value", f"bad {k}", f"column {column.header!r} ({column.target}) cannot be read"),
    ):
        if place := places.get(mark):
            message = f"{say}: {_example(text, column, place)!r}" if reason == "bad_value" else say
            yield Aside(
                reason=reason, message=message, lines=place.lines, column=column.header, more=place.more
            )


def _bad(text: SparkText, place: _Place, column: ColumnPlan) -> BadCells:
    """The cells of an optional column that cannot be read, in rows that no earlier column has lost."""
    return BadCells(
        target=column.target,
        header=column.header,
        lines=place.lines,
        example=_example(text, column, place),
        more=place.more,
    )


def _example(text: SparkText, column: ColumnPlan, place: _Place) -> str:
    return text.at(column.header, place.rows[:1])[0][:40]
