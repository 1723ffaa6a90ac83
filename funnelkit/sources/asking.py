"""What is asked of each column before it is decided: its cells, and what preset, configuration and file say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from funnelkit.plans import RowRule
from funnelkit.sources import fills
from funnelkit.sources.deciding.decisions import Asked, Witness
from funnelkit.sources.files.export import Export
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.rows import rowrules
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import TABLES
from funnelkit.words import normalise

READ_AGAIN: Mapping[str, tuple[str, ...]] = {
    "leads": ("stage_outcome",),
    "deals": ("stage_outcome",),
    "stage_history": ("deal_outcome", "lead_stage"),
}
"""By table, the columns that are made of the stage beside its own name."""
AGAIN = frozenset(target for targets in READ_AGAIN.values() for target in targets)


def asked(export: Export[Recognition], settings: FileSettings, text: Any) -> list[Asked]:
    """What is to be decided of *export*, whose cells are in *text*."""
    kind = export.kind
    columns = TABLES[kind.table].columns
    wanted = []
    for target, header in kind.columns.items():
        source = kind.preset.columns.get(target) if kind.preset else None
        theirs: Mapping[str, Sequence[str]] = kind.preset.values.get(target, {}) if kind.preset else {}
        if (kind.table, target) == ("leads", "status"):
            theirs = _words(theirs, _of_stages(settings))
        words = _words(theirs, settings.values.get(target, {}))
        asked_kind = columns[target].kind
        wanted.append(
            Asked(
                target=target,
                header=header,
                kind=asked_kind,
                # Of text nothing is to be decided, of identifiers only whether they are damaged.
                cells=()
                if asked_kind == "text"
                else (text.unplain if asked_kind == "id" else text.distinct)(header),
                order=settings.orders.get(target) or settings.order,
                decimal=settings.decimals.get(target) or settings.decimal,
                usual_order=source.order_under(header) if source else None,  # type: ignore[arg-type]
                usual_decimal=source.decimal if source else None,  # type: ignore[arg-type]
                counts=source.counts if source else None,
                missing=kind.preset.missing if kind.preset else (),
                yields=settings.yields and target not in {**settings.orders, **settings.decimals},
                pattern=settings.patterns.get(target),
                zone=settings.zone or (source.zone if source else None),
                words=words,
            )
        )
    wanted += fills.asked(export, wanted, text)
    for target in READ_AGAIN.get(kind.table, ()) if "stage" in kind.columns else ():
        # The stage keeps its own name and is read a second time for the outcome that it says.
        mine = settings.values.get("status", {}) or settings.values.get("stage", {})
        tools = kind.preset.values if kind.preset else {}
        outcome = _words(tools.get("status", {}), tools.get("stage", {}))
        outcome = _words(_words(outcome, _of_stages(settings) if kind.table == "leads" else {}), mine)
        header = kind.columns["stage"]
        wanted.append(
            Asked(
                target=target,
                header=header,
                kind="status",
                cells=text.distinct(header),
                words=outcome,
            )
        )
    return wanted


def _of_stages(settings: FileSettings) -> Mapping[str, Sequence[str]]:
    """The words of the user's own stages."""
    return {step.name: step.words for step in settings.steps if step.words}


def _words(tools: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Canonical word -> its words: those of the preset, but for the ones to which the user gives a meaning."""
    mine = {normalise(word) for theirs in own.values() for word in theirs}
    words = {meaning: [w for w in theirs if normalise(w) not in mine] for meaning, theirs in tools.items()}
    return {meaning: [*words.get(meaning, ()), *own.get(meaning, ())] for meaning in {**words, **own}}


def witness(export: Export[Recognition], rules: Sequence[RowRule]) -> Witness:
    """The rest of the file, for columns that fit two readings."""
    from funnelkit.sources.deciding.identities import FileWitness

    patterns = [rule for rule in rules if rule.reason == "total"]

    def total(cells: Sequence[str]) -> bool:
        named = dict(zip(export.header, cells, strict=False))
        return any(rowrules.fits(rule, named) for rule in patterns)

    return FileWitness(export.header, export.open, export.kind.columns, total)
