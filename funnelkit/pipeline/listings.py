"""The catalogues to read: presets and metrics, as lists and one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.sources.preset import Preset


def table(rows: Iterable[Sequence[str]]) -> str:
    """*rows* with their columns aligned; the last one is not padded.

    >>> print(table([("a", "one"), ("long", "two")]))
    a     one
    long  two
    """
    found = [tuple(row) for row in rows]
    widths = [max(len(row[i]) for row in found) for i in range(len(found[0]) - 1)]
    padded = (
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in found
    )
    return "\n".join(padded)


def presets(known: Sequence[Preset]) -> bytes:
    """All presets: name, tool, export, table."""
    rows = [
        (p.name, p.table, f"{p.tool}: {p.export}{' (unverified)' if p.unverified else ''}")
        for p in sorted(known, key=lambda p: (p.tool, p.name))
    ]
    text = table([("preset", "table", "export"), *rows])
    return f"{text}\n\n`funnelkit sources NAME` says where to click and what is read.\n".encode()


def preset(known: Sequence[Preset], name: str) -> bytes:
    """One preset: where to click, how it is recognised, which header becomes which column."""
    found = next((p for p in known if p.name == name), None)
    if found is None:
        raise UsageError(f"there is no preset {name!r}", hint=did_you_mean(name, (p.name for p in known)))
    lines = [f"{found.name}: {found.tool}, {found.export}", f"  table       {found.table}"]
    lines.append(f"  get it at   {found.where}")
    if found.unverified:
        lines.append("  unverified  written from documentation, never tried on a real file")
    lines.append("  recognised  by " + ", and ".join(" or ".join(group) for group in found.match))
    if found.absent:
        lines.append("  but not     with " + ", ".join(found.absent))
    columns = table(
        (f"    {target}", " or ".join(source.headers)) for target, source in found.columns.items()
    )
    lines += ["  columns", columns]
    if found.lacks:
        lines += ["  good to have", table((f"    {column}", how) for column, how in found.lacks.items())]
    return ("\n".join(lines) + "\n").encode()


def metrics(catalog: Any) -> bytes:
    """All metrics by group: id, label, unit, formula."""
    rows = [("metric", "unit", "what it is")]
    rows += [
        (m.id, m.unit, f"{m.label}{f': {m.formula}' if m.formula else ''}") for m in catalog.metrics.values()
    ]
    return (
        f"{table(rows)}\n\n`funnelkit metrics ID` gives the convention, the source and an example.\n".encode()
    )
