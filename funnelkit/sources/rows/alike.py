"""Columns of which all rows of an export must say the same: segments, comparisons.

The people of two segments are partly the same, so a table that holds both counts them twice.
"""

from __future__ import annotations

from typing import Any

from funnelkit import bulk
from funnelkit.errors import SourceError
from funnelkit.sources.files.export import Export
from funnelkit.sources.preset import Header, OneValue
from funnelkit.sources.recognise import Recognition


def headers(export: Export[Recognition]) -> list[str]:
    """The headers of the file of which all rows must say the same."""
    return list(_found(export))


def check(export: Export[Recognition], text: Any) -> None:
    """Raise SourceError where rows of *export* say different things in such a column."""
    preset = export.kind.preset
    for header, rule in _found(export).items():
        cells = text.distinct(header)
        filled = [cell for cell, blank in zip(cells, bulk.missing(cells), strict=True) if not blank]
        said = list(dict.fromkeys(" ".join(cell.split()) for cell in filled))
        if preset is not None and len(said) > 1:
            shown = " and ".join(map(repr, said[:2]))
            refusal = SourceError(
                f"{export.file}: {preset.tool} {preset.export}: its rows are for {shown} (column {header!r}), "
                "which overlap and cannot be added up",
                hint=f"{rule.say[:1].upper()}{rule.say[1:]}.",
                code="not_usable",
            )
            refusal.header = export.header
            raise refusal


def _found(export: Export[Recognition]) -> dict[str, OneValue]:
    """Header -> rule, for the rules of the preset that the file falls under."""
    preset, names = export.kind.preset, Header(export.header)
    rules = preset.one_value if preset else ()
    return {
        header: rule for rule in rules if (header := next(filter(None, map(names.find, rule.any_of)), None))
    }
