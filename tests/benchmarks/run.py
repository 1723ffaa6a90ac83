"""Time whole commands against floors, in turn, and print the ratios: ``python -m tests.benchmarks.run``.

Both sides of a pair run one after the other, again and again, so that a machine that slows down
slows both; the median of the pairwise ratios is what counts. CPU and wall seconds, peak memory.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import openpyxl

from tests.company import write

PYTHON = sys.executable
FLOOR_TYPER = [PYTHON, "-c", "import typer"]
FLOOR_READ = (
    "import sys, typer, yaml, pandas, narwhals\n"
    "for name in sys.argv[1:]:\n    open(name, encoding='utf-8').read()"
)
FLOOR_SHEET = (
    "import sys, python_calamine\n"
    "python_calamine.load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()"
)
FLOOR_FRAME = "import sys, pandas\npandas.read_csv(sys.argv[1])"


@dataclass(frozen=True)
class Run:
    """One finished process."""

    wall: float
    cpu: float
    peak_mb: float


@dataclass(frozen=True)
class Pair:
    """A command, what it is measured against, and how many times as long it may take."""

    name: str
    command: Sequence[str]
    against: Sequence[str]
    at_most: float


def once(command: Sequence[str]) -> Run:
    """Run *command* with its output thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}: {process.stderr.read().decode() if process.stderr else ''}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(pair: Pair, rounds: int) -> str:
    """A line of the table: medians of both sides and of the pairwise ratio."""
    once(pair.command)
    once(pair.against)
    runs = [(once(pair.command), once(pair.against)) for _ in range(rounds)]
    ratio = statistics.median(a.wall / b.wall for a, b in runs)
    ours = statistics.median(a.wall for a, _ in runs)
    floor = statistics.median(b.wall for _, b in runs)
    peak = max(a.peak_mb for a, _ in runs)
    verdict = "ok" if ratio <= pair.at_most else "TOO SLOW"
    return f"{pair.name:34} {ours:7.3f} s {floor:7.3f} s {ratio:6.2f} {pair.at_most:6.2f} {peak:7.0f} MB  {verdict}"


def pairs(folder: Path) -> list[Pair]:
    """What is measured, on data that are made anew and always the same."""
    company = write(folder, 10_000, 7)
    with company.ads.open(encoding="utf-8") as ads:
        first = list(islice(ads, 1_501))
    company.ads.write_text("".join(first), encoding="utf-8")
    files = [str(p) for p in (company.leads, company.deals, company.ads)]
    funnelkit = [PYTHON, "-m", "funnelkit"]
    floor = [PYTHON, "-c", FLOOR_READ, *files]
    return [
        Pair("--version", [*funnelkit, "--version"], FLOOR_TYPER, 1.3),
        Pair("--help", [*funnelkit, "--help"], FLOOR_TYPER, 2.0),
        Pair("report of 10,000 leads", [*funnelkit, "report", *files], floor, 1.5),
        Pair("the same as JSON", [*funnelkit, "report", *files, "-f", "json"], floor, 1.5),
        Pair(
            "by channel and month, compared",
            [
                *funnelkit,
                "report",
                *files,
                "--by",
                "channel",
                "--grain",
                "month",
                "--period",
                "2025-Q2",
                "--compare",
                "prev",
            ],
            floor,
            1.6,
        ),
    ]


def many_leads(path: Path, rows: int) -> Path:
    """A file of leads, ten columns wide, as text or as a workbook with real dates."""
    header = "Lead ID,Email,Company,Created Date,Lead Source,Campaign,Owner,Country,Status,Score".split(",")
    first = date(2025, 1, 1)
    found = (
        [
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
        for n in range(rows)
    )
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *found])
        return path
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    for row in (header, *found):
        sheet.append(row)
    book.save(path)
    return path


def large(folder: Path) -> list[Pair]:
    """Single files that are larger than usual, against the libraries that do nothing but read them."""
    inspect = [PYTHON, "-m", "funnelkit", "inspect", "--no-config"]
    sheet = str(many_leads(folder / "leads.xlsx", 50_000))
    text = str(many_leads(folder / "leads10.csv", 95_000))
    return [
        Pair("a workbook of 50,000 rows", [*inspect, sheet], [PYTHON, "-c", FLOOR_SHEET, sheet], 1.6),
        Pair("a CSV of 10 MB", [*inspect, text], [PYTHON, "-c", FLOOR_FRAME, text], 2.0),
    ]


def main() -> None:
    """Run every pair and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{'what':34} {'median':>9} {'floor':>9} {'ratio':>6} {'limit':>6} {'peak':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for pair in [*pairs(Path(folder)), *large(Path(folder))]:
            print(measure(pair, rounds), flush=True)


if __name__ == "__main__":
    main()
