"""What people run every day: files of a few megabytes, against the libraries that do nothing but read them."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.benchmarks.pair import Pair

PYTHON = sys.executable
FUNNELKIT = [PYTHON, "-m", "funnelkit"]
FLOOR_TYPER = [PYTHON, "-c", "import typer"]
FLOOR_READ = (
    "import sys, typer, yaml, pandas, narwhals\n"
    "for name in sys.argv[1:]:\n    open(name, encoding='utf-8', errors='replace').read()"
)
FLOOR_SHEET = (
    "import sys, python_calamine\n"
    "python_calamine.load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()"
)
FLOOR_FRAME = "import sys, pandas\npandas.read_csv(sys.argv[1])"
BY_MONTH = "--by channel --grain month --period 2025-Q2 --compare prev".split()
_KNOWN = Path(__file__).parents[1] / "presets"


def pairs(folder: Path) -> list[Pair]:
    """What is measured, on data that are made anew in *folder* before the first of them runs."""
    files = [str(folder / name) for name in ("leads.csv", "deals.csv", "ads.csv")]
    sheet, text = str(folder / "leads.xlsx"), str(folder / "leads10.csv")
    report, inspect = ([*FUNNELKIT, command, "--no-config"] for command in ("report", "inspect"))
    floor = [PYTHON, "-c", FLOOR_READ, *files]
    with_files = partial(Pair, prepare=partial(_written, folder))
    return [
        Pair("--version", [*FUNNELKIT, "--version"], FLOOR_TYPER, "import typer", 1.3),
        Pair("--help", [*FUNNELKIT, "--help"], FLOOR_TYPER, "import typer", 2.0),
        with_files("report of 10,000 leads", [*report, *files], floor, at_most=1.4),
        with_files("the same as JSON", [*report, *files, "-f", "json"], floor, at_most=1.4),
        with_files("by channel and month, compared", [*report, *files, *BY_MONTH], floor, at_most=1.6),
        with_files(
            "a workbook of 50,000 rows",
            [*inspect, sheet],
            [PYTHON, "-c", FLOOR_SHEET, sheet],
            "calamine",
            1.6,
        ),
        with_files(
            "a CSV of 10 MB", [*inspect, text], [PYTHON, "-c", FLOOR_FRAME, text], "pandas.read_csv", 2.0
        ),
        _recognition(),
    ]


def _written(folder: Path) -> None:
    """Write the files into *folder*, once, in a process of its own: this one must stay small."""
    if not (folder / "leads.xlsx").exists():
        subprocess.run([PYTHON, "-m", "tests.benchmarks.smallfiles", str(folder)], check=True)


def _recognition() -> Pair:
    """A sample of every export that is known and read: which it is, and what each column becomes."""
    samples = sorted(p for p in _KNOWN.iterdir() if p.suffix == ".csv")
    read = [str(p) for p in samples if "refused" not in p.with_suffix(".expected.json").read_text("utf-8")]
    return Pair(
        f"recognition of {len(read)} exports",
        [*FUNNELKIT, "inspect", "--no-config", *read],
        [PYTHON, "-c", FLOOR_READ, *read],
        at_most=8.0,
    )
