"""What a file lacks to be what it was said to be: the columns that its table needs, and the lines that would settle it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from funnelkit.sources import tablewords
from funnelkit.tables import TABLES, Table

_CALLED: Mapping[str, str] = {
    "date": "a day",
    "start": "a period",
    "amount": "an amount",
    "cost": "a cost",
    "sessions": "sessions",
    "query": "the words that were searched",
    "created_at": "a date of creation",
    "delivered": "how many were delivered",
    "sent_at": "the day of sending",
    "paid_at": "the day of payment",
    "entered_at": "the day on which it was entered",
    "total_spend": "what was spent in all",
    "closed_at": "a date of closing",
    "won_at": "a date of winning",
}
"""What people call a column that is needed; others are called by their names."""


def hint(kind: str, header: Sequence[str], file: str) -> str:
    """What to do where *file*, said to be of the table or preset *kind*, has a *header* that is not understood."""
    if kind not in TABLES:
        return (
            f"`funnelkit sources {kind}` shows the columns that it is recognised by. If it is another export, say the table "
            f"in the place of the preset: deals={Path(file).name}, for instance."
        )
    table = TABLES[kind]
    found = tablewords.columns_of(table, tablewords.Seen(tuple(header), ()))
    known = {c: found[c] for group in table.needs for c in group if c in found}
    missing = [group for group in table.needs if not known.keys() & set(group)]
    named = {c: _quoted(h) for c, h in known.items()} | {
        group[0]: f"NAME OF ITS {_named(group[0])} COLUMN" for group in missing
    }
    columns = ", ".join(f"{target}: {name}" for target, name in named.items())
    return (
        f"As {kind} it needs {'; and '.join(map(_either, table.needs))}; {_lacks(missing)}. Say which of its columns is "
        f"which in funnelkit.yaml:\n  sources:\n    - path: {Path(file).name}\n      table: {kind}\n      columns: {{{columns}}}"
    )


_ABOUT: Mapping[str, tuple[str, ...]] = {
    "costs": ("amount",),
    "quotas": ("amount",),
    "web": ("sessions",),
    "search": ("query",),
    "stage_history": ("entered_at", "stage"),
    "activities": ("at",),
    "touches": ("at",),
}
"""The columns without any of which rows of a table say nothing."""


def useless(table: Table, columns: Mapping[str, str]) -> str:
    """What a file with *columns* lacks of all that *table* is about; empty where it has it."""
    gone = [column for column in _ABOUT.get(table.name, ()) if column not in columns]
    return _either(gone[:1]) if gone else ""


def _lacks(missing: Sequence[Sequence[str]]) -> str:
    if not missing:
        return "its words for these are known, but not what stands below them"
    return f"no header of it is known for {' nor for '.join(map(_either, missing))}"


def _either(group: Sequence[str]) -> str:
    *others, last = (_CALLED.get(column, column.replace("_", " ")) for column in group)
    return f"{', '.join(others)} or {last}" if others else last


def _quoted(header: str) -> str:
    """*header* as YAML takes it within braces."""
    return header if re.fullmatch(r"[^\W\d][\w ]*", header) else json.dumps(header, ensure_ascii=False)


def _named(column: str) -> str:
    return column.removesuffix("_at").replace("_", " ").upper()
