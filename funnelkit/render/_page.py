"""The report as a page for reading: what stands on it, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _evidence, _groups, _handoff, _signs, _totals, _trends
from funnelkit.render._table import Block, Page, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from funnelkit.reports import Report, Span
    from funnelkit.studies import Study


def page(report: Report) -> Page:
    """Everything that the formats for reading show of *report*, first what matters most."""
    return Page(
        title=Text(report.title, "strong"), facts=tuple(_facts(report)), blocks=tuple(_blocks(report))
    )


def _blocks(report: Report) -> Iterator[Block]:
    numbers = [block for block in _numbers(report) if block]
    rest = (
        _signs.signs(report, numbers),
        _evidence.files(report.sources),
        _evidence.links(report),
        _evidence.notes(report.warnings),
    )
    yield from numbers
    yield from (block for block in rest if block)


def _numbers(report: Report) -> Iterator[Block | None]:
    yield _totals.key_numbers(report)
    yield _totals.funnel(report)
    yield _totals.metrics(report)
    yield _handoff.handoff(report)
    yield _totals.besides(report)
    yield _totals.missing(report)
    yield _groups.breakdown(report)
    yield _trends.trend(report)
    yield from _trends.by_group(report)


def _facts(report: Report) -> Iterator[tuple[Text, ...]]:
    yield of_what(report)
    if report.comparison:
        compared = (report.comparison, *report.besides)
        yield (Text(f"compared with {'; '.join(_days(one.span, report.as_of) for one in compared)}"),)
    yield from only(report)


def of_what(shown: Report | Study) -> tuple[Text, ...]:
    """The days, the as-of date, the zone and the currency that all numbers have in common."""
    as_of = f"as of {shown.as_of}" if shown.as_of else ""
    # Each row of an answer may have a period of its own.
    days = _days(shown.period, shown.as_of) if shown.period else "" if as_of else "all, without dates"
    first, *others = filter(None, (days, as_of, shown.timezone, shown.currency or ""))
    return (Text(first), *(Text(fact, "quiet") for fact in others))


def only(shown: Report | Study) -> Iterator[tuple[Text, ...]]:
    """The filters, if there are any."""
    if shown.filters:
        yield (Text(f"only {', '.join(shown.filters)}"),)


def _days(span: Span, as_of: date | None) -> str:
    """The period by name and days: ``2026-Q3, 2026-07-01 to 2026-09-30``."""
    days = f"{span.label}, {span.start} to {span.end}"
    if span.partial and as_of is not None and span.start > as_of:
        return f"{days}, not begun"
    return f"{days}, partial" if span.partial else days
