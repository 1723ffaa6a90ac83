"""What is to be told of one export after it has been read: nothing that was not understood is kept silent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from funnelkit.engines import BadCells
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.files.export import Export
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.vocabulary import UNCLEAR
from funnelkit.styles import NumberStyle
from funnelkit.tables import Note
from funnelkit.words import currency_code, may_stand_for

_TAKEN_AS = {
    ("deals", "status"): "a deal with such a word counts as open unless something else says more",
    ("deals", "stage_outcome"): "a deal in such a stage counts as open unless something else says more",
    ("leads", "status"): "a lead with such a word counts as a lead and no more",
    ("leads", "stage_outcome"): "a lead with such a word counts as a lead and no more",
    ("activities", "kind"): "such an activity counts as one of sales towards the lead",
    ("activities", "direction"): "such an activity counts as outgoing",
    ("activities", "status"): "such an activity counts as done",
}


_SAID = ("status", "won", "won_at")
"""Columns that tell the outcome of a deal; beside them its stages need not."""


def _says(decision: Decision) -> bool:
    """Whether a column tells the outcome of every deal; one that only tells the lost ones leaves it to the stage."""
    found = set(decision.meanings)
    return decision.style is not None and (UNCLEAR not in found or bool(found & {"open", "won"}))


def _unknown_words(export: Export[Recognition], decision: Decision) -> Note | None:
    """What is not understood of a status or stage column, which may hide won deals or qualified leads."""
    taken = _TAKEN_AS.get((export.kind.table, decision.target))
    preset = export.kind.preset
    # Of a total row the label stands in any column.
    labels = "|".join(preset.totals) if preset else ""
    unknown = [w for w in decision.unknown if not (labels and re.fullmatch(labels, w, re.IGNORECASE))]
    if taken is None or not unknown:
        return None
    column = "status" if decision.target == "stage_outcome" else decision.target
    shown = ", ".join(repr(word) for word in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
    return Note(
        code="unknown_words",
        message=f"{export.file}: {len(unknown)} value{'s' * (len(unknown) > 1)} of column "
        f"{decision.header!r} {'are' if len(unknown) > 1 else 'is'} in no list ({shown}); {taken}. "
        f"Say what they mean under `values: {{{column}: {{...}}}}` of this source in funnelkit.yaml",
    )


ERRORS = frozenset("#N/A #REF! #VALUE! #NAME? #NUM! #NULL! #CALC! #SPILL!".split())
"""What spreadsheets show for a number that they could not find; that a rate has no denominator says nothing."""


def errors(
    export: Export[Recognition], decision: Decision, found: Collection[str], lines: Sequence[int]
) -> Note:
    """How many numbers of a column a spreadsheet could not find."""
    several = len(lines) > 1
    return Note(
        code="spreadsheet_errors",
        message=f"{export.file}: {len(lines)} cell{'s' * several} of column {decision.header!r} "
        f"{'are errors' if several else 'is an error'} of a spreadsheet and count{'s' * (not several)} as missing "
        f"({export.dialect.counted} {lines[0]}: {min(found)!r})",
    )


def rounded(export: Export[Recognition], decision: Decision) -> Note:
    """Amounts of money that are finer than any money."""
    assert isinstance(decision.style, NumberStyle)
    n = len(decision.rounded)
    message = (
        f"{export.file}: {n:,} different amount{'s' * (n > 1)} of column {decision.header!r} with more than {decision.style.scale} decimals, such as "
        f"{decision.rounded[0].strip()[:40]!r}, rounded to so many: spreadsheets write such decimals where binary numbers are not exact"
    )
    return Note(code="amounts_rounded", message=message)


def bounds(export: Export[Recognition], decision: Decision, count: int) -> Note:
    """How many cells of a column say a limit and no number."""
    return Note(
        code="bounded_cells",
        message=f"{export.file}: {count} cell{'s' * (count > 1)} of column {decision.header!r} only "
        f"limit{'s' * (count == 1)} a number ({decision.bounds[0].strip()!r}) and count{'s' * (count == 1)} as missing",
    )


def contradicted(
    export: Export[Recognition], decisions: Mapping[str, Decision], stated: Collection[str]
) -> list[Note]:
    """Amounts with a sign that means none of the *stated* currencies, those of a column or a header."""
    notes = []
    codes = [code for text in stated if (code := currency_code(text.strip()) or text.strip().upper())]
    for decision in decisions.values():
        odd = [s for s in decision.symbols if codes and not any(may_stand_for(s, code) for code in codes)]
        if odd:
            notes.append(
                Note(
                    code="currency_sign",
                    message=f"{export.file}: amounts in column {decision.header!r} carry {odd[0]!r}, but the currency is "
                    f"stated to be {' or '.join(sorted(set(codes))[:3])}; they are read as that",
                )
            )
    return notes


def _repeated(export: Export[Recognition], decisions: Sequence[Decision]) -> list[Note]:
    """Columns of one name of which only the first is read: the others may be the right ones."""
    read = {d.header: d.target for d in decisions}
    notes = []
    for header, target in read.items():
        same = [name for name in _numbered(header, export.header) if name not in read]
        # Ad platforms repeat the currency behind every column of money.
        if same and not (target == "currency" and export.kind.preset):
            notes.append(
                Note(
                    code="repeated_columns",
                    message=f"{export.file}: {len(same) + 1} columns are called {header!r}, of which the first is read as "
                    f"{target}. If another is the right one, name it under `columns` of this source in funnelkit.yaml: "
                    f"{{{target}: {same[0]}}}",
                )
            )
    return notes


def _numbered(header: str, names: Collection[str]) -> Iterator[str]:
    """The further columns of the name *header*, as they are told apart."""
    number = 2
    while (name := f"{header} ({number})") in names:
        yield name
        number += 1


def remarks(
    export: Export[Recognition], decisions: Sequence[Decision], bad_cells: Sequence[BadCells]
) -> list[Note]:
    """What a reader of the numbers must know of *export*: cells and words that are not understood, and doubts."""
    notes = []
    for bad in bad_cells:
        count = bad.count
        notes.append(
            Note(
                code="bad_cells",
                message=f"{export.file}: {count} cell{'s' * (count > 1)} of column {bad.header!r} cannot be read "
                f"and count{'s' * (count == 1)} as missing ({f'{export.dialect.counted} {bad.lines[0]}: ' if bad.lines else ''}{bad.example!r})",
            )
        )
    # The stage of a lead weighs more than its status; that of a deal weighs less.
    told = export.kind.table == "deals" and any(d.target in _SAID and _says(d) for d in decisions)
    spoken = [d for d in decisions if not (told and d.target == "stage_outcome")]
    notes += [n for d in spoken if (n := _unknown_words(export, d))]
    notes += [
        Note(
            code="stated_otherwise",
            message=f"{export.file}: column {d.header!r} ({d.target}): {d.hint}; it is read as "
            f"{'stated' if d.evidence.endswith('as stated beforehand') else 'it is'}",
        )
        for d in decisions
        if d.style is not None and d.hint
    ]
    notes += _repeated(export, decisions)
    preset = export.kind.preset
    if preset and preset.unverified:
        notes.append(
            Note(
                code="unverified_preset",
                message=f"{export.file}: the preset {preset.name} was written from documentation and never "
                "tried on a real file; check the sums of `funnelkit inspect`",
            )
        )
    return notes
