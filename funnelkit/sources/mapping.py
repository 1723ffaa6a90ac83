"""Export -> canonical frame: ask for the columns, decide their styles, convert, account for rows.

What cannot be decided is refused where the table needs the column; elsewhere the column is left
out and the reader is told, so that its metrics are "not loaded" and never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.engines import Aside, BadCells, Engine
from funnelkit.errors import FunnelkitError, SourceError, raise_all
from funnelkit.plans import ColumnPlan, RowRule, TablePlan
from funnelkit.sources import outcomes, spans, values
from funnelkit.sources.export import Export
from funnelkit.sources.preset import Header, OtherRows
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.remarks import remarks
from funnelkit.sources.settings import FileSettings
from funnelkit.sources.values import Asked, Decision
from funnelkit.styles import DateStyle, NumberStyle
from funnelkit.tables import TABLES, Note

_ROW_NEEDS: Mapping[str, Mapping[str, Literal["readable", "present"]]] = {
    "leads": {"created_at": "readable"},
    "deals": {},
    "spend": {"date": "present", "start": "present", "end": "present", "cost": "readable"},
    "emails": {"sent_at": "readable", "delivered": "readable"},
    "payments": {"paid_at": "readable", "amount": "readable"},
    "web": {"date": "present", "start": "present", "sessions": "readable"},
    "stage_history": {"entered_at": "present", "stage": "present"},
    "customers": {"total_spend": "readable"},
}
"""What a single row must have to be used; undated leads and deals count where no period is asked for."""

_TOTAL = r"(grand |sub)?totals?( ?:.*)?|gesamt( ?:.*)?|summe|gesamtsumme|total (general|geral|général)( ?:.*)?|totale( ?:.*)?|totaal"


class Loaded(Struct, frozen=True, kw_only=True):
    """One export as a canonical frame, and everything that was decided about it."""

    export: Export[Recognition]
    frame: Any
    scales: Mapping[str, int]
    """Decimals of each money and decimal column."""
    present: frozenset[str]
    decisions: tuple[Decision, ...]
    rows: int
    aside: tuple[Aside, ...]
    bad: tuple[BadCells, ...]
    currency: str | None
    """The currency of the whole file; None where a column gives it per row, or nothing does."""
    notes: tuple[Note, ...]
    settings: FileSettings

    @property
    def table(self) -> str:
        """The canonical table."""
        return self.export.kind.table

    @property
    def used(self) -> int:
        """How many rows are in the frame."""
        return self.rows - sum(len(a.lines) for a in self.aside)


def load(export: Export[Recognition], settings: FileSettings, engine: Engine, zone: str) -> Loaded:
    """The canonical frame of *export*; *zone* is the report's.

    Raises SourceError where a needed column is missing or cannot be decided.
    """
    _check_needs(export)
    kind = export.kind
    positions = {name: i for i, name in enumerate(export.header) if name}
    rules = _rules(export)
    wanted = dict.fromkeys([*kind.columns.values(), *(h for rule in rules for h in rule.headers)])
    text = engine.text(export.open(), {h: positions[h] for h in wanted}, len(export.header))
    decisions = values.decide(kind.table, _asked(export, settings, text), zone=zone, rows=text.rows)
    if _same_single_day(decisions):
        del decisions["end"]
    left_out = _check_decided(export, decisions)
    constants = kind.preset.constants if kind.preset else {}
    plan = TablePlan(
        table=kind.table, columns=tuple(_plans(kind, decisions)), rules=rules, constants=constants
    )
    converted = engine.convert(text, plan)
    loaded = Loaded(
        export=export,
        frame=converted.frame,
        scales={t: d.style.scale for t, d in decisions.items() if isinstance(d.style, NumberStyle)},
        present=frozenset({*constants, *(t for t, d in decisions.items() if d.style)}),
        decisions=tuple(decisions.values()),
        rows=converted.rows,
        aside=converted.aside,
        bad=converted.bad,
        currency=settings.currency or kind.currency,
        notes=tuple(left_out),
        settings=settings,
    )
    if not loaded.used:
        raise SourceError(
            f"{export.file}: the export is empty: it holds no rows that could be used",
            hint="Check the date range and the filters of the export, and download it again.",
            code="no_rows",
        )
    return _finished(loaded)


def _same_single_day(decisions: Mapping[str, Decision]) -> bool:
    """Whether start and end come from one column whose cells are days: then only the start is known."""
    ends = [decisions[c] for c in ("start", "end") if c in decisions]
    same = len(ends) == 2 and ends[0].header == ends[1].header
    return same and isinstance(ends[0].style, DateStyle) and ends[0].style.edge is None


def _check_needs(export: Export[Recognition]) -> None:
    preset = export.kind.preset
    if preset and preset.refuse:
        raise SourceError(
            f"{export.file}: {preset.tool} {preset.export}: {preset.refuse}",
            hint=f"{preset.where}.",
            code="not_usable",
        )
    header = Header(export.header)
    missing = [n.say for n in preset.needs if not any(map(header.find, n.any_of))] if preset else []
    if preset and missing:
        raise SourceError(
            f"{export.file}: {preset.tool} {preset.export}, but without the columns that a funnel needs: "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not there",
            hint=f"Add {' and '.join(missing)} to the export: {preset.where}.",
            code="missing_columns",
        )


def _rules(export: Export[Recognition]) -> tuple[RowRule, ...]:
    """Which rows are totals, footers or blank."""
    kind = export.kind
    preset = kind.preset
    names = [h for h in export.header if h]
    mapped = tuple(dict.fromkeys(kind.columns.values()))
    rules = [RowRule(reason="blank", message="blank row", headers=mapped)]
    labels = [h for t, h in kind.columns.items() if TABLES[kind.table].columns[t].kind == "text"]
    if preset is None:
        first = names[:3] if kind.table in ("spend", "web", "emails") else names[:1]
        rules.append(_total(_TOTAL, [*first, *labels], kind))
        return tuple(rules)
    if preset.totals:
        # The label stands in the first column that holds names, which is not always the first.
        rules.append(_total("|".join(preset.totals), [*names[:6], *labels], kind))
    header = Header(names)
    blank = tuple(dict.fromkeys(h for wanted in preset.blank_totals if (h := header.find(wanted))))
    if blank:
        rules.append(RowRule(reason="total", message="total row: its names are blank", headers=blank))
    if preset.footers:
        pattern = "|".join(preset.footers)
        rules.append(
            RowRule(
                reason="footer", message="footer of the export", headers=tuple(names[:1]), pattern=pattern
            )
        )
    rules += [rule for rows in preset.other_rows if (rule := _other(rows, header))]
    return tuple(rules)


def _other(rows: OtherRows, header: Header) -> RowRule | None:
    column = header.find(rows.column)
    if column is None:
        return None
    # Without words it is the blank cell that tells.
    pattern = "|".join(map(re.escape, rows.words)) or None
    return RowRule(reason=rows.reason, message=rows.say, headers=(column,), pattern=pattern)


def _total(pattern: str, headers: Sequence[str], kind: Recognition) -> RowRule:
    table = TABLES[kind.table]
    # A company may be called Total; a total row has no id and no date of its own.
    own = [
        h
        for t, h in kind.columns.items()
        if table.key and (t == table.key or table.columns[t].kind == "date")
    ]
    return RowRule(
        reason="total",
        message="total row",
        headers=tuple(dict.fromkeys(headers)),
        pattern=pattern,
        unless=tuple(own),
    )


def _asked(export: Export[Recognition], settings: FileSettings, text: Any) -> list[Asked]:
    kind = export.kind
    columns = TABLES[kind.table].columns
    asked = []
    for target, header in kind.columns.items():
        source = kind.preset.columns.get(target) if kind.preset else None
        words: dict[str, Sequence[str]] = {
            **(kind.preset.values.get(target, {}) if kind.preset else {}),
            **settings.values.get(target, {}),
        }
        asked.append(
            Asked(
                target=target,
                header=header,
                kind=columns[target].kind,
                cells=text.distinct(header),
                order=settings.order or (source.order if source else None),
                decimal=settings.decimals.get(target)
                or settings.decimal
                or (source.decimal if source else None),
                pattern=settings.patterns.get(target),
                zone=settings.zone or (source.zone if source else None),
                words=words,
            )
        )
    if "stage" in kind.columns and kind.table in ("leads", "deals"):
        # The stage keeps its own name and is read a second time for the outcome that it says.
        outcome = settings.values.get("status", {}) or settings.values.get("stage", {})
        header = kind.columns["stage"]
        asked.append(
            Asked(
                target="stage_outcome",
                header=header,
                kind="status",
                cells=text.distinct(header),
                words=outcome,
            )
        )
    return asked


def _check_decided(export: Export[Recognition], decisions: Mapping[str, Decision]) -> list[Note]:
    """Refuse what the table needs and cannot be decided; notes on the columns that are left out."""
    table = TABLES[export.kind.table]
    decided = {target for target, decision in decisions.items() if decision.style is not None}
    # One column of each group is enough: the others may be left out.
    needed = {column for group in table.needs if not decided & set(group) for column in group}
    problems: list[FunnelkitError] = []
    notes = []
    for target, decision in decisions.items():
        if decision.style is not None:
            continue
        sentence = f"{export.file}: column {decision.header!r} ({target}): {decision.evidence}"
        if target in needed:
            problems.append(SourceError(sentence, hint=decision.hint, code="ambiguous_column"))
        else:
            notes.append(Note(code="column_left_out", message=f"{sentence}; it is left out. {decision.hint}"))
    raise_all(problems)
    return notes


def _plans(kind: Recognition, decisions: Mapping[str, Decision]) -> list[ColumnPlan]:
    needs = _ROW_NEEDS[kind.table]
    return [
        ColumnPlan(target=target, header=d.header, style=d.style, required=needs.get(target, "no"))
        for target, d in decisions.items()
        if d.style is not None
    ]


def _finished(loaded: Loaded) -> Loaded:
    """Outcomes, periods and notes, now that the cells are typed."""
    import narwhals.stable.v2 as nw

    frame, present = loaded.frame, loaded.present
    if loaded.table == "deals":
        frame, present = outcomes.deals(frame, present)
    if loaded.table == "leads":
        frame, present = outcomes.leads(frame, present)
    if loaded.table in ("spend", "web"):
        export = loaded.export
        frame, present = spans.with_days(
            frame, present, export.kind.columns.get("start", ""), export.preamble
        )
        table = nw.from_native(frame)
        platform = loaded.export.kind.preset.platform if loaded.export.kind.preset else ""
        # An ad report's source is the platform that was paid, unless a medium says what it was.
        named = "source" in present and "medium" not in present and not platform
        table = table.with_columns(platform=nw.col("source") if named else nw.lit(platform))
        if platform and "source" not in present:
            table = table.with_columns(source=nw.lit(platform))
            present |= {"source"}
        frame = table.to_native()
    return replace(
        loaded,
        frame=frame,
        present=present - {"stage_outcome"},
        notes=(*loaded.notes, *remarks(loaded.export, loaded.decisions, loaded.bad)),
    )
