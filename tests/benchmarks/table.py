"""What was measured, as a table in Markdown, with the machine and the versions under it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.pair import Result

HEAD = """\
| what | against | ratio | limit | seconds | theirs | peak MB | limit | theirs | |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|"""
_PACKAGES = "duckdb pandas narwhals typer python-calamine".split()


def row(result: Result) -> str:
    """One line of the table."""
    pair = result.pair
    cells = [
        pair.name,
        pair.other,
        _figure(result.ratio, 2),
        _figure(pair.at_most, 2),
        _figure(result.ours, 2),
        _figure(result.theirs, 2),
        _figure(result.peak_mb, 0),
        _figure(pair.at_most_mb, 0),
        _figure(result.their_peak_mb, 0),
        result.verdict.replace("|", "\\|"),
    ]
    return f"| {' | '.join(cells)} |"


def markdown(results: Sequence[Result]) -> str:
    """The whole table."""
    return "\n".join([HEAD, *map(row, results), "", machine(), ""])


def machine() -> str:
    """The processors and the versions of what was measured, in a sentence or two."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    return (
        f"{cores} cores, {_processor()}; {platform.system()}, Python {platform.python_version()}, {versions}."
    )


def _figure(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
