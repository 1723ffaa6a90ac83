"""Customers one by one as CSV: raw numbers, ids as they stand in the files, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from funnelkit.render.csv import safe


def render(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> bytes:
    """*rows* under *columns* as UTF-8 CSV with a header line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe(name) for name in columns])
    for row in rows:
        writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    return text.getvalue().encode()
