"""Rows that several files have in common, in Spark.

Part of the Spark engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from funnelkit.engines._spark_session import Session


def lines_by_file(session: Session, table: str) -> dict[str, tuple[int, ...]]:
    """The lines of the rows of *table* by file."""
    listed = f"SELECT source_file, array_sort(collect_list(source_row)) FROM {table} GROUP BY source_file"
    return {file: tuple(lines) for file, lines in sorted(session.rows(listed))}
