"""Published tables as the files of a company: what the commands print of them is what the books print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from funnelkit.cli.app import run
from tests.test_published import MAINTAINED, NOT_MAINTAINED
from tests.test_published_triangles import UK_MOTOR

AS_OF = date(2026, 1, 1)
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])


def asked(capsys: pytest.CaptureFixture[str], *arguments: object, as_of: date = AS_OF) -> Any:
    """The JSON that a command prints."""
    assert run([*map(str, arguments), "--no-config", "--as-of", str(as_of), "-q", "-f", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def rows(found: Any, table: str) -> list[dict[str, Any]]:
    (one,) = (t for t in found["tables"] if t["id"] == table)
    return list(one["rows"])


def deals(path: Path, ends: Iterable[tuple[str, int, str]]) -> Path:
    """A file of deals by owner, age in days and what became of them at that age."""
    lines = ["Deal ID,Owner,Created,Closed,Status,Amount"]
    for number, (owner, days, status) in enumerate(ends):
        created = AS_OF - timedelta(days=days if status == "Open" else 300)
        closed = "" if status == "Open" else created + timedelta(days=days)
        lines.append(f"D{number},{owner},{created},{closed},{status},100")
    path.write_text("\n".join(lines) + "\n")
    return path


def leads(path: Path, days: Iterable[tuple[date, date | None]]) -> Path:
    """A file of leads with the day on which each was created and, if so, became a customer."""
    lines = ["Lead ID,Created date,Customer date"]
    lines += [f"L{number},{created},{won or ''}" for number, (created, won) in enumerate(days)]
    path.write_text("\n".join(lines) + "\n")
    return path


@ENGINES
def test_remission_of_leukaemia_by_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    """`aml` of R's survival package: medians 31 and 23, log-rank p 0.0653."""
    ends = [
        (name, day, status)
        for name, group in (("maintained", MAINTAINED), ("not maintained", NOT_MAINTAINED))
        for status, table in (("Won", group.events), ("Open", group.censored))
        for day, n in table.items()
        for _ in range(n)
    ]
    found = asked(capsys, "cycle", deals(tmp_path / "d.csv", ends), "--by", "owner", "--engine", engine)
    medians = {row["owner"]: row["km"]["value"] for row in rows(found, "groups")}
    assert medians == {"maintained": 31, "not maintained": 23}
    assert found["sentences"][-1].endswith("(log-rank, p 0.065, 1 df).")


@ENGINES
def test_cumulative_incidence_of_satagopan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    """Brit. J. Cancer 91:1229, table 2: 305 patients by month."""
    known = [(7, "Open"), (10, "Won"), (14, "Open"), (16, "Won"), (18, "Lost"), (23, "Won")]
    known += [(24, "Open"), (26, "Lost"), (27, "Won"), *[(30, "Open")] * 296]
    path = deals(tmp_path / "d.csv", [("a", days, status) for days, status in known])
    found = asked(capsys, "cycle", path, "--engine", engine)
    course = {row["age"]["value"]: row for row in rows(found, "course")}
    assert [round(100 * course[14][name]["value"], 1) for name in ("won", "open")] == [0.3, 99.7]
    # The paper adds up rounded steps to 1.2; what is not open was won or lost.
    assert [round(100 * course[30][name]["value"], 1) for name in ("won", "lost", "open")] == [1.3, 0.7, 98.0]


@ENGINES
def test_motor_claims_as_leads(tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str) -> None:
    """MackChainLadder(UKMotor, est.sigma = "Mack") of R, with 21,000 leads a month for its amounts in thousands."""
    size, found = 21_000, list[tuple[date, date | None]]()
    for month, cumulative in enumerate(UK_MOTOR, start=1):
        created, before = date(2025, month, 1), 0
        for age, reached in enumerate(cumulative, start=1):
            found += [(created, created + timedelta(days=30 * age - 5))] * (reached - before)
            before = reached
        found += [(created, None)] * (size - before)
    path = leads(tmp_path / "l.csv", found)
    last = date(2025, 8, 30)
    made = asked(capsys, "cohorts", path, "--horizon", 210, "--engine", engine, as_of=last)
    cohorts = rows(made, "cohorts")[: len(UK_MOTOR)]
    printed = [0, 3.62, 22.90, 141.98, 426.70, 692.39, 900.58]
    assert [row["ladder_error"]["value"] for row in cohorts] == pytest.approx(printed, abs=0.0051)
    ultimates = [12690, 13097, 14031, 13138, 13880, 16812, 20680]
    assert [round(row["ladder"]["value"] * size) for row in cohorts] == ultimates


@pytest.mark.parametrize(
    ("now", "before", "difference", "low", "high"),
    [
        ((56, 70), (48, 80), 0.2, 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.6, 0.1705, 0.8090),
        ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
    ],
)
def test_win_rates_apart_as_in_newcombe(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    now: Sequence[int],
    before: Sequence[int],
    difference: float,
    low: float,
    high: float,
) -> None:
    """Newcombe 1998, Stat Med 17:873-890, table II, method 10."""
    lines, number = ["Deal ID,Created,Closed,Status,Amount"], count()
    for month, (won, decided) in (("2025-11", before), ("2025-12", now)):
        lines += [
            f"D{next(number)},{month}-01,{month}-20,{'Won' if k < won else 'Lost'},100"
            for k in range(decided)
        ]
    path = tmp_path / "d.csv"
    path.write_text("\n".join(lines) + "\n")
    found = asked(capsys, "report", path, "--period", "2025-12", "--compare", "prev")
    change = found["metrics"]["win_rate"]["change"]
    assert change["absolute"] == pytest.approx(difference, abs=5.1e-5)
    assert change["interval"] == pytest.approx([low, high], abs=5.1e-5)


def test_two_counts_as_in_rs_poisson_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)): ratio of the rates 0.8584264 to 4.277266, p 0.07967."""
    begin = AS_OF - timedelta(days=799)
    earlier = begin - timedelta(days=3011)
    days = [begin + timedelta(days=70 * k) for k in range(11)]
    days += [earlier + timedelta(days=100 * k) for k in range(21)]
    path = leads(tmp_path / "l.csv", [(day, None) for day in days])
    between = f"{earlier}..{begin - timedelta(days=1)}"
    found = asked(capsys, "report", path, "--period", f"{begin}..{AS_OF}", "--compare", between)
    change = found["metrics"]["leads"]["change"]
    # One period is much longer, so that size and limits are those of the numbers per day.
    assert change["per_day"] == {"days": 800, "previous_days": 3011}
    low, high = (1 + limit for limit in change["interval"])
    assert (low, high) == pytest.approx((0.8584264, 4.277266), abs=5.1e-7)
    assert change["p"] == pytest.approx(0.07967, abs=5.1e-6)


def test_two_judges_of_a_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Statsmodels' cohens_kappa([[20, 5], [10, 15]]): 0.40 (0.1510923, 0.6489077)."""
    lines, number = ["Lead ID,Created date,MQL date,Lead status"], count()
    for n, mql, sal in ((20, True, True), (5, True, False), (10, False, True), (15, False, False)):
        verdict = "SAL" if sal else "Rejected"
        lines += [f"L{next(number)},2025-11-01,{'2025-11-02' if mql else ''},{verdict}" for _ in range(n)]
    path = tmp_path / "l.csv"
    path.write_text("\n".join(lines) + "\n")
    kappa = asked(capsys, "report", path, "--metrics", "handoff_kappa")["metrics"]["handoff_kappa"]
    assert kappa["value"] == pytest.approx(0.4)
    assert kappa["interval"] == pytest.approx([0.151092290476661, 0.6489077095233389])
