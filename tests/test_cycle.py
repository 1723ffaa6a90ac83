"""How long deals take: Freireich's patients as deals, and made-up ones counted by hand; from the command line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from funnelkit.errors import UsageError
from funnelkit.pipeline.cycling import cycle
from funnelkit.pipeline.options import Options
from funnelkit.render.study import render
from funnelkit.studies import Study

AS_OF = date(2026, 6, 30)
# Weeks of remission (Freireich and others 1963), as days here; + is still in remission when last seen.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23".split()
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])


def deals(path: Path, rows: list[tuple[str, int, str]]) -> Path:
    """A file of deals with owner, days and status; an open one was created so many days before the as-of date."""
    lines = ["deal_id,owner,created_at,closed_at,status,amount"]
    for n, (owner, days, status) in enumerate(rows):
        created = AS_OF - timedelta(days=days if status == "open" else 100 + n)
        closed = "" if status == "open" else (created + timedelta(days=days)).isoformat()
        lines.append(f"{n},{owner},{created},{closed},{status},100")
    path.write_text("\n".join(lines) + "\n")
    return path


def study(path: Path, **options: Any) -> Study:
    return cycle([str(path)], Options(as_of=AS_OF.isoformat(), currency="EUR", no_config=True, **options))


def rows(made: Study, table: str) -> list[dict[str, Any]]:
    """The rows of a table as the JSON has them."""
    (found,) = (t for t in json.loads(render(made, "json"))["tables"] if t["id"] == table)
    return list(found["rows"])


@pytest.fixture(scope="module")
def freireich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    patients = [("treated", one) for one in TREATED] + [("placebo", one) for one in PLACEBO]
    return deals(
        tmp_path_factory.mktemp("deals") / "deals.csv",
        [(group, int(one.rstrip("+")), "open" if "+" in one else "won") for group, one in patients],
    )


@ENGINES
def test_medians_means_and_the_log_rank_test_of_freireich(freireich: Path, engine: str) -> None:
    made = study(freireich, by=["owner"], engine=engine, min_n=10)
    found = {row["owner"]: row for row in rows(made, "groups")}
    assert found["treated"]["km"]["value"] == 23
    assert found["treated"]["km"]["interval"] == [13, None]
    assert found["placebo"]["km"]["value"] == 8
    assert found["placebo"]["km"]["interval"] == [4, 11]
    # Both groups were followed for 23 days: restricted means 17.909244 (1.553190) and 8.666667.
    assert found["treated"]["mean"]["value"] == pytest.approx(17.909244, abs=1e-6)
    low, high = found["treated"]["mean"]["interval"]
    assert (high - low) / 2 / 1.959964 == pytest.approx(1.553190, abs=1e-6)
    assert found["placebo"]["mean"]["value"] == pytest.approx(8.666667, abs=1e-6)
    assert found["treated"]["difference"]["value"] == pytest.approx(9.242577, abs=1e-6)
    assert found["treated"]["difference"]["verdict"] == "worse"
    assert found["placebo"]["difference"]["verdict"] == "better"
    assert "differ by more than noise" in made.sentences[-1]
    assert "p < 0.001, 1 df" in made.sentences[-1]


@ENGINES
def test_lost_deals_can_no_longer_be_won(tmp_path: Path, engine: str) -> None:
    """Four deals: won after 10 days, lost after 20, open for 30, won after 40.

    The shares won are 1/4, and with two at risk at 40 of which one is open before: 1/4 + 1/2 * 1/1.
    Were the lost one still to be won, it would be 1/4, then all.
    """
    path = deals(
        tmp_path / "deals.csv", [("a", 10, "won"), ("a", 20, "lost"), ("b", 30, "open"), ("b", 40, "won")]
    )
    made = study(path, horizon=14, engine=engine)
    course = {row["age"]["value"]: row for row in rows(made, "course")}
    assert course[14]["won"]["value"] == pytest.approx(1 / 4)
    assert course[30]["lost"]["value"] == pytest.approx(1 / 4)
    assert course[30]["open"]["value"] == pytest.approx(1 / 2)
    assert list(course) == [7, 14, 30]
    for row in course.values():
        assert sum(row[name]["value"] for name in ("won", "lost", "open")) == pytest.approx(1, abs=1e-12)
    measures = {row["measure"]: row["days"]["value"] for row in rows(made, "measures")}
    assert measures["won deals, mean"] == 25
    # Closed: one of four after 10 days, one of three after 20, so half are left then.
    assert measures["until closed, with those open"] == 20
    assert (
        made.sentences[0] == "Of 4 new deals, within 14 days 25.0 % are won, 0.0 % lost, 75.0 % still open."
    )


def test_without_open_or_lost_deals_nothing_is_pretended(tmp_path: Path) -> None:
    path = deals(tmp_path / "deals.csv", [("a", 10, "won"), ("a", 20, "won")])
    with pytest.raises(
        UsageError, match="nothing says how long deals take: the deals loaded are won deals only"
    ):
        study(path)


def test_a_group_with_few_deals_is_not_called(freireich: Path) -> None:
    found = rows(study(freireich, by=["owner"], min_n=30), "groups")
    assert {row["difference"]["verdict"] for row in found} == {"no call"}


def test_without_deals_there_is_no_cycle(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("lead_id,email,created_at,source\n1,a@x.test,2026-01-01,web\n")
    with pytest.raises(UsageError, match="no deals with dates"):
        study(path)


@ENGINES
def test_beyond_what_any_deal_was_followed_nothing_is_said(tmp_path: Path, engine: str) -> None:
    """Two of three are open after 20 and 30 days, so nothing tells how many are won within 90."""
    path = deals(
        tmp_path / "deals.csv", [("a", 10, "won"), ("a", 30, "open"), ("b", 20, "open"), ("c", 5, "won")]
    )
    made = study(path, by=["owner"], engine=engine)
    # Won after 5 days one of four, and after 10 one of the three others.
    assert made.sentences[0] == (
        "Of 4 new deals, within 30 days, the longest that any was seen, 50.0 % are won, 0.0 % lost, "
        "50.0 % still open."
    )
    found = {row["owner"]: row["won"] for row in rows(made, "groups")}
    assert {found[owner]["reason"] for owner in "ab"} == {"too_young"}
    assert found["a"]["message"] == "no deal has been followed for 90 days, and some are open"
    # All of its deals are won, so it needs no follow-up.
    assert found["c"]["value"] == 1
