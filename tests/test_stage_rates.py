"""Conversion between any two stages, of the same leads and of the same period."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelkit import report
from funnelkit.errors import UsageError
from funnelkit.statistics.intervals import wilson
from tests.company import write

OLIST = Path(__file__).parents[2] / "shared" / "exports" / "datasets"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = write(tmp_path_factory.mktemp("company"), 2_000, seed=11)
    return [made.leads, made.deals]


def test_any_two_stages_are_those_of_the_funnel(files: list[Path]) -> None:
    names = ["stage_rate[lead->sql]", "stage_rate[mql->customer]", "stage_rate[ sal -> opportunity ]"]
    made = report(files, metrics=names, period="2025", no_config=True)
    entered = {stage.stage: stage.entered for stage in made.funnel}
    for name, first, last in zip(names, ("lead", "mql", "sal"), ("sql", "customer", "opportunity"), strict=True):  # fmt: skip
        cell = made.metrics[name]
        assert (cell.numerator, cell.denominator) == (entered[last], entered[first])
        assert cell.interval == wilson(entered[last], entered[first])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("stage_rate[sql->mql]", "mql does not come after sql"),
        ("stage_rate[lead->lead]", "lead does not come after lead"),
        ("stage_rate[lead->custumer]", "there is no stage 'custumer'"),
        ("stage_rate[lead]", "there is no metric"),
    ],
)
def test_what_is_no_pair_of_stages_is_told(files: list[Path], name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        report(files, metrics=[name], no_config=True)


def test_a_rate_of_the_period_may_be_above_one(tmp_path: Path) -> None:
    leads, deals = tmp_path / "leads.csv", tmp_path / "deals.csv"
    leads.write_text(
        "lead_id,email,created_at,source\n"
        + "".join(f"{n},p{n}@x.test,2026-0{1 + (n > 8)}-05,web\n" for n in range(1, 11))
    )
    deals.write_text(
        "deal_id,lead_id,created_at,closed_at,status,amount\n"
        + "".join(f"d{n},{n},2026-01-20,2026-02-10,won,100\n" for n in range(1, 6))
    )
    made = report([leads, deals], metrics=["lead_conversion_rate_event"], period="2026-02", currency="EUR", no_config=True)  # fmt: skip
    cell = made.metrics["lead_conversion_rate_event"]
    assert cell.value == 2.5
    assert cell.interval is not None
    low, high = cell.interval
    # R: poisson.test(c(5, 2)) gives the same limits as the binomial test of 5 of 7 (Clopper and Pearson 1934).
    assert low / (1 + low) == pytest.approx(0.2904209, abs=1e-6)
    assert high is not None
    assert high / (1 + high) == pytest.approx(0.9633074, abs=1e-6)


@pytest.mark.skipif(not OLIST.exists(), reason="the real exports are not there: no Olist files")
@pytest.mark.parametrize(
    ("period", "rate"),
    [("2018-01", 0.063979), ("2018-02", 0.109922), ("2018-03", 0.125213), ("2018-04", 0.153107), ("2018-05", 0.093630)],
)  # fmt: skip
def test_wins_of_a_month_over_leads_of_the_month_at_olist(period: str, rate: float) -> None:
    files = [OLIST / f"olist_{name}_dataset.csv" for name in ("marketing_qualified_leads", "closed_deals")]
    made = report(files, metrics=["lead_conversion_rate_event"], period=period, no_config=True)
    assert made.metrics["lead_conversion_rate_event"].value == pytest.approx(rate, abs=1e-6)


UNDATED = """\
Lead ID,Created,Status,MQL date,SQL date
1,2026-01-01,SQL,2026-01-05,2026-01-09
2,2026-01-01,SQL,2026-01-05,
3,2026-01-01,MQL,2026-01-05,
4,2026-01-01,SQL,,
5,2026-01-01,MQL,,
6,2026-01-01,Lead,,
7,2026-03-31,SQL,2026-03-31,
"""
"""The statuses of 2, 4, 5 and 7 say stages of which there is no day; 7 is too young for a mature rate."""


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_stages_without_a_day_count_in_mature_rates_since_creation(tmp_path: Path, engine: str) -> None:
    """By hand, old enough: 1 to 6. MQL: 1 to 5 of 6. SQL: 1, 2 and 4 of the MQLs 1 to 5."""
    (tmp_path / "leads.csv").write_text(UNDATED)
    names = ["mql_rate", "sql_rate", "stage_rate[lead->sql]"]
    made = report([tmp_path / "leads.csv"], metrics=names, horizon=20, engine=engine, no_config=True)
    mature = {name: made.metrics[name].mature for name in names}
    found = {name: (one.numerator, one.denominator) for name, one in mature.items() if one}
    assert found == {"mql_rate": (5, 6), "sql_rate": (3, 5), "stage_rate[lead->sql]": (3, 6)}
    completed = made.metrics["mql_rate"].projected
    assert completed
    # All of 1 to 5 and 7 have come; 6 has had all of its time.
    assert completed.value == pytest.approx(6 / 7)
    (told,) = (note.message for note in made.warnings if note.code == "status_without_date")
    assert told.endswith("in mature rates too: MQL 2, SQL 3.")
