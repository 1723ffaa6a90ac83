"""Two quotas of one owner for the same days are refused: a quarter and its months would count twice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from funnelkit import collect
from funnelkit.errors import SourceError
from funnelkit.periods import from_day

_NOBODY = ("owner", "team")


def refuse(frame: Any) -> None:
    """Raise SourceError where quotas of the same owner, or without owners of the same team, share days."""
    table = collect.frame(frame)
    names = collect.names(table)
    if not {"start", "end"} <= set(names):
        return
    of = [c for c in _NOBODY if c in names]
    place = [c for c in ("source_file", "source_row") if c in names]
    days: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for row in collect.rows(table.select(*of, "start", "end", *place)):
        named = dict(zip([*of, "start", "end", *place], row, strict=True))
        if named["start"] is None or named["end"] is None:
            continue
        # A team may have several owners, but an owner has one quota.
        owner = named.get("owner") or ""
        key = (owner, "" if owner else named.get("team") or "")
        where = ", line ".join(str(named[c]) for c in place)
        days.setdefault(key, []).append((int(named["start"]), int(named["end"]), where))
    for (owner, team), several in sorted(days.items()):
        for first, second in pairwise(sorted(several)):
            if second[0] <= first[1]:
                raise _twice(owner or team or "everyone", first, second)


def _twice(whose: str, first: tuple[int, int, str], second: tuple[int, int, str]) -> SourceError:
    spans = [f"{from_day(start)} to {from_day(end)} ({where})" for start, end, where in (first, second)]
    return SourceError(
        f"the quota of {whose} is given twice for the same days: {' and '.join(spans)}",
        hint="Keep the quotas of one length, months or quarters, one row for each owner and period.",
        code="overlapping_quotas",
    )
