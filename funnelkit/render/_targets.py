"""Targets as the formats for reading show them: a line below a total, and below the number of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.goals import AT_LEAST
from funnelkit.render import _numbers
from funnelkit.render._table import Part, Style, Text

if TYPE_CHECKING:
    from funnelkit.reports import Aim, Metric, Report

BELOW = (Part(header="target"), Part(header="verdict"))
"""The lines below the number of a group."""
_STYLES: dict[str, Style] = {"met": "better", "on pace": "better", "missed": "worse", "behind": "worse"}
_NONE = Text()


def any_in(report: Report) -> bool:
    """Whether any number of *report* stands beside a target."""
    rows = report.breakdown.rows if report.breakdown else ()
    return bool(report.targets) or any(row.targets for row in rows)


def line(aim: Aim, metric: Metric, report: Report) -> tuple[Text, Text]:
    """The name and the number of the line below a total: ``└ target: 96.0 %, pace 101 %, on pace`` and ``≥ 200``."""
    said = ", ".join(text for text in (_share(aim.attainment), _pace(aim), aim.verdict) if text)
    number = _numbers.number(aim.value, metric.unit, report.currency)
    return Text(f"└ target: {said}", _style(aim)), Text(f"{_sign(aim)} {number}")


def lines(aim: Aim | None, metric: Metric) -> tuple[Text, ...]:
    """One text for each of ``BELOW``: ``83 % of ≥ 15 %`` and ``pace 92 %, behind``."""
    if aim is None:
        return (_NONE,) * len(BELOW)
    target = f"{_sign(aim)} {_numbers.number(aim.value, metric.unit)}"
    said = ", ".join(text for text in (_pace(aim), aim.verdict) if text)
    return (
        Text(f"{_share(aim.attainment)} of {target}" if aim.attainment is not None else target, "quiet"),
        Text(said, _style(aim)),
    )


def _pace(aim: Aim) -> str:
    return "" if aim.pace is None else f"pace {_share(aim.pace)}"


def _style(aim: Aim) -> Style:
    return _STYLES.get(aim.verdict, "quiet")


def _sign(aim: Aim) -> str:
    return "≥" if aim.direction == AT_LEAST else "≤"


def _share(value: float | None) -> str:
    return "" if value is None else _numbers.number(value, "ratio")
