"""Export -> canonical frame: ask for the columns, decide their styles, convert, account for rows.

What cannot be decided is refused where the table needs the column; elsewhere the column is left
out and the reader is told, so that its metrics are "not loaded" and never wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import bulk
from funnelkit.engines import Aside, BadCells, Engine
from funnelkit.errors import FunnelkitError, SourceError, raise_all
from funnelkit.plans import ColumnPlan, RowRule, TablePlan
from funnelkit.sources import outcomes, payments, remarks, rowrules, spans, subtotals, totals, values
from funnelkit.sources.export import Export
from funnelkit.sources.preamble import Range
from funnelkit.sources.preset import Header
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.settings import FileSettings
from funnelkit.sources.values import Asked, Decision
from funnelkit.styles import DateStyle, NumberStyle
from funnelkit.tables import TABLES, Note
from funnelkit.words import normalise

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
    rules = rowrules.rules(export)
    text = _text(export, rules, engine)
    said = spans.said(export)
    decisions = _decided(export, settings, text, rules, zone, said)
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
        notes=(
            *export.notes,
            *left_out,
            *_of_cells(export, text, decisions),
            *totals.differences(export.file, text, converted.frame, converted.aside, decisions),
        ),
        settings=settings,
    )
    if loaded.table == "payments" and loaded.used:
        loaded = _settled(loaded)
    if not loaded.used:
        raise SourceError(
            f"{export.file}: the export is empty: it holds no rows that could be used",
            hint="Check the date range and the filters of the export, and download it again.",
            code="no_rows",
        )
    return _finished(loaded, said)


def decisions(
    export: Export[Recognition], settings: FileSettings, engine: Engine, zone: str
) -> dict[str, Decision]:
    """How `load` would read the columns of *export*, also where it then refuses it."""
    rules = rowrules.rules(export)
    return _decided(export, settings, _text(export, rules, engine), rules, zone, spans.said(export))


def _text(export: Export[Recognition], rules: Sequence[RowRule], engine: Engine) -> Any:
    """The cells of the columns that are read, or that tell which rows are none."""
    positions = {name: i for i, name in enumerate(export.header) if name}
    wanted = dict.fromkeys([*export.kind.columns.values(), *(h for rule in rules for h in rule.headers)])
    return engine.text(export.batches(), {h: positions[h] for h in wanted}, len(export.header))


def _decided(
    export: Export[Recognition],
    settings: FileSettings,
    text: Any,
    rules: Sequence[RowRule],
    zone: str,
    said: Range | None,
) -> dict[str, Decision]:
    found = values.decide(
        export.kind.table,
        _asked(export, settings, text),
        zone=zone,
        rows=text.rows,
        days=said,
        witness=lambda: _witness(export, rules),
    )
    return spans.with_ends(found)


def _settled(loaded: Loaded) -> Loaded:
    """The payments that were paid or refunded; the others are set aside. Raises SourceError where none was."""
    preset = loaded.export.kind.preset
    status = next((d for d in loaded.decisions if d.target == "status"), None)
    done = payments.settle(
        loaded.frame,
        loaded.present,
        dict(loaded.scales),
        unknown=status.unknown if status else (),
        ledger=preset is not None and preset.grain == payments.LEDGER,
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


def _witness(export: Export[Recognition], rules: Sequence[RowRule]) -> values.Witness:
    """The rest of the file, for columns that fit two readings."""
    from funnelkit.sources.identities import FileWitness

    patterns = [rule for rule in rules if rule.reason == "total"]

    def total(cells: Sequence[str]) -> bool:
        named = dict(zip(export.header, cells, strict=False))
        return any(rowrules.fits(rule, named) for rule in patterns)

    return FileWitness(export.header, export.open, export.kind.columns, total)


def _of_cells(export: Export[Recognition], text: Any, decisions: Mapping[str, Decision]) -> list[Note]:
    """What the cells say besides their values: limits in place of numbers, signs of another currency."""
    found = [
        remarks.bounds(export, d, len(text.lines_with(d.header, d.bounds)))
        for d in decisions.values()
        if d.bounds
    ]
    if not any(d.symbols for d in decisions.values()):
        return found
    column = decisions.get("currency")
    stated = text.distinct(column.header) if column else [export.kind.currency or ""]
    missing = bulk.missing(stated)
    known = [cell for cell, blank in zip(stated, missing, strict=True) if not blank]
    return [*found, *remarks.contradicted(export, decisions, known)]


def _check_needs(export: Export[Recognition]) -> None:
    """Refuse an export that is of no use, or lacks what makes it useful."""
    preset = export.kind.preset
    if preset is None:
        return
    header = Header(export.header)
    stated = "configuration" in export.kind.how.values()
    missing = [] if stated else [n.say for n in preset.needs if not any(map(header.find, n.any_of))]
    if preset.refuse:
        refusal = SourceError(
            f"{export.file}: {preset.tool} {preset.export}: {preset.refuse}",
            hint=f"{preset.where}.",
            code="not_usable",
        )
    elif missing:
        refusal = SourceError(
            f"{export.file}: {preset.tool} {preset.export}, but without the columns that a funnel needs: "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not there",
            hint=f"Add {' and '.join(missing)} to the export: {preset.where}.",
            code="missing_columns",
        )
    else:
        return
    refusal.header = export.header
    raise refusal


def _asked(export: Export[Recognition], settings: FileSettings, text: Any) -> list[Asked]:
    """What is to be decided of *export*, whose cells are in *text*."""
    kind = export.kind
    columns = TABLES[kind.table].columns
    wanted = []
    for target, header in kind.columns.items():
        source = kind.preset.columns.get(target) if kind.preset else None
        words = _words(
            kind.preset.values.get(target, {}) if kind.preset else {}, settings.values.get(target, {})
        )
        wanted.append(
            Asked(
                target=target,
                header=header,
                kind=columns[target].kind,
                cells=text.distinct(header),
                order=settings.orders.get(target) or settings.order,
                decimal=settings.decimals.get(target) or settings.decimal,
                usual_order=source.order if source else None,  # type: ignore[arg-type]
                usual_decimal=source.decimal if source else None,  # type: ignore[arg-type]
                counts=source.counts if source else None,
                missing=kind.preset.missing if kind.preset else (),
                yields=settings.yields and target not in {**settings.orders, **settings.decimals},
                pattern=settings.patterns.get(target),
                zone=settings.zone or (source.zone if source else None),
                words=words,
            )
        )
    if "stage" in kind.columns and kind.table in ("leads", "deals"):
        # The stage keeps its own name and is read a second time for the outcome that it says.
        outcome = settings.values.get("status", {}) or settings.values.get("stage", {})
        header = kind.columns["stage"]
        wanted.append(
            Asked(
                target="stage_outcome",
                header=header,
                kind="status",
                cells=text.distinct(header),
                words=outcome,
            )
        )
    return wanted


def _words(tools: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Canonical word -> its words: those of the preset, but for the ones to which the user gives a meaning."""
    mine = {normalise(word) for theirs in own.values() for word in theirs}
    words = {meaning: [w for w in theirs if normalise(w) not in mine] for meaning, theirs in tools.items()}
    return {meaning: [*words.get(meaning, ()), *own.get(meaning, ())] for meaning in {**words, **own}}


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


def _finished(loaded: Loaded, said: Range | None) -> Loaded:
    """Outcomes, periods and notes, now that the cells are typed."""
    import narwhals.stable.v2 as nw

    frame, present = loaded.frame, loaded.present
    notes: list[Note] = []
    if loaded.table == "deals":
        frame, present = outcomes.deals(frame, present)
    if loaded.table == "leads":
        frame, present = outcomes.leads(frame, present)
    if loaded.table in ("spend", "web"):
        export = loaded.export
        whole = said.under(spans.order_of(loaded.decisions, export, loaded.settings.order)) if said else None
        start = next((d for d in loaded.decisions if d.target == "start"), None)
        several = start is not None and isinstance(start.style, DateStyle) and start.style.edge is not None
        frame, present = spans.with_days(
            frame, present, start.header if start else "", whole, several=several
        )
        if "start" not in present and (doubt := spans.unknown(export, said)):
            notes.append(doubt)
        table = nw.from_native(frame)
        platform = loaded.export.kind.preset.platform if loaded.export.kind.preset else ""
        # An ad report's source is the platform that was paid, unless a medium says what it was.
        plain = "source" in present and "medium" not in present and not platform
        named = plain and loaded.table == "spend"
        table = table.with_columns(platform=nw.col("source") if named else nw.lit(platform))
        if platform and "source" not in present:
            table = table.with_columns(source=nw.lit(platform))
            present |= {"source"}
        frame = table.to_native()
    frame, sums = subtotals.set_aside(loaded.table, frame)
    return replace(
        loaded,
        frame=frame,
        aside=(*loaded.aside, *sums),
        present=present - {"stage_outcome"},
        notes=(*loaded.notes, *notes, *remarks.remarks(loaded.export, loaded.decisions, loaded.bad)),
    )
