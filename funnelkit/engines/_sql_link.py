"""Linking in SQL: leads and deals found by their keys, and the first of each customer.

Every function gives a query over tables or views that are named. The order of rows is that of
`Engine.numbered`: by date, then key, then everything the row holds, what is missing last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from funnelkit.engines._sql import literal, name, names
from funnelkit.plans import LinkKey

_FILES = ("source_file", "source_row")
_LAST_DAY = 2**30
_MOST_LINES = 2**32


def repeated(table: str, key: str) -> str:
    """The values of *key* that several rows have.

    Grouping numbers that stand for them costs less than grouping texts; those few that share one are compared.
    """
    column = name(key)
    hashed = f"SELECT hash({column}) AS h FROM {table} WHERE {column} IS NOT NULL"
    return (
        f"SELECT {column} AS key FROM {table} WHERE hash({column}) IN "
        f"(SELECT h FROM ({hashed}) GROUP BY h HAVING count(*) > 1) GROUP BY {column} HAVING count(*) > 1"
    )


def numbered(
    table: str, columns: Mapping[str, str], target: str, date: str, key: str, only: tuple[str, str] | None
) -> str:
    """*table* with a number *target* in the order of its *columns* (name to cast), from 0 on.

    Of rows with another value than that of *only* (column, value), it is missing.
    """
    order = ", ".join(f"{name(c)}{columns[c]} ASC NULLS LAST" for c in ordering(columns, date, key))
    number = f"row_number() OVER (ORDER BY {order or '1'}) - 1 AS {name(target)}"
    if only is None:
        return f"SELECT *, {number} FROM {table}"
    is_one = f"{name(only[0])} IS NOT DISTINCT FROM {literal(only[1])}"
    others = f"SELECT *, NULL::BIGINT AS {name(target)} FROM {table} WHERE NOT ({is_one})"
    return f"SELECT *, {number} FROM {table} WHERE {is_one} UNION ALL {others}"


def ordering(columns: Iterable[str], date: str, key: str) -> list[str]:
    """The columns that put rows in order."""
    known = list(columns)
    rest = sorted(c for c in known if c not in _FILES)
    return list(dict.fromkeys([*(c for c in (date, key) if c in known), *rest]))


def numbered_by_line(table: str, target: str, date: str) -> str:
    """*table* with a number *target* in the order of *date*, then of its lines: nothing needs to be sorted for it."""
    day = f"coalesce({name(date)}, {_LAST_DAY})::BIGINT"
    return f"SELECT *, {day} * {_MOST_LINES} + source_row AS {name(target)} FROM {table}"


def known(leads: str, deals: str, key: LinkKey) -> str:
    """Value of *key* -> the earliest lead that has it, where the value can mean only one."""
    lead, deal = name(key.lead), name(key.deal)
    several = "" if key.several_leads else "HAVING count(*) = 1"
    if key.one_side:
        once = f"SELECT {deal} FROM {deals} WHERE {deal} IS NOT NULL GROUP BY {deal} HAVING count(*) = 1"
        several = f"HAVING count(*) = 1 OR {lead} IN ({once})"
    return (
        f"SELECT {lead} AS value, min(_lead) AS lead FROM {leads} WHERE {lead} IN (SELECT {deal} FROM {deals}) "
        f"GROUP BY {lead} {several}"
    )


def linked(deals: str, found: Sequence[tuple[LinkKey, str]]) -> str:
    """*deals* with ``_lead`` by the first key that tells, and ``_by``, which of them; *found* are tables of `known`."""
    joins = " ".join(f"LEFT JOIN {table} ON d.{name(key.deal)} = {table}.value" for key, table in found)
    leads = ", ".join(f"{table}.lead" for _, table in found)
    by = " ".join(f"WHEN {table}.lead IS NOT NULL THEN {literal(key.name)}" for key, table in found)
    lead = f"coalesce({leads}, NULL::BIGINT)" if found else "NULL::BIGINT"
    told = f"CASE {by} END" if found else "NULL::STRING"
    return f"SELECT d.*, {lead} AS _lead, {told} AS _by FROM {deals} d {joins}"


def candidates(leads: str, columns: Sequence[str], deals: str, keys: Sequence[LinkKey]) -> str:
    """The *leads* that any deal may mean, in these *columns*."""
    named = [f"{name(k.lead)} IN (SELECT {name(k.deal)} FROM {deals})" for k in keys]
    return f"SELECT {names(columns)} FROM {leads} WHERE {' OR '.join(named) or 'false'}"


def named(table: str, keys: Sequence[tuple[str, str]], target: str) -> str:
    """*table* with a text *target*: name and value of the first of *keys* (name, column) that the row has."""
    cases = " ".join(
        f"WHEN {name(column)} IS NOT NULL THEN concat({literal(key + ':')}, {name(column)})"
        for key, column in keys
    )
    return (
        f"SELECT *, CASE {cases} END AS {name(target)} FROM {table}"
        if keys
        else f"SELECT *, NULL::STRING AS {name(target)} FROM {table}"
    )


def customers(deals: str, columns: Sequence[str]) -> str:
    """One row per customer of the won deals, by name; who only renewed became a customer before these files begin."""
    firsts = (("_lead", "_lead"), ("first_won_at", "closed_at"), ("_first", "_deal"))
    found = [f"min({c}) FILTER (WHERE is_new = 1) AS {target}" for target, c in firsts if c in columns]
    if "amount" in columns:
        found.append("CAST(coalesce(sum(amount), 0) AS BIGINT) AS revenue")
    return (
        f"SELECT customer, {', '.join(found)} FROM {deals} WHERE status = 'won' GROUP BY customer "
        "HAVING count(*) FILTER (WHERE is_new = 1) > 0 ORDER BY customer"
    )


Columns = tuple[str, Sequence[str]]
"""The name of a table, and its columns."""


def outcomes(people: Columns, deals: Columns, found: Columns) -> str:
    """Where each of *people* stands, with has_deal, deal_created_at, has_won and won_at.

    Of their *deals* and of the customers *found*.
    """
    deal_day = ", min(created_at) AS deal_created_at" if "created_at" in deals[1] else ""
    won_day = ", min(first_won_at) AS won_at" if "first_won_at" in found[1] else ""
    by_deal = f"(SELECT _lead{deal_day} FROM {deals[0]} WHERE _lead IS NOT NULL GROUP BY _lead)"
    by_customer = f"(SELECT _lead{won_day} FROM {found[0]} WHERE _lead IS NOT NULL GROUP BY _lead)"
    has = "d._lead IS NOT NULL"
    if "deal_id" in people[1] and "deal_id" in deals[1]:
        # Every lead that names a deal which is loaded has it, not only the earliest of them.
        has += f" OR coalesce(l.deal_id IN (SELECT deal_id FROM {deals[0]} WHERE deal_id IS NOT NULL), false)"
    made = [f"CAST({has} AS BIGINT) AS has_deal", "CAST(c._lead IS NOT NULL AS BIGINT) AS has_won"]
    made += ["d.deal_created_at"] if deal_day else []
    made += ["c.won_at"] if won_day else []
    return (
        f"SELECT l.source_file, l.source_row, {', '.join(made)} FROM {people[0]} l "
        f"LEFT JOIN {by_deal} d ON l._lead = d._lead LEFT JOIN {by_customer} c ON l._lead = c._lead"
    )


def with_outcomes(leads: Columns, found: str, by: Sequence[str], days: Sequence[str]) -> str:
    """*leads* with the outcomes *found*, where they stand in the same place; the others have none."""
    flags = [f"coalesce(f.{flag}, 0)::TINYINT AS {flag}" for flag in ("has_deal", "has_won")]
    made = ", ".join([*flags, *(f"f.{day}" for day in days)])
    on = " AND ".join(f"l.{column} = f.{column}" for column in by)
    # Nobody asks any more which lead it is, or where it stands: so many texts would fill the memory.
    kept = ", ".join(f"l.{name(c)}" for c in leads[1] if c not in (*_FILES, "lead_id", "deal_id"))
    return f"SELECT {kept}, {made} FROM {leads[0]} l LEFT JOIN {found} f ON {on}"


def looked_up(table: str, number: str, other: str, own: str, columns: Mapping[str, str]) -> str:
    """*table* with *columns* (target to source) of the row of *other* whose *own* number its *number* names."""
    taken = "".join(f", o.{name(source)} AS {name(target)}" for target, source in columns.items())
    return f"SELECT t.*{taken} FROM {table} t LEFT JOIN {other} o ON t.{name(number)} = o.{name(own)}"
