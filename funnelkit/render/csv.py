"""The report as CSV for spreadsheets and scripts: long form, raw numbers, one row per metric and group."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from funnelkit.longform import columns, rows
from funnelkit.render._text import inert

if TYPE_CHECKING:
    from funnelkit.reports import Report

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet takes text that begins with one of these for a formula and runs it."""


def render(report: Report) -> bytes:
    """*report* as UTF-8 CSV with a header line. Dates are ISO, what is missing is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe(name) for name in columns(report)])
    for row in rows(report):
        writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    return text.getvalue().encode()


def safe(text: str) -> str:
    """*text* without terminal sequences, and with an apostrophe before what would be run as a formula.

    >>> safe("=1+1")
    "'=1+1"
    """
    harmless = inert(text)
    return f"'{harmless}" if harmless.startswith(_FORMULA) else harmless
