"""Files of hundreds of megabytes: against SQL by hand, against a notebook, and against a quarter of the data."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.pair import Pair

PYTHON = sys.executable
BY_HAND = "tests.benchmarks.by_hand"
NOTEBOOK = "tests.benchmarks.notebook"
ASKED = "--by channel --grain month -f json --no-config".split()
_ROUNDS = 3


class Sized:
    """The files of so many million leads below *folder*, and what is asked of them."""

    def __init__(self, millions: float, folder: Path) -> None:
        self.millions = millions
        self.leads = round(millions * 1_000_000)
        self.files = folder / f"leads-{self.leads}"
        self.name = f"{millions:g} million leads"

    def write(self) -> None:
        """Write the files where they are not there yet, in a process of its own: this one must stay small."""
        if not (self.files / "ads.csv").exists():
            command = [PYTHON, "-m", "tests.benchmarks.large", str(self.files), str(self.leads)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def report(self) -> list[str]:
        """The command that is measured."""
        named = [str(self.files / name) for name in ("leads.csv", "deals.csv", "ads.csv")]
        return [PYTHON, "-m", "funnelkit", "report", *named, *ASKED]

    def by_hand(self) -> Pair:
        """As good as somebody who knows SQL and these very files."""
        return self._pair([PYTHON, "-m", BY_HAND, str(self.files)], "SQL by hand", 1.4, 1_000)

    def notebook(self) -> Pair:
        """Better than somebody who knows pandas and these very files."""
        return self._pair([PYTHON, "-m", NOTEBOOK, str(self.files)], "a notebook", 0.6)

    def growth(self, smaller: Sized) -> Pair:
        """Time grows as the files do, and memory less."""

        def write() -> None:
            self.write()
            smaller.write()

        pair = self._pair(
            smaller.report(), f"of {smaller.name}", 1.05 * self.millions / smaller.millions, 1_500
        )
        return replace(pair, prepare=write)

    def limited(self) -> Pair:
        """With little memory it may take longer, but it ends."""
        pair = self._pair((), "", at_most_mb=1_300)
        limited = [*pair.command, "--memory-limit", "1GB"]
        return replace(pair, name=f"{self.name}, --memory-limit 1GB", command=limited, rounds=1)

    def engines(self, at_most: float) -> Pair:
        """From about 10 MB of text on, the database is the faster one: there `auto` takes it."""
        pair = self._pair([*self.report(), "--engine", "pandas"], "--engine pandas", at_most)
        return replace(pair, name=f"by size, {self.name}", command=[*self.report(), "--engine", "duckdb"])

    def miller(self) -> Pair:
        """Miller only counts the leads by medium and month, from one of the files."""
        months = "$month = substr0($created_at, 0, 6)"
        counted = ["put", months, "then", "count-distinct", "-f", "medium,month"]
        return self._tool(["mlr", "--icsv", "--ojson", *counted], "Miller counts the leads")

    def csvkit(self) -> Pair:
        """Csvkit works out statistics of each column of one of the files."""
        return self._tool(["csvstat"], "csvstat of the leads")

    def _pair(
        self,
        against: Sequence[str],
        other: str,
        at_most: float | None = None,
        at_most_mb: float | None = None,
    ) -> Pair:
        name = f"report of {self.name}"
        return Pair(name, self.report(), against, other, at_most, at_most_mb, _ROUNDS, self.write)

    def _tool(self, command: Sequence[str], other: str) -> Pair:
        absent = "" if shutil.which(command[0]) else command[0]
        return replace(self._pair([*command, str(self.files / "leads.csv")], other), absent=absent)


def pairs(folder: Path, millions: Sequence[float]) -> list[Pair]:
    """What is measured at so many *millions* of leads; the first size is the measure for the others."""
    if not millions:
        return []
    first, *others = (Sized(size, folder) for size in millions)
    return [
        first.by_hand(),
        first.notebook(),
        *(other.growth(first) for other in others),
        *(other.limited() for other in others),
        Sized(0.05, folder).engines(1.4),
        Sized(0.1, folder).engines(1.0),
        Sized(0.3, folder).engines(0.7),
        first.miller(),
        Sized(0.1, folder).csvkit(),
    ]
