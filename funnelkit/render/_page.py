"""The report as a page for reading: what stands on it, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _evidence, _groups, _handoff, _signs, _totals, _trends
from funnelkit.render._table import Block, Page, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnelkit.reports import Report, Span


def page(report: Report) -> Page:
    """Everything that the formats for reading show of *report*, first what matters most."""
    return Page(
        title=Text(report.title, "strong"), facts=tuple(_facts(report)), blocks=tuple(_blocks(report))
    )


def _blocks(report: Report) -> Iterator[Block]:
    numbers = [block for block in _numbers(report) if block]
    rest = (
        _signs.signs(report, numbers),
        _evidence.files(report),
        _evidence.links(report),
        _evidence.notes(report),
    )
    yield from numbers
    yield from (block for block in rest if block)


def _numbers(report: Report) -> Iterator[Block | None]:
    yield _totals.key_numbers(report)
    yield _totals.funnel(report)
    yield _totals.metrics(report)
    yield _handoff.handoff(report)
    yield _totals.missing(report)
    yield _groups.breakdown(report)
    yield _trends.trend(report)
    yield from _trends.by_group(report)


def _facts(report: Report) -> Iterator[tuple[Text, ...]]:
    as_of = f"as of {report.as_of}" if report.as_of else ""
    others = (as_of, report.timezone, report.currency or "")
    days = _days(report.period) if report.period else "all, without dates"
    yield (Text(days), *(Text(fact, "quiet") for fact in others if fact))
    if report.comparison:
        yield (Text(f"compared with {_days(report.comparison.span)}"),)
    if report.filters:
        yield (Text(f"only {', '.join(report.filters)}"),)


def _days(span: Span) -> str:
    """The period by name and days: ``2026-Q3, 2026-07-01 to 2026-09-30``."""
    days = f"{span.label}, {span.start} to {span.end}"
    return f"{days}, partial" if span.partial else days
