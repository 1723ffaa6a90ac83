"""Every metric of the whole command equals hand-written SQL over the same files.

Without this, a wrong rule would be tested by its own result: the expected values here come from
another engine, another language and another reading of the definitions. Counts and money must be
equal to the last cent, ratios to 1e-12.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.answers import GROSS_MARGIN, NOT_LOADED, TOTAL, Value, answers, as_of, connect
from tests.company import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

ROOT = Path(__file__).parents[1]

LEADS = 100_000

PERIODS = {
    "all": None,
    "2025-Q2": (date(2025, 4, 1), date(2025, 6, 30)),
    "2025-Q3": (date(2025, 7, 1), date(2025, 9, 30)),
    "2024-02-01..2025-02-28": (date(2024, 2, 1), date(2025, 2, 28)),
}
"""All time, a past quarter, the quarter in which the data end, and a span that is no calendar period."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "funnelkit.yaml").write_text(f"gross_margin: {GROSS_MARGIN}\n")
    return folder


@pytest.fixture(scope="module")
def sql(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(write(folder, LEADS, seed=20250917)) as db:
        yield db


def run(folder: Path, *options: str) -> Any:
    """The JSON report of the three files, with its decimals as they were written."""
    command = [sys.executable, "-m", "funnelkit", "report", "leads.csv", "deals.csv", "ads.csv"]
    done = subprocess.run(
        [*command, "-f", "json", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout, parse_float=Decimal)


def agree(seen: Decimal | int | None, expected: Value) -> bool:
    if seen is None or expected is None:
        return seen is expected
    if isinstance(expected, float):
        return math.isclose(seen, expected, rel_tol=1e-12)
    return seen == expected


def value(metrics: Mapping[str, Any], name: str) -> Any:
    """The value of a metric, or with dots a number that stands beside it, 0 where that part is missing."""
    metric, *path = name.split(".")
    if not path:
        return metrics[metric]["value"]
    part, key = path
    return (metrics[metric].get(part) or {}).get(key, 0)


def differences(metrics: Mapping[str, Any], expected: Mapping[str, Value]) -> list[str]:
    pairs = {name: (value(metrics, name), want) for name, want in expected.items()}
    return [f"{name}: {seen}, by SQL {want}" for name, (seen, want) in pairs.items() if not agree(seen, want)]


def report(folder: Path, label: str, expected: Mapping[str, Value]) -> Any:
    """The report by channel of a period, with every metric that SQL answers."""
    asked = ",".join(dict.fromkeys(name.split(".")[0] for name in expected))
    period = [] if label == "all" else ["--period", label]
    return run(folder, "--by", "channel", "--metrics", asked, *period)


@pytest.mark.parametrize("label", PERIODS)
def test_every_metric_equals_the_sql_in_total_and_by_channel(
    folder: Path, sql: duckdb.DuckDBPyConnection, label: str
) -> None:
    expected = answers(sql, PERIODS[label])
    seen = report(folder, label, expected[TOTAL])
    channels = {row["key"]["channel"]: row["metrics"] for row in seen["breakdown"]["rows"]}

    assert differences(seen["metrics"], expected.pop(TOTAL)) == []
    assert channels.keys() <= expected.keys()
    for channel, metrics in channels.items():
        assert (channel, differences(metrics, expected.pop(channel))) == (channel, [])
    # A channel may be left out only where nothing of it lies in the period.
    assert not any(any(row.values()) for row in expected.values())


def test_the_plain_command_agrees_in_whatever_it_shows(folder: Path, sql: duckdb.DuckDBPyConnection) -> None:
    seen = run(folder)
    expected = {
        name: want for name, want in answers(sql)[TOTAL].items() if name.split(".")[0] in seen["metrics"]
    }

    assert {"leads", "lead_conversion_rate", "win_rate", "spend", "cpl", "cac"} <= expected.keys()
    assert differences(seen["metrics"], expected) == []
    assert seen["as_of"] == str(as_of(sql))


def test_what_has_no_value_says_why(folder: Path, sql: duckdb.DuckDBPyConnection) -> None:
    seen = report(folder, "2025-Q2", answers(sql)[TOTAL])
    rows = {row["key"]["channel"]: row["metrics"] for row in seen["breakdown"]["rows"]}
    silent = [
        (channel, name)
        for channel, metrics in {TOTAL: seen["metrics"], **rows}.items()
        for name, cell in metrics.items()
        if cell["value"] is None and not (cell.get("reason") and cell.get("message"))
    ]

    assert silent == []
    assert {seen["metrics"][name]["reason"] for name in NOT_LOADED.split()} == {
        "no_emails",
        "no_web",
        "no_payments",
    }
    assert rows["organic_search"]["cpl"]["reason"] == "no_spend_here"
    assert rows["affiliates"]["cpl"]["reason"] == "no_denominator"
    assert rows["affiliates"]["lead_conversion_rate"]["reason"] == "no_denominator"
