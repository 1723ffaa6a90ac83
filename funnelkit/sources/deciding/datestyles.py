"""How the date columns of a file are written: what one of them proves settles the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from funnelkit.dates import numeric
from funnelkit.ranges import Days
from funnelkit.sources.deciding import dateorder, periodic
from funnelkit.sources.deciding.decisions import Asked, Decision
from funnelkit.sources.preamble import Range
from funnelkit.styles import DateStyle, Order

_STATED = "as stated beforehand"
_SLACK = {"week": 6, "iso week": 6, "month": 30, "quarter": 91, "year": 365}
"""So many days before the report its first row may begin, where a row is a week or a month."""


def dates(asked: Sequence[Asked], zone: str, days: Range | None) -> dict[str, Decision]:
    """A decision for each date column *asked* for; *days* are those of the report, *zone* is its zone."""
    scans = {a.target: dateorder.scan(a.cells) for a in asked}
    proved: dict[str, set[Order]] = {}
    for a in asked:
        for separator, order in dateorder.proofs(scans[a.target]).items():
            proved.setdefault(separator, set()).add(order)
    return {a.target: _date(a, scans[a.target], proved, zone, days) for a in asked}


def _date(
    asked: Asked,
    found: dateorder.DateScan,
    proved: Mapping[str, set[Order]],
    zone: str,
    days: Range | None,
) -> Decision:
    def decision(style: DateStyle | None, evidence: str, hint: str = "") -> Decision:
        return Decision(target=asked.target, header=asked.header, style=style, evidence=evidence, hint=hint)

    source = asked.zone or ("UTC" if "(utc)" in asked.header.lower() else None)
    if asked.pattern:
        style = DateStyle(pattern=asked.pattern, zone=source, to=zone)
        return decision(style, f"the pattern {asked.pattern} of the configuration")
    windows = _windows(asked, days)
    if (found.bad and not found.dates) or asked.counts:
        several = _no_days(asked, proved, windows, days)
        if several:
            read_as, why = several
            hint = "" if read_as else _range_hint(asked, why)
            return decision(replace(read_as, to=zone) if read_as else None, why, hint)
    against = dateorder.against(found, asked.order)
    if asked.order in ("dmy", "mdy") and not against:
        given: Order = "dmy" if asked.order == "dmy" else "mdy"
        style = DateStyle(orders=dict.fromkeys("/-.", given), zone=source, to=zone)
        return decision(style, f"{asked.order}, {_STATED}", dateorder.contrary(found, given))
    if against and not asked.yields:
        return decision(None, against, "Correct what is stated, or the file.")
    if found.dates == 0 and found.bad:
        if mixed := periodic.stray(asked.cells, asked.header):
            return decision(
                None,
                f"{mixed[0]!r} beside {mixed[1]!r}: a row of it may hold the others once more",
                f"Take the rows with {mixed[0]!r} out of the file, or name another column for {asked.target}.",
            )
        return decision(None, *_no_dates(found.bad[0], asked.target))
    orders, why = dateorder.settle(
        found, proved, usual=asked.usual_order, windows=windows, monthly=_monthly(asked, days)
    )
    if orders is None:
        return decision(None, why, _date_hint(asked, found))
    return decision(DateStyle(orders=orders, zone=source, to=zone), why, against)


def _windows(asked: Asked, days: Range | None) -> dict[Order, Days]:
    """Between which days all dates of a column must lie, under each order."""
    if days is None or asked.target not in ("date", "start", "end", "sent_at"):
        return {}
    slack = timedelta(days=_SLACK.get(periodic.unit(asked.header) or "", 0))
    orders: tuple[Order, Order] = ("dmy", "mdy")
    known = {order: span for order in orders if (span := days.under(order))}
    return {order: (first - slack, last + slack) for order, (first, last) in known.items()}


def _monthly(asked: Asked, days: Range | None) -> bool | None:
    """Whether each row is a month, by the words of the report or the header; None where they say nothing."""
    said = [words for words in (days.grouped if days else "", asked.header) if words]
    known = [periodic.unit(words) for words in said if periodic.unit(words) or periodic.daily(words)]
    return known[0] == "month" if known else None


def _no_days(
    asked: Asked, proved: Mapping[str, set[Order]], windows: Mapping[Order, Days], days: Range | None
) -> tuple[DateStyle | None, str] | None:
    """The style of a column whose cells are no single days, and why."""
    if asked.target in ("date", "start", "end"):
        found = periodic.numbered(asked.cells, asked.counts, asked.header, days)
        if found is None:
            others = {order for orders in proved.values() for order in orders}
            known = asked.order or asked.usual_order or (next(iter(others)) if len(others) == 1 else None)
            found = periodic.several(asked.cells, asked.header, known, windows)
        if found:
            style, why = found
            last = style is not None and style.edge and asked.target == "end"
            return (replace(style, edge="last") if style and last else style), why
    return periodic.serial(asked.cells) or periodic.epoch(asked.cells)


def _no_dates(cell: str, target: str) -> tuple[str, str]:
    """Why *cell* is no date, and what to do about it."""
    lacking = periodic.no_day(cell)
    if lacking:
        full = f"Write full dates such as 2026-01-31, or name another column for {target}."
        return f"{cell[:40]!r} is {lacking}", full
    return f"its values are no dates: {cell[:40]!r}", f"Name another column for {target}."


def _range_hint(asked: Asked, why: str) -> str:
    order = "Say --date-order dmy or mdy, or download" if why.endswith("two readings") else "Download"
    return f"{order} the report by day, with a full date in place of {asked.header!r}."


def _date_hint(asked: Asked, found: dateorder.DateScan) -> str:
    example = next((c for cells in found.open.values() for c in cells), "")
    if found.iso and not example:
        return "Download the export again, and do not open it in a spreadsheet before."
    parts = numeric(example)
    readings = (
        f"{example!r} is day {parts.first} of month {parts.second}, or day {parts.second} of month "
        f"{parts.first}. "
        if parts
        else ""
    )
    return (
        f"{readings}Say which: --date-order dmy or mdy, or in funnelkit.yaml under the file's columns: "
        f'{asked.target}: {{from: {asked.header}, format: "%d/%m/%Y"}}'
    )
