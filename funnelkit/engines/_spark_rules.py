"""Which rows of a text in Spark are no rows of its table: its cells are looked at here, once each, its rows there.

Part of the Spark engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.errors import PySparkException

from funnelkit.bulk import SPACES
from funnelkit.engines._spark_kept import Column
from funnelkit.engines._spark_sql import listed, literal, missing
from funnelkit.engines._spark_text import SparkText
from funnelkit.plans import RowRule

Fitting = dict[tuple[str, str], list[str]]
"""Pattern and header -> the cells that fit."""


def meant(text: SparkText, rules: Sequence[RowRule]) -> list[str]:
    """SQL for whether each of *rules* means a row; ``false`` where it means none."""
    found = _fitting(text, rules)
    return [_bare(text, rule) if rule.pattern is None else _said(text, rule, found) for rule in rules]


def _bare(text: SparkText, rule: RowRule) -> str:
    """SQL for a row with nothing under any header of *rule*."""
    return " AND ".join(_blank(text.columns[header]) for header in rule.headers)


def _blank(column: Column) -> str:
    odd = column.text
    # "(not set)" is what an analytics tool calls a row.
    blank = f"({missing(odd)} AND lower({odd}) NOT LIKE '%(not set)%')"
    return blank if column.kept == "text" else f"({column.name} IS NULL AND ({odd} IS NULL OR {blank}))"


def _said(text: SparkText, rule: RowRule, found: Fitting) -> str:
    """SQL for a row of which a cell fits the pattern of *rule*."""
    assert rule.pattern is not None
    any_of = [_is_one(text, h, found[rule.pattern, h]) for h in rule.headers]
    told = [condition for condition in any_of if condition != "false"]
    if not told:
        return "false"
    settled = [_settled(text, h, found[rule.pattern, h]) for h in rule.unless]
    return " AND ".join([f"({' OR '.join(told)})", *settled])


def _is_one(text: SparkText, header: str, cells: Sequence[str]) -> str:
    return f"coalesce({text.columns[header].text} IN {listed(cells)}, false)" if cells else "false"


def _settled(text: SparkText, header: str, cells: Sequence[str]) -> str:
    """SQL for a cell that is blank, or fits as well."""
    column = text.columns[header]
    blank = missing(column.text)
    if column.kept != "text":
        blank = f"({column.name} IS NULL AND ({column.text} IS NULL OR {blank}))"
    return f"({blank} OR {_is_one(text, header, cells)})"


def _fitting(text: SparkText, rules: Sequence[RowRule]) -> Fitting:
    """The cells that fit the patterns of *rules*; a plain number or day fits none."""
    asked = list(
        dict.fromkeys((r.pattern, h) for r in rules if r.pattern is not None for h in (*r.headers, *r.unless))
    )
    columns = [text.columns[header].text for _, header in asked]
    hopes = [
        f"CASE WHEN {cell} RLIKE {_looked_for(pattern)} THEN {cell} END"
        for cell, (pattern, _) in zip(columns, asked, strict=True)
    ]
    try:
        hopeful = text.different({str(i): hope for i, hope in enumerate(hopes)})
    except PySparkException:
        # Not all that Python's expressions may ask for is known to Spark's: then every cell is looked at.
        hopeful = text.different({str(i): cell for i, cell in enumerate(columns)})
    return {
        key: [cell for cell in hopeful[str(i)] if re.fullmatch(key[0], cell.strip(), re.IGNORECASE)]
        for i, key in enumerate(asked)
    }


def _looked_for(pattern: str) -> str:
    """A cell that fits *pattern*, blanks around it and case apart."""
    blanks = f"[\\s{SPACES}]*"
    return literal(f"(?isu)^{blanks}(?:{pattern}){blanks}\\z")
