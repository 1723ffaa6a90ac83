"""Reports that would count the same cost twice are refused: other grains or other spans of the same days.

Two reports of one account by campaign and by ad group hold the same money, and so do a month and its
days. Neither can be told apart row by row, so that nothing of it is ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.errors import FunnelkitError, SourceError, raise_all
from funnelkit.periods import from_day
from funnelkit.sources.loaded import Loaded
from funnelkit.tables import Note

_GRAINS = ("account", "campaign", "ad_group", "ad", "keyword", "search_term")
"""From coarse to fine; others, such as a report by location or device, are finer still: they may leave cost out."""
_NAMES = ("account", "channel", "source", "medium", "campaign", "ad_group", "country")
_Span = tuple[int, int] | None
"""First and last day; None where they are not known."""


def refuse(files: Sequence[Loaded]) -> None:
    """Raise SourceError where two of *files* report the same days by other rows."""
    problems: list[FunnelkitError] = []
    for one, other in combinations(files, 2):
        if one.table not in ("spend", "web") or not _shares_days(one, other):
            continue
        if _platform(one) and _platform(one) == _platform(other) and grain(one) != grain(other):
            problems += [_other_grain(one, other)] if _shares_account(one, other) else []
        elif clash := _other_span(one, other):
            problems.append(_other_days(one, other, *clash))
    raise_all(problems)


def same_costs(files: Sequence[Loaded]) -> list[Note]:
    """A note where two of *files*, one of them made by hand, hold the same cost of a campaign on the same days.

    Raises SourceError where they do wherever both hold the same campaign and days.
    """
    notes = []
    for one, other in combinations(files, 2):
        if one.table != "spend" or (_platform(one) and _platform(other)) or _alike(one, other):
            continue
        mine, theirs = _costs(one), _costs(other)
        shared = sorted(key for key in mine.keys() & theirs.keys() if mine[key] or theirs[key])
        equal = [key for key in shared if mine[key] == theirs[key]]
        if not equal:
            continue
        folded, *span = equal[0]
        name = next(n for n in sorted(_values(one, "campaign")) if _folded(n) == folded)
        what = f"{name!r}, {_described((span[0], span[1]))}"
        both = f"{one.export.file} and {other.export.file}"
        # One cost may be the same by chance, and so may a budget that is the same each day.
        if equal == shared and len({mine[key] for key in equal}) > 1:
            raise SourceError(
                f"{both}: both hold the same campaigns on the same days at the same cost, such as {what}; "
                "together they would count it twice",
                hint="Leave one out, or take out of the one made by hand what the other holds.",
                code="overlapping_cost",
            )
        notes.append(
            Note(
                code="same_cost",
                message=f"{both}: {len(equal)} of {len(shared)} campaigns and days that both hold cost the same in both, "
                f"such as {what}, and are counted from both. If they are the same, leave one out",
            )
        )
    return notes


def _alike(one: Loaded, other: Loaded) -> bool:
    """Whether two files name their rows by the same columns: equal rows of these count once."""
    return {c for c in _NAMES if c in one.present} == {c for c in _NAMES if c in other.present}


def _folded(name: str) -> str:
    return name.strip().casefold()


def _costs(file: Loaded) -> dict[tuple[str, int, int], Fraction]:
    """The cost of each campaign and days in a file."""
    frame = collect.frame(file.frame)
    key = ["campaign", "start", "end"]
    if not {*key, "cost"} <= set(collect.names(frame)):
        return {}
    unit = 10 ** file.scales.get("cost", 0)
    known = frame.filter(~nw.any_horizontal(*(nw.col(c).is_null() for c in key), ignore_nulls=True))
    summed = known.group_by(*key).agg(nw.col("cost").sum())
    found: dict[tuple[str, int, int], Fraction] = {}
    for name, start, end, cost in collect.rows(summed.select(*key, "cost")):
        named = (_folded(name), int(start), int(end))
        found[named] = found.get(named, Fraction(0)) + Fraction(int(cost or 0), unit)
    return found


def grain(file: Loaded) -> str:
    """How fine the rows of an ad report are."""
    preset = file.export.kind.preset
    if preset and preset.grain:
        return preset.grain
    return (
        "ad_group" if "ad_group" in file.present else "campaign" if "campaign" in file.present else "account"
    )


def _platform(file: Loaded) -> str:
    preset = file.export.kind.preset
    return preset.platform if preset else ""


def _other_grain(one: Loaded, other: Loaded) -> SourceError:
    finer = max(one, other, key=lambda f: _rank(grain(f)))
    return SourceError(
        f"{one.export.file} and {other.export.file}: two reports of one {_platform(one)} account over the "
        f"same days, by {grain(one).replace('_', ' ')} and by {grain(other).replace('_', ' ')}; together "
        "they would count the same cost twice",
        hint=f"Leave one out; without {finer.export.file} nothing is lost but detail.",
        code="overlapping_grain",
    )


def _rank(name: str) -> int:
    return _GRAINS.index(name) if name in _GRAINS else len(_GRAINS)


def _values(file: Loaded, column: str) -> set[Any]:
    if column not in file.present:
        return set()
    return set(collect.distinct(collect.frame(file.frame), column))


def _shares_account(one: Loaded, other: Loaded) -> bool:
    """Whether two reports may be of one account: the same account name, else a campaign in common."""
    for column in ("account", "campaign"):
        mine, theirs = _values(one, column), _values(other, column)
        if mine and theirs:
            return bool(mine & theirs)
    return True


def _shares_days(one: Loaded, other: Loaded) -> bool:
    spans = []
    for file in (one, other):
        frame = collect.frame(file.frame)
        days = [collect.extent(frame, c) for c in ("start", "end") if c in collect.names(frame)]
        if len(days) < 2 or days[0] is None or days[1] is None:
            return True  # "all time": the days are not known and may be any
        spans.append((days[0][0], days[1][1]))
    return bool(spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1])


def _other_span(one: Loaded, other: Loaded) -> tuple[str, _Span, _Span] | None:
    """A name that both files have for overlapping but unequal days, with these; None for none."""
    names = [c for c in _NAMES if c in one.present and c in other.present]
    if not names or (_daily(one) and _daily(other)):
        return None
    mine, theirs = _spans(one, names), _spans(other, names)
    for name in mine.keys() & theirs.keys():
        for a in mine[name]:
            for b in theirs[name]:
                if a != b and (a is None or b is None or (a[0] <= b[1] and b[0] <= a[1])):
                    return next((n for n in reversed(name) if n), ""), a, b
    return None


def _daily(file: Loaded) -> bool:
    frame = collect.frame(file.frame)
    several = nw.col("start") != nw.col("end")
    return "start" in collect.names(frame) and not collect.any_of(frame, several)


def _spans(file: Loaded, names: Sequence[str]) -> dict[tuple[str, ...], set[_Span]]:
    """The spans of each combination of *names* in a file."""
    frame = collect.frame(file.frame)
    days = [c for c in ("start", "end") if c in collect.names(frame)]
    found: dict[tuple[str, ...], set[_Span]] = {}
    for row in collect.rows(frame.select(*names, *days).unique()):
        name = tuple(v or "" for v in row[: len(names)])
        span = (int(row[-2]), int(row[-1])) if days else None
        found.setdefault(name, set()).add(span)
    return found


def _other_days(one: Loaded, other: Loaded, name: str, a: _Span, b: _Span) -> SourceError:
    return SourceError(
        f"{one.export.file} and {other.export.file}: both hold {name!r}, for {_described(a)} and for {_described(b)}; "
        "together they would count the days in common twice",
        hint="Leave one out, or export both for the same days. If they are different costs, give one of them a "
        "column that says so, such as Account.",
        code="overlapping_days",
    )


def _described(span: _Span) -> str:
    if span is None:
        return "days that the file does not say"
    first, last = (from_day(day).isoformat() for day in span)
    return first if first == last else f"{first} to {last}"
