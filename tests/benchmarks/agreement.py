"""Whether the commands of a pair say the same: every number that both have, in total, by channel and by month.

A comparison of two times is worth nothing where the answers differ.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.big import BY_HAND, NOTEBOOK, PYTHON, Sized

MILLIONS = 0.1
Key = tuple[str, str]
"""Channel and month; ``all`` where it is a total."""
_MONEY_AND_RATES = 1e-9
"""Relative: sums of decimals against sums of floats."""


def differences(report: Sequence[str], files: Path, other: str) -> list[str]:
    """Where the JSON that the command *report* prints and that of the module *other* on *files* are not the same."""
    ours = _report(_said(report))
    theirs = _rows(_said([PYTHON, "-m", other, str(files)]))
    shared = set(ours["all", "all"]) & set(theirs["all", "all"])
    if len(shared) < 30:
        return [f"{other} has only {len(shared)} metrics in common with the report"]
    groups = [f"{other} has a group {key} that the report has not" for key in sorted(set(theirs) - set(ours))]
    return groups + [
        f"{metric} of {key}: {value} in the report, {theirs.get(key, {}).get(metric)} in {other}"
        for key, metrics in ours.items()
        for metric, value in metrics.items()
        if metric in shared and not _same(value, theirs.get(key, {}).get(metric))
    ]


def check(folder: Path) -> None:
    """Stop with a sentence where the report, the SQL by hand and the notebook differ on a small company."""
    small = Sized(MILLIONS, folder)
    small.write()
    found = [
        line for other in (BY_HAND, NOTEBOOK) for line in differences(small.report(), small.files, other)
    ]
    if found:
        listed = "\n".join(found[:10])
        raise SystemExit(f"{len(found)} numbers differ, so that no time can be compared:\n{listed}")


def _said(command: Sequence[str]) -> Any:
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _report(document: Mapping[str, Any]) -> dict[Key, dict[str, float | None]]:
    found = {("all", "all"): document["metrics"]}
    for row in document["trend"]["rows"]:
        found["all", row["period"]] = row["metrics"]
    for group in document["breakdown"]["rows"]:
        channel = group["key"]["channel"]
        found[channel, "all"] = group["metrics"]
        for row in group["trend"]:
            found[channel, row["period"]] = row["metrics"]
    return {key: {name: cell["value"] for name, cell in cells.items()} for key, cells in found.items()}


def _rows(listed: Sequence[Mapping[str, Any]]) -> dict[Key, Mapping[str, float | None]]:
    return {(row["channel"], row["period"]): row for row in listed}


def _same(ours: float | None, theirs: float | None) -> bool:
    """A sum of nothing is 0 in a report and NULL in SQL."""
    return math.isclose(ours or 0, theirs or 0, rel_tol=_MONEY_AND_RATES)
