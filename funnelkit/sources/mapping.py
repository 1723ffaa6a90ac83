"""Export -> canonical frame: ask for the columns, decide their styles, convert, account for rows.

What cannot be decided is refused where the table needs the column; elsewhere the column is left
out and the reader is told, so that its metrics are "not loaded" and never wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec.structs import replace

from funnelkit import bulk, collect
from funnelkit.engines import Cells, Engine
from funnelkit.errors import SourceError
from funnelkit.plans import ColumnPlan, RowRule, TablePlan
from funnelkit.sources import asking, fills, finishing, instants, needs, payments, remarks, spans
from funnelkit.sources.deciding import values
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.files.export import Export
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.preamble import Range
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.rows import alike, grouped, rowrules, subtotals, testrows, totals
from funnelkit.sources.settings import FileSettings
from funnelkit.styles import NumberStyle
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
    "costs": {"date": "present", "start": "present", "end": "present", "amount": "readable"},
    "activities": {"at": "present"},
    "touches": {"at": "readable"},
    "quotas": {"date": "present", "start": "present", "end": "present", "amount": "readable"},
    "social": {"date": "readable"},
    "search": {"date": "present", "start": "present", "end": "present", "query": "present"},
}
"""What a single row must have to be used; undated leads and deals count where no period is asked for."""


def load(
    export: Export[Recognition],
    settings: FileSettings,
    engine: Engine,
    zone: str,
    spare: frozenset[str] = frozenset(),
) -> Loaded:
    """The canonical frame of *export*; *zone* is the report's, and nobody asks for the columns *spare*.

    Raises SourceError where a needed column is missing or cannot be decided.
    """
    needs.check(export)
    loaded = _load(export, settings, engine, zone, spare)
    if spare - instants.CREATED and _without_ids(loaded):
        # Rows without an id are told apart by all that they hold.
        loaded = _load(export, settings, engine, zone, spare & instants.CREATED)
    return loaded


def _without_ids(loaded: Loaded) -> bool:
    """Whether any row has no id, or its ids cannot be used."""
    key, frame = TABLES[loaded.table].key or "", collect.frame(loaded.frame)
    return key not in collect.names(frame) or collect.any_missing(frame, key)


def _load(
    export: Export[Recognition], settings: FileSettings, engine: Engine, zone: str, spare: frozenset[str]
) -> Loaded:
    export = grouped.filled_down(export)
    rules = rowrules.rules(export)
    text = _text(export, rules, engine, spare)
    mentions = _mentions(export.kind, text)
    read = {t: header for t, header in export.kind.columns.items() if t not in spare or t in mentions}
    unread = export.kind.columns.keys() - read.keys()
    export = replace(export, kind=replace(export.kind, columns=read))
    kind = export.kind
    alike.check(export, text)
    said = spans.said(export)
    decisions = _decided(export, settings, text, rules, zone, said)
    left_out = needs.check_decided(export, decisions)
    constants = kind.preset.constants if kind.preset else {}
    own = fills.own(decisions)
    beside = instants.plans(kind, decisions, text, spare)
    plan = TablePlan(
        table=kind.table, columns=(*_plans(kind, decisions), *beside), rules=rules, constants=constants
    )
    converted = engine.convert(text, plan)
    aside = totals.undated(kind.table, text, converted.frame, converted.aside, decisions)
    loaded = Loaded(
        export=export,
        frame=spans.inclusive(fills.filled(converted.frame, decisions, kind.table), text, decisions),
        scales={t: d.style.scale for t, d in own.items() if isinstance(d.style, NumberStyle)},
        present=frozenset(
            {*constants, *unread, *(t for t, d in own.items() if d.style), *(c.target for c in beside)}
        ),
        decisions=tuple(own.values()),
        rows=converted.rows,
        aside=aside,
        bad=converted.bad,
        mentions=mentions,
        currency=settings.currency or kind.currency,
        notes=(
            *export.notes,
            *left_out,
            *_of_cells(export, text, decisions),
            *totals.differences(export.file, text, converted.frame, aside, decisions),
        ),
        settings=settings,
    )
    if loaded.table == "payments" and loaded.used:
        loaded = finishing.settled(loaded)
    if not loaded.used:
        raise _nothing_used(loaded)
    return finishing.finished(loaded, said, subtotals.without_ad(rules, text))


def _nothing_used(loaded: Loaded) -> SourceError:
    """The refusal of an export of which no row can be used."""
    file, preset = loaded.export.file, loaded.export.kind.preset
    others = {rows.reason for rows in preset.other_rows} if preset else set()
    if loaded.table == "payments" and any(a.reason in others for a in loaded.aside):
        return payments.nothing_paid(file, loaded.aside)
    return SourceError(
        f"{file}: the export is empty: it holds no rows that could be used",
        hint="Check the date range and the filters of the export, and download it again.",
        code="no_rows",
    )


def _mentions(kind: Recognition, text: Any) -> frozenset[str]:
    found = _searched(kind).items()
    return frozenset(c for c, header in found if text.mentions(header, testrows.hints(c)))


def decisions(
    export: Export[Recognition], settings: FileSettings, engine: Engine, zone: str
) -> dict[str, Decision]:
    """How `load` would read the columns of *export*, also where it then refuses it."""
    export = grouped.filled_down(export)
    rules = rowrules.rules(export)
    text = _text(export, rules, engine)
    return fills.own(_decided(export, settings, text, rules, zone, spans.said(export)))


def _text(
    export: Export[Recognition],
    rules: Sequence[RowRule],
    engine: Engine,
    spare: frozenset[str] = frozenset(),
) -> Any:
    """The cells of the columns that are read, or that tell which rows are none."""
    positions = {name: i for i, name in enumerate(export.header) if name}
    second = [*fills.headers(export).values(), *alike.headers(export)]
    columns = TABLES[export.kind.table].columns
    kinds: dict[str, str] = {}
    timed = instants.asked(export.kind, spare)
    for target, header in export.kind.columns.items():
        # Of a first and a last day the time counts too, which is not kept of a day.
        kind: str = "text" if target in ("start", "end") else columns[target].kind
        if target in timed:
            kind = "instant"
        if target not in spare:
            kinds[header] = kind if kinds.setdefault(header, kind) == kind else "text"
    words: dict[str, tuple[str, ...]] = {}
    for target, header in _searched(export.kind).items():
        if target in spare:
            words[header] = (*words.get(header, ()), *testrows.hints(target))
    rare, bare = _rare(export, rules)
    wanted = dict.fromkeys([*kinds, *second, *words, *(h for rule in rules for h in rule.headers)])
    return engine.text(
        Cells(
            batches=export.batches,
            places={h: positions[h] for h in wanted},
            width=len(export.header),
            file=export.file,
            kinds=kinds,
            scan=export.scan,
            rare=(rare | words.keys()) - kinds.keys() - set(second),
            bare=bare,
            words=words,
        )
    )


def _rare(export: Export[Recognition], rules: Sequence[RowRule]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The headers that rules look at only in rows without any day, and those of the days."""
    columns = TABLES[export.kind.table].columns
    days = [h for t, h in export.kind.columns.items() if columns[t].kind == "date"]
    dayless: set[str] = set()
    others: set[str] = set()
    for rule in rules:
        # Where a row is blank, it has no day either.
        without = days and (rule.reason == "blank" or set(days) <= set(rule.unless))
        (dayless if without else others).update(rule.headers)
    return frozenset(dayless - others), tuple(days)


def _searched(kind: Recognition) -> Mapping[str, str]:
    """The columns in which words of tests are looked for, with their headers."""
    asked = testrows.COLUMNS if kind.table in testrows.TABLES else ()
    return {c: kind.columns[c] for c in asked if c in kind.columns}


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
        asking.asked(export, settings, text),
        zone=zone,
        rows=text.rows,
        days=said,
        witness=lambda: asking.witness(export, rules),
    )
    return spans.with_ends(found)


def _of_cells(export: Export[Recognition], text: Any, decisions: Mapping[str, Decision]) -> list[Note]:
    """What the cells say besides their values: limits in place of numbers, signs of another currency."""
    found = [
        remarks.bounds(export, d, len(text.lines_with(d.header, d.bounds)))
        for d in decisions.values()
        if d.bounds
    ]
    found += [remarks.rounded(export, d) for d in decisions.values() if d.rounded]
    for d in decisions.values():
        if isinstance(d.style, NumberStyle) and (
            errors := remarks.ERRORS.intersection(text.distinct(d.header))
        ):
            found.append(remarks.errors(export, d, errors, text.lines_with(d.header, sorted(errors))))
    if not any(d.symbols for d in decisions.values()):
        return found
    column = decisions.get("currency")
    stated = text.distinct(column.header) if column else [export.kind.currency or ""]
    missing = bulk.missing(stated)
    known = [cell for cell, blank in zip(stated, missing, strict=True) if not blank]
    return [*found, *remarks.contradicted(export, decisions, known)]


def _plans(kind: Recognition, decisions: Mapping[str, Decision]) -> list[ColumnPlan]:
    needed = _ROW_NEEDS[kind.table]
    return [
        ColumnPlan(target=target, header=d.header, style=d.style, required=needed.get(target, "no"))
        for target, d in decisions.items()
        if d.style is not None
    ]
