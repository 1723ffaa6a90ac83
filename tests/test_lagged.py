"""Acquisition cost with a lag: by hand on a few days, and against pandas on a company whose lags are known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit import metric, report
from funnelkit.metrics.lagged import lagged_cost

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])


def files(folder: Path, first_spend: str = "2026-01-01") -> list[str]:
    """Two of three customers are won 30 days after they came, one on the day itself; spending doubles in March."""
    leads, deals = ["lead_id,created_at,channel"], ["deal_id,lead_id,created_at,closed_at,status,amount"]
    for n, came in enumerate(pd.date_range("2026-02-01", "2026-03-31")):
        leads.append(f"l{n},{came:%Y-%m-%d},paid_search")
        won = came + pd.Timedelta(days=0 if n % 3 == 0 else 30)
        deals.append(f"d{n},l{n},{came:%Y-%m-%d},{won:%Y-%m-%d},Won,100")
    spend = ["date,channel,cost"]
    spend += [
        f"{d:%Y-%m-%d},paid_search,{20 if d.month == 3 else 10}"
        for d in pd.date_range(first_spend, "2026-04-30")
    ]
    made = []
    for name, lines in (("leads", leads), ("deals", deals), ("ads", spend)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        made.append(str(folder / f"{name}.csv"))
    return made


@ENGINES
def test_spending_is_moved_to_the_days_on_which_it_wins(tmp_path: Path, engine: str) -> None:
    made = report(files(tmp_path), metrics=["cac", "cac_lagged", "customers_new"], period="2026-03", engine=engine, currency="EUR", by=["channel"], no_config=True)  # fmt: skip
    customers = made.metrics["customers_new"].value
    assert customers
    deals = pd.read_csv(tmp_path / "deals.csv", parse_dates=["created_at", "closed_at"])
    assert customers == deals.closed_at.between("2026-03-01", "2026-03-31").sum()
    share = (deals.closed_at == deals.created_at).mean()
    # 31 days of 20 at once; of the 31 days 30 days before, 2 in January and 28 in February at 10, 1 in March at 20.
    cost = share * 31 * 20 + (1 - share) * (30 * 10 + 20)
    found = made.metrics["cac_lagged"]
    assert found.value == pytest.approx(cost / customers)
    assert found.n == customers
    assert found.interval is not None
    assert found.interval_type == "poisson"
    assert made.metrics["cac"].value == pytest.approx(31 * 20 / customers)
    assert made.breakdown is not None
    assert made.breakdown.rows[0].cells["cac_lagged"] == found


@ENGINES
def test_of_a_running_period_the_days_until_now_are_charged(tmp_path: Path, engine: str) -> None:
    """Until 10 March all who came within it or 28 days before; nobody is won after it, and nothing is charged then."""
    made = report(files(tmp_path), metrics=["cac_lagged"], period="2026-03", as_of="2026-03-10", engine=engine, currency="EUR", no_config=True)  # fmt: skip
    deals = pd.read_csv(tmp_path / "deals.csv", parse_dates=["created_at", "closed_at"])
    won = deals[deals.closed_at <= "2026-03-10"]
    share = (won.closed_at == won.created_at).mean()
    # Ten days of 20 at once; of those 30 days before, 30 January to 8 February, all are of 10.
    cost = share * 10 * 20 + (1 - share) * 10 * 10
    found = made.metrics["cac_lagged"]
    assert found.n == (won.closed_at >= "2026-03-01").sum()
    assert found.value == pytest.approx(cost / found.n)


@ENGINES
def test_a_group_costs_the_same_as_a_row_and_asked_for_alone(tmp_path: Path, engine: str) -> None:
    """The leads of a second channel are all won after 10 days, which moves the lags of all leads."""
    made = files(tmp_path)
    for path, line in ((made[0], "s{n},2026-03-{n:02},email"), (made[1], "e{n},s{n},2026-03-{n:02},2026-03-{m},Won,100")):  # fmt: skip
        with Path(path).open("a") as file:
            file.writelines(line.format(n=n, m=n + 10) + "\n" for n in range(1, 21))
    asked = {"metrics": ["cac_lagged"], "period": "2026-03", "engine": engine, "currency": "EUR", "no_config": True}  # fmt: skip
    rows = report(made, by=["channel"], **asked).breakdown
    assert rows is not None
    (row,) = (row for row in rows.rows if row.key == ("paid_search",))
    alone = report(made, where=["channel=paid_search"], **asked).metrics["cac_lagged"]
    # Of 79 leads 20 are won on the day, 39 after 30 days and 20 after 10; of ten days before March there are 10 at 10.
    cost = (20 * 31 * 20 + 39 * (30 * 10 + 20) + 20 * (10 * 10 + 21 * 20)) / 79
    deals = pd.read_csv(made[1], parse_dates=["closed_at"])
    won = deals.lead_id.str.startswith("l") & deals.closed_at.between("2026-03-01", "2026-03-31")
    assert alone.value == pytest.approx(cost / won.sum())
    assert row.cells["cac_lagged"] == alone


def test_the_spend_that_is_moved_is_shown_and_makes_the_value(tmp_path: Path) -> None:
    """20 of 59 leads are won on the day they come, 39 after 30 days; March is asked about.

    Of January the last two days count (30 days later it is 1 and 2 March), of February all, of March what wins at once
    and the 1st again, whose later wins are those of the 31st.
    """
    study = metric("cac_lagged", files(tmp_path), period="2026-03", currency="EUR", no_config=True)
    at_once, later = 20 / 59, 39 / 59
    rows = study.table("moved").to_frame().set_index("month")
    assert rows["spent"].to_dict() == {"2026-01": 310, "2026-02": 280, "2026-03": 620, "Sum": 1210}
    charged = {"2026-01": 20 * later, "2026-02": 280 * later, "2026-03": 620 * at_once + 20 * later}
    assert rows["charged"].to_dict() == pytest.approx({**charged, "Sum": sum(charged.values())})
    (customers,) = [row[1].cell for row in study.table("parts").rows if row[0].text == "customers_new"]
    assert customers
    value = sum(charged.values()) / float(customers.value or 0)
    shown = f"{sum(charged.values()):,.2f} / {customers.value} = EUR {value:.2f}"
    assert study.sentences[1] == f"spend moved by the days of lead_times / customers_new = {shown}"
    assert "30 days in the median" in study.table("moved").caption


def test_it_says_why_it_cannot_be(tmp_path: Path) -> None:
    short = report(files(tmp_path, "2026-02-20"), metrics=["cac_lagged"], period="2026-03", currency="EUR", no_config=True)  # fmt: skip
    assert short.metrics["cac_lagged"].reason == "lag_not_covered"
    whole = report(files(tmp_path), metrics=["cac_lagged"], currency="EUR", no_config=True)
    assert whole.metrics["cac_lagged"].reason == "no_period"
    leads, _, ads = files(tmp_path)
    alone = report([leads, ads], metrics=["cac_lagged"], period="2026-03", currency="EUR", no_config=True)
    assert alone.metrics["cac_lagged"].reason == "no_deals"


def test_spending_is_charged_to_later_wins_by_hand() -> None:
    # Half of the customers are won in the same month, a quarter after one and after two months.
    found = lagged_cost({1: 400, 2: 800}, {0: 2, 1: 1, 2: 1})
    assert {t: charged.cost for t, charged in found.items()} == {1: 200, 2: 500, 3: 300, 4: 200}
    assert {t: charged.covered for t, charged in found.items()} == {1: 0.5, 2: 0.75, 3: 0.5, 4: 0.25}


@given(
    spend=st.dictionaries(st.integers(0, 24), st.integers(0, 10**6), min_size=1),
    lags=st.dictionaries(st.integers(0, 12), st.integers(1, 50), min_size=1),
)
def test_all_spending_is_charged_once(spend: dict[int, int], lags: dict[int, int]) -> None:
    found = lagged_cost(spend, lags)
    assert sum(charged.cost for charged in found.values()) == pytest.approx(sum(spend.values()))
    assert all(0 <= charged.covered <= 1 for charged in found.values())
    assert min(found) == min(spend)
    same = lagged_cost(spend, {0: 7})
    assert {t: charged.cost for t, charged in same.items() if charged.cost} == {
        t: s for t, s in spend.items() if s
    }


def test_no_lags_charge_nothing() -> None:
    assert lagged_cost({}, {0: 1}) == {}
    for lags in ({}, {0: 0}, {-1: 3}):
        with pytest.raises(ValueError, match="no lags"):
            lagged_cost({1: 100}, lags)
