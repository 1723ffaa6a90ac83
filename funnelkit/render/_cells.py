"""Cells of the report as texts: value, 95 % range, change; which metrics come first; why some are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _numbers
from funnelkit.render._table import Part, Style, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from funnelkit.metrics.cell import Cell, Change
    from funnelkit.reports import Metric, Report

RANGE = Part(header="95 % range")
CHANGE = (Part(header="change"), Part(tail=True))
ROUGH = "≈"
"""Stands before a value that rests on fewer entities than ``--min-n``."""
PER_DAY = "‡"
"""Stands behind a change of numbers per day, of periods that differ in days."""
COHORT = "†"
"""Stands behind the name of a metric of those who came in the period, beside others of what happened in it."""

_FIRST = (
    "leads",
    "lead_conversion_rate",
    "customers_new",
    "revenue_won",
    "cac",
    "cpl",
    "spend",
    "roas",
    "win_rate",
    "deal_size",
    "lead_to_won_days_median",
    "cycle_days_median",
)
"""What most readers look for first. Any other metric follows in the order of the report."""

_VERDICTS: dict[str, Style] = {"better": "better", "worse": "worse"}


def chosen(report: Report, cells: Iterable[Mapping[str, Cell]], most: int) -> list[Metric]:
    """The *most* important metrics of those that have a value in one of *cells*, the first ones first."""
    groups = list(cells)
    known = [
        metric
        for metric in report.definitions.values()
        if any(metric.id in group and group[metric.id].value is not None for group in groups)
    ]
    return sorted(known, key=lambda metric: _FIRST.index(metric.id) if metric.id in _FIRST else len(_FIRST))[
        :most
    ]


def label(metric: Metric, report: Report, *, with_currency: bool = False) -> Text:
    """The name of *metric*; with the currency behind it where the numbers below do not carry it."""
    money = metric.unit in ("money", "money_per_day")
    name = named(metric, report)
    return Text(f"{name}, {report.currency}" if with_currency and money and report.currency else name)


def named(metric: Metric, report: Report) -> str:
    """The name of *metric*, marked where it is of a cohort and stands beside others that are of the period."""
    return f"{metric.label}{COHORT}" if metric.cohort and of_both_kinds(report) else metric.label


def of_both_kinds(report: Report) -> bool:
    """Whether *report* shows numbers of those who came in the period, and of what happened in it."""
    shown = (
        m for m in report.definitions.values() if (c := report.metrics.get(m.id)) and c.value is not None
    )
    return len({metric.cohort for metric in shown}) > 1


def value(cell: Cell | None, metric: Metric, *, currency: str | None = None, style: Style = "") -> Text:
    """The value of *cell*, or n/a."""
    if cell is None or cell.value is None:
        return Text(_numbers.MISSING, "quiet")
    return Text(_numbers.number(cell.value, metric.unit, currency), style)


def limits(cell: Cell | None, metric: Metric) -> Text:
    """The 95 % limits of *cell*, nothing where it has no value."""
    if cell is None or cell.value is None:
        return Text()
    return Text(_numbers.limits(cell.interval, metric.unit), "quiet")


def change(moved: Change | None, metric: Metric, report: Report) -> tuple[Text, Text]:
    """Mark and size of a change, and the word for it: ``▲ +5.2 %`` and ``better``."""
    if moved is None or moved.previous.value is None:
        return Text(), Text()
    mark, word = _numbers.verdict(moved)
    style = _VERDICTS.get(moved.verdict, "")
    size = _numbers.difference(moved, metric.unit, report.currency)
    return Text(f"{mark} {size}{PER_DAY if moved.days else ''}", style), Text(word, style)


def detectable(moved: Change | None) -> str:
    """How large a change of a rate would have had to be to be told from noise, where it was not: ``±3.1 pp``."""
    if moved is None or moved.verdict != _numbers.NO_CALL or not moved.detectable:
        return ""
    sizes = [abs(size) for size in moved.detectable if size is not None]
    return f"±{_numbers.number(max(sizes), 'ratio').removesuffix(' %')} pp" if sizes else ""


def rough(text: Text, cell: Cell | None, report: Report) -> Text:
    """*text* with a mark before it where *cell* rests on fewer entities than ``--min-n``."""
    return Text(f"{ROUGH}{text.text}", text.style) if cell and is_small(cell, report) else text


def is_small(cell: Cell, report: Report) -> bool:
    """Whether *cell* is an estimate from fewer entities than ``--min-n``. A count or a sum is none."""
    estimate = (cell.denominator, cell.interval, cell.method) != (None, None, None)
    return estimate and cell.value is not None and cell.n is not None and cell.n < report.min_n


def missing(found: Iterable[tuple[str, Cell, str]]) -> list[tuple[Text, ...]]:
    """Lines that say why metrics have no value, one per reason.

    *found* holds the metric, its empty cell, and the group that it belongs to, if any.
    """
    reasons: dict[str, dict[str, None]] = {}
    groups: dict[str, dict[str, None]] = {}
    for metric, cell, group in found:
        reason = cell.message or words(cell.reason or "no value")
        reasons.setdefault(reason, {})[metric] = None
        groups.setdefault(reason, {})[group] = None
    return [
        (
            Text("n/a:", "note"),
            Text(f"{', '.join(metrics)}{_where(groups[reason])}"),
            Text(f"- {reason}", "quiet"),
        )
        for reason, metrics in reasons.items()
    ]


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> listed(["channel", "campaign", "month"])
    'channel, campaign and month'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def words(code: str) -> str:
    """A code in words: ``left_truncated`` is "left truncated"."""
    return code.replace("_", " ")


def _where(groups: Iterable[str]) -> str:
    names = [group for group in groups if group]
    if len(names) > 3:
        return f" in {len(names)} groups"
    return f" in {', '.join(names)}" if names else ""
