"""Which rows of a text in DuckDB are no rows of its table: looked for by SQL, decided by the rule itself.

Part of the DuckDB engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit import bulk
from funnelkit.bulk import SPACES
from funnelkit.engines._duck_columns import ODD, Column, missing, odd_text
from funnelkit.engines._duck_text import DuckText
from funnelkit.engines._sql import literal

if TYPE_CHECKING:
    from funnelkit.engines._session import Session
    from funnelkit.plans import RowRule


class Gone(Struct, frozen=True):
    """The rows that rules mean: a table of rowid and rule, to be joined as ``_rule``."""

    join: str = ""
    rules: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many rules mean any row."""
        return len(self.rules)


def hits(session: Session, text: DuckText, rules: Sequence[RowRule]) -> Gone:
    """The rows that *rules* mean; the first of several counts."""
    found: dict[int, int] = {}
    for number, rule in enumerate(rules):
        rows = _bare(session, text, rule) if rule.pattern is None else _fitting(session, text, rule)
        for row in rows:
            found.setdefault(row, number)
    if not found:
        return Gone()
    table = session.table(
        "SELECT unnest($1::BIGINT[]) AS _row, unnest($2::INTEGER[]) AS _rule",
        [list(found), list(found.values())],
    )
    return Gone(f"LEFT JOIN {table} ON t.rowid = {table}._row", frozenset(found.values()))


def _bare(session: Session, text: DuckText, rule: RowRule) -> list[int]:
    """The rows with nothing under any header of *rule*."""
    columns = [text.columns[header] for header in rule.headers]
    # A column that is kept as numbers or days tells soonest.
    conditions = " AND ".join(_blank(column) for column in sorted(columns, key=lambda c: c.kept == "text"))
    return _rows(session, f"SELECT rowid FROM {text.table} WHERE {conditions}")


def _blank(column: Column) -> str:
    cell = column.name if column.kept == "text" else odd_text(column.place)
    # "(not set)" is what an analytics tool calls a row.
    blank = f"({cell} IS NULL OR ({missing(cell)} AND lower({cell}) NOT LIKE '%(not set)%'))"
    if column.kept == "rare":
        return blank
    return blank if column.kept == "text" else f"({column.name} IS NULL AND ({ODD} IS NULL OR {blank}))"


def _fitting(session: Session, text: DuckText, rule: RowRule) -> list[int]:
    """The rows of which a cell fits the pattern of *rule*."""
    assert rule.pattern is not None
    fits = re.compile(rule.pattern, re.IGNORECASE).fullmatch
    headers = list(dict.fromkeys(rule.headers))
    cells = [*headers, *(h for h in rule.unless if h not in headers)]
    shown = ", ".join(text.spelled(header) for header in cells)
    found = []
    for row, *values in session.con.execute(
        f"SELECT rowid, {shown} FROM {text.table} WHERE {_hope(session, text, rule)}"
    ).fetchall():
        named = dict(zip(cells, values, strict=True))
        own = [named[h] for h in rule.unless]
        blank = bulk.missing(own)
        settled = all(b or fits(cell.strip()) for b, cell in zip(blank, own, strict=True))
        if settled and any(fits(named[h].strip()) for h in headers):
            found.append(row)
    return found


def _hope(session: Session, text: DuckText, rule: RowRule) -> str:
    """SQL for the rows that *rule* may mean: more of them, never fewer."""
    kept = [text.columns[h] for h in rule.unless if text.columns[h].kept in ("day", "instant", "number")]
    conditions = [f"{column.name} IS NULL" for column in kept]
    blanks = f"[\\s{SPACES}]*"
    small = literal(f"^{blanks}(?:{rule.pattern}){blanks}$")
    looks = [
        f"regexp_matches({_searched(text.columns[h])}, {small}, 'is')" for h in dict.fromkeys(rule.headers)
    ]
    if looks and _understood(session, looks[0]):
        conditions.append(f"({' OR '.join(looks)})")
    return " AND ".join(conditions) or "true"


def _searched(column: Column) -> str:
    """SQL for the texts of a column in which a word may stand."""
    return (
        f"coalesce({column.name}::VARCHAR, {odd_text(column.place)})" if column.kept == "word" else column.odd
    )


def _understood(session: Session, look: str) -> bool:
    """Whether the database knows all that the pattern asks for; it has no look ahead, for one."""
    import duckdb

    pattern = look[look.index(",") :]
    try:
        session.con.execute(f"SELECT regexp_matches(''{pattern}")
    except duckdb.Error:
        return False
    return True


def _rows(session: Session, query: str) -> list[int]:
    return [row for (row,) in session.con.execute(query).fetchall()]
