"""The files of everyday size that are measured, always the same: ``python -m tests.benchmarks.smallfiles FOLDER``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl

from tests.company import write


def main() -> None:
    """Write leads, deals and ads of a small company, a large text file and a large workbook."""
    folder = Path(sys.argv[1])
    company = write(folder, 10_000, 7)
    with company.ads.open(encoding="utf-8") as ads:
        first = list(islice(ads, 1_501))
    company.ads.write_text("".join(first), encoding="utf-8")
    with (folder / "leads10.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_many_leads(95_000))
    _workbook(folder / "leads.xlsx", 50_000)


def _many_leads(rows: int) -> Iterator[Sequence[Any]]:
    """A header and so many leads, ten columns wide, with real dates."""
    yield "Lead ID,Email,Company,Created Date,Lead Source,Campaign,Owner,Country,Status,Score".split(",")
    first = date(2025, 1, 1)
    for n in range(rows):
        yield [
            f"L-{n:07}",
            f"person{n}@company{n % 5000}.example",
            f"Company, {n % 5000}",
            first + timedelta(days=n * 7 % 400),
            ("Web", "Google Ads", "Referral", "Event")[n * 3 % 4],
            f"Campaign {n * 11 % 60}",
            ("Ada", "Ines", "Tomas")[n * 5 % 3],
            ("DE", "FR", "US")[n % 3],
            ("New", "Qualified", "Contacted")[n * 2 % 3],
            n * 13 % 100,
        ]


def _workbook(path: Path, rows: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    for row in _many_leads(rows):
        sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    main()
