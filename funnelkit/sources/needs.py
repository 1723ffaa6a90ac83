"""What an export must have to be of use: columns, and columns that can be decided. Otherwise it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from funnelkit.errors import FunnelkitError, SourceError, raise_all
from funnelkit.sources import lacking
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.files.export import Export
from funnelkit.sources.preset import Header
from funnelkit.sources.recognise import Recognition
from funnelkit.tables import TABLES, Note


def check(export: Export[Recognition]) -> None:
    """Refuse an export that is of no use, or lacks what makes it useful."""
    preset = export.kind.preset
    if preset is None:
        _check_figure(export)
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


def _check_figure(export: Export[Recognition]) -> None:
    """Refuse what was said to be a table, and lacks what this is about: it would count as nothing."""
    table = TABLES[export.kind.table]
    if gone := lacking.useless(table, export.kind.columns):
        refusal = SourceError(
            f"{export.file}: read as {table.name}, but none of its columns is known as {gone}",
            hint=lacking.hint(table.name, export.header, export.file),
            code="missing_columns",
        )
        refusal.header = export.header
        raise refusal


def check_decided(export: Export[Recognition], decisions: Mapping[str, Decision]) -> list[Note]:
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
