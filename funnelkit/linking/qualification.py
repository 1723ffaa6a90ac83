"""The rule that says which leads marketing calls qualified, version by version, for files that do not say it.

A lead falls under the version that was in force when it was created, and is qualified from then on. What
a file tells of MQLs itself goes before any rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.agreements import Condition, Rule
from funnelkit.tables import Note


def by_rule(
    frames: dict[str, Any],
    present: dict[str, frozenset[str]],
    scales: Mapping[str, Mapping[str, int]],
    rules: Sequence[Rule],
    notes: list[Note],
) -> bool:
    """Whether *rules* say who among the leads is an MQL: then they are given an mql_at.

    Where a column is missing that the rules ask for, this is added to *notes*.
    """
    if not rules or _is_told(frames["leads"], present["leads"]):
        return False
    if lacking := _lacking(rules, present["leads"]):
        notes.append(lacking)
        return False
    frames["leads"] = _applied(frames["leads"], rules, scales["leads"])
    present["leads"] |= {"mql_at"}
    return True


def _is_told(leads: Any, present: frozenset[str]) -> bool:
    """Whether some file says of leads that they became MQLs."""
    rows = collect.frame(leads)
    if "mql_at" in present and collect.any_of(rows, ~nw.col("mql_at").is_null()):
        return True
    return "status" in present and collect.any_of(rows, nw.col("status") == "mql")


def _lacking(rules: Sequence[Rule], present: frozenset[str]) -> Note | None:
    """What is told where no file has a column that *rules* ask about."""
    wanted = dict.fromkeys(c.column for rule in rules for way in rule.ways for c in way)
    missing = [column for column in (*wanted, "created_at") if column not in present]
    if not missing:
        return None
    message = f"The qualification rule of the configuration is not applied: no file of leads has {' or '.join(missing)}"
    return Note(code="rule_not_applied", message=message)


def _applied(leads: Any, rules: Sequence[Rule], scales: Mapping[str, int]) -> Any:
    """*leads* with mql_at: the day of creation of those that are qualified by the rule of that day."""
    rows = collect.frame(leads)
    fits = nw.any_horizontal(
        *(_fits(rule, after, scales) for rule, after in zip(rules, [*rules, None][1:], strict=True)),
        ignore_nulls=True,
    )
    return rows.with_columns(mql_at=nw.when(fits).then(nw.col("created_at"))).to_native()


def _fits(rule: Rule, after: Rule | None, scales: Mapping[str, int]) -> nw.Expr:
    """Whether *rule* holds for a lead, and the one *after* it does not yet, and the lead fits it."""
    ways = [
        nw.all_horizontal(*(_meets(c, scales.get(c.column, 0)) for c in way), ignore_nulls=False).fill_null(
            False
        )
        for way in rule.ways
    ]
    fits = nw.any_horizontal(*ways, ignore_nulls=True)
    if rule.since is not None:
        fits = fits & (nw.col("created_at") >= rule.since)
    return fits & (nw.col("created_at") < after.since) if after and after.since is not None else fits


def _meets(condition: Condition, scale: int) -> nw.Expr:
    cell, unit = nw.col(condition.column), 10**scale
    if condition.words:
        return cell.str.to_lowercase().is_in([word.lower() for word in condition.words])
    bounds = []
    if condition.at_least is not None:
        bounds.append(cell >= int((condition.at_least * unit).to_integral_value(ROUND_CEILING)))
    if condition.at_most is not None:
        bounds.append(cell <= int((condition.at_most * unit).to_integral_value(ROUND_FLOOR)))
    return nw.all_horizontal(*bounds, ignore_nulls=False)
