"""Rows that are not used, as CSV: which file and line, why, and the row as it stands there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from funnelkit.inspection import Reject
from funnelkit.render._text import inert
from funnelkit.render.csv import safe

_FIGURE = re.compile(r"[-+]?[\d.,'’ %€$£]*|--?", re.ASCII)
"""What begins with a sign and runs nothing."""
_OWN = ("file", "line", "reason", "column")


def render(rejects: Sequence[Reject]) -> bytes:
    """*rejects* as UTF-8 CSV. Files share the columns whose headers are the same; cells beyond a header come last."""
    headers = dict.fromkeys(one.header for one in rejects)
    names = list(dict.fromkeys(name for header in headers for name in _named(header)))
    beyond = max((len(r.cells) - len(r.header) for r in rejects), default=0)
    further = [f"beyond the header {n}" for n in range(1, beyond + 1)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_OWN, *(safe(name if name not in _OWN else f"{name} (2)") for name in names), *further])
    for one in rejects:
        width = len(one.header)
        cells = dict(zip(_named(one.header), one.cells, strict=False))
        row = [one.file, str(one.line), one.reason, one.column, *(cells.get(name, "") for name in names)]
        writer.writerow([_as_it_stands(cell) for cell in [*row, *one.cells[width:]]])
    return text.getvalue().encode()


def _as_it_stands(cell: str) -> str:
    """*cell*; only one that a spreadsheet would run as a formula gets an apostrophe before it."""
    return inert(cell) if _FIGURE.fullmatch(cell) else safe(cell)


def _named(header: Sequence[str]) -> list[str]:
    """The names of the columns; one without a name is called by its place."""
    return [name or f"column {place}" for place, name in enumerate(header, 1)]
