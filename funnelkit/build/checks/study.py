"""The answer of a check: in words, what is missed and raised; in tables, all of it; and what to exit with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.checks import alerts, targets
from funnelkit.build.checks.asked import Goal, Numbers, Watch
from funnelkit.build.checks.verdicts import MISSED, NO_DATA
from funnelkit.build.entries import number
from funnelkit.periods import from_day
from funnelkit.rounding import fixed, percent
from funnelkit.studies import TEXT, Entry, Field, Study, Table
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.reports import Source

_NAMED = 3
"""So many are named in a sentence; the tables have all."""
_OLD = 7
"""Days before the as-of date from which the end of a table is worth a word."""
BREACHED, STALE = 4, 5
"""Exit codes: a target or an alert, and input that is missing or old."""


class Outcome(Struct, frozen=True, kw_only=True):
    """A check that has been made."""

    study: Study
    breached: int
    """Targets that are missed and alerts that are raised."""
    missing: int
    """Targets and alerts whose input is missing or old."""

    @property
    def exit_code(self) -> int:
        """What a script sees. Old or missing input comes first, since what is seen in it may not be true."""
        return STALE if self.missing else BREACHED if self.breached else 0


def study(
    dataset: Dataset,
    request: Request,
    catalog: Catalog,
    goals: Sequence[Goal],
    watches: Sequence[Watch],
    sources: Sequence[Source],
    notes: Sequence[Note],
) -> Outcome:
    """What has become of all targets and alerts."""
    numbers = Numbers(dataset, request, catalog, goals, watches)
    held = targets.held(goals, numbers)
    loaded = frozenset(source.table for source in sources)
    seen = alerts.seen(watches, numbers, held, loaded)
    missed = [one for one in held if one.judged.verdict == MISSED]
    raised = [one for one in seen if one.verdict == alerts.RAISED]
    lost = [one for one in held if one.judged.verdict == NO_DATA]
    old = [one for one in seen if one.verdict in alerts.SENTENCES]
    breached, missing = len(missed) + len(raised), len(lost) + len(old)
    said = (
        *_of_input(lost, old),
        *_of_targets(held, missed, dataset.currency),
        *_of_alerts(seen, raised),
    )
    found = Study(
        command="check",
        title="Targets and alerts",
        as_of=from_day(dataset.as_of) if dataset.dated else None,
        timezone=request.timezone,
        currency=dataset.currency,
        period=None,
        filters=(),
        sentences=said,
        tables=(
            *([targets.table(held)] if held else []),
            *([alerts.table(seen)] if seen else []),
            _outcome(breached, missing),
        ),
        sources=tuple(sources),
        warnings=(
            *notes,
            *(Note(code=code, message=message) for message, code in numbers.notes.items()),
            *_ends(numbers, held, loaded),
        ),
    )
    return Outcome(study=found, breached=breached, missing=missing)


def _of_input(lost: Sequence[targets.Held], old: Sequence[alerts.Seen]) -> Iterator[str]:
    parts = [alerts.SENTENCES[one.verdict](one) for one in old]
    parts += [f"{_place(one)} cannot be worked out: {one.cell.message}" for one in lost]
    if parts:
        yield f"Input is missing or old: {_listed(parts)}."


def _of_targets(
    held: Sequence[targets.Held], missed: Sequence[targets.Held], currency: str | None
) -> Iterator[str]:
    if not held:
        return
    rest = Counter(one.judged.verdict for one in held)
    others = ", ".join(f"{n} {verdict}" for verdict, n in rest.items() if verdict != MISSED)
    tail = f" The others: {others}." if missed and others else f" {others.capitalize()}." if others else ""
    if missed:
        are = "is" if len(missed) == 1 else "are"
        named = _listed([_miss(one, currency) for one in missed])
        yield f"{len(missed)} of {len(held)} target{'s' * (len(held) > 1)} {are} missed: {named}.{tail}"
    else:
        yield f"None of {len(held)} target{'s' * (len(held) > 1)} is missed.{tail}"


def _of_alerts(seen: Sequence[alerts.Seen], raised: Sequence[alerts.Seen]) -> Iterator[str]:
    if not seen:
        return
    of = f"{len(seen)} alert{'s' * (len(seen) > 1)}"
    if raised:
        are = "is" if len(raised) == 1 else "are"
        named = _listed([f"{one.name}{_in(one.segment, one.when)}" for one in raised])
        yield f"{len(raised)} of {of} {are} raised: {named}."
    else:
        yield f"None of {of} is raised."


def _miss(one: targets.Held, currency: str | None) -> str:
    unit = one.goal.metric.unit
    value = spoken(float(one.cell.value or 0), unit, currency)
    side = "of at least" if one.goal.at_least else "of at most"
    return f"{_place(one)} is {value} {side} {spoken(float(one.goal.target.value), unit, currency)}"


def _place(one: targets.Held) -> str:
    return f"{one.goal.metric.label}{_in(one.goal.target.segment, one.goal.period.label)}"


def _in(segment: str, period: str) -> str:
    return (f" ({segment})" if segment else "") + (f" in {period}" if period else "")


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - _NAMED
    return "; ".join(parts[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def spoken(value: float, unit: str, currency: str | None) -> str:
    """*value* in a sentence.

    >>> spoken(0.2345, "ratio", None), spoken(1200.5, "money", "EUR"), spoken(40, "count", None)
    ('23.5 %', 'EUR 1,200.50', '40')
    """
    if unit == "ratio":
        return percent(value)
    code = f"{currency} " if currency and unit.startswith("money") else ""
    after = {"multiple": "x", "days": " d", "money_per_day": " a day"}.get(unit, "")
    return f"{code}{fixed(value)}{after}" if value == int(value) else f"{code}{fixed(value, 2)}{after}"


def _outcome(breached: int, missing: int) -> Table:
    """What decides about the exit code, for scripts that want both."""
    counts = {"breached": breached, "missing": missing}
    fields = (
        Field(id="outcome", label="outcome", unit=TEXT),
        Field(id="count", label="targets and alerts", unit="count"),
    )
    rows = tuple((Entry(text=name), number(n)) for name, n in counts.items())
    return Table(
        id="outcome",
        title="Outcome",
        fields=fields,
        rows=rows,
        caption=f"exit {STALE} where anything is missing, else {BREACHED} where anything is breached, else 0",
    )


def _ends(numbers: Numbers, held: Sequence[targets.Held], loaded: frozenset[str]) -> Iterator[Note]:
    """Tables that end long before the as-of date: a target may be missed for want of its last days."""
    as_of = numbers.dataset.as_of
    needed = {table for one in held for table in numbers.catalog.tables(one.goal.metric)}
    for name in sorted(needed & loaded - {"quotas"}):
        last = alerts.last_day(numbers, name)
        if last is not None and as_of - last > _OLD:
            yield Note(
                code="data_end",
                message=f"{name} end on {from_day(last)}, {as_of - last} days before {from_day(as_of)}: if rows are still "
                "to come, what is missed here may not be",
            )
