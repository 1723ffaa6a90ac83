"""The numbers of a report as a pandas notebook works them out: ``python -m tests.benchmarks.notebook FOLDER``.

The straightforward way of somebody who knows these very files: read the needed columns, parse the dates, merge,
group. It prints the same metrics as by_hand.py, and no more.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

CHANNELS = {
    "cpc": "paid_search",
    "paid_social": "paid_social",
    "organic": "organic_search",
    "social": "organic_social",
    "(none)": "direct",
    "event": "events",
    "email": "email",
    "referral": "referral",
}


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Leads, deals and ads with their channel, and what became of each lead."""
    leads = pd.read_csv(
        folder / "leads.csv",
        usecols=["lead_id", "created_at", "medium", "mql_at", "sql_at"],
        parse_dates=["created_at", "mql_at", "sql_at"],
    )
    deals = pd.read_csv(
        folder / "deals.csv",
        usecols=["deal_id", "lead_id", "amount", "status", "created_at", "closed_at"],
        parse_dates=["created_at", "closed_at"],
    )
    ads = pd.read_csv(folder / "ads.csv", parse_dates=["date"])
    leads["channel"] = leads["medium"].map(CHANNELS).fillna("(blank)").astype("category")
    leads["day"] = leads["created_at"].dt.normalize()
    ads["channel"] = ads["channel"].map({"Google Ads": "paid_search"}).fillna("paid_social")

    deals["won_at"] = deals["closed_at"].where(deals["status"] == "Won")
    outcome = deals.groupby("lead_id").agg(deal_at=("created_at", "min"), won_at=("won_at", "min"))
    leads = leads.join(outcome, on="lead_id")
    leads["sql_day"] = leads["sql_at"].fillna(leads["deal_at"])
    leads["mql_day"] = leads["mql_at"].fillna(leads["sql_day"])
    lag = (leads["won_at"] - leads["day"]).dt.days
    leads["lag"] = lag.where(lag >= 0)

    deals = deals.merge(leads[["lead_id", "channel", "day"]], on="lead_id", how="left")
    deals["channel"] = deals["channel"].cat.add_categories("(no lead)").fillna("(no lead)")
    leads = leads.drop(columns=["lead_id", "created_at", "medium", "mql_at", "sql_at"])
    deals["cycle"] = (deals["closed_at"] - deals["created_at"]).dt.days
    return leads, deals, ads


def grouped(leads: pd.DataFrame, deals: pd.DataFrame, ads: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The metrics of every group; *by* holds ``channel`` and ``period``, which is the month of what is counted."""

    def per(frame: pd.DataFrame, day: str) -> pd.api.typing.DataFrameGroupBy[Any, Any]:
        dated = frame[frame[day].notna()]
        months = dated[day].dt.to_period("M") if "period" in by else "all"
        return dated.assign(period=months).groupby(by or ["period"], observed=True)

    won, lost = deals[deals["status"] == "Won"], deals[deals["status"] == "Lost"]
    customers = won.sort_values("closed_at").drop_duplicates("key")
    created, closed = per(leads, "day"), per(won, "closed_at")
    found = pd.DataFrame(
        {
            "leads": created.size(),
            "reached_mql": created["mql_day"].count(),
            "reached_sql": created["sql_day"].count(),
            "reached_deal": created["deal_at"].count(),
            "reached_won": created["won_at"].count(),
            "lead_to_won_days": created["lag"].mean(),
            "lead_to_won_days_median": created["lag"].median(),
            "mqls": per(leads, "mql_day").size(),
            "sqls": per(leads, "sql_day").size(),
            "opportunities": per(leads, "deal_at").size(),
            "customers_new": per(customers, "closed_at").size(),
            "deals_created": per(deals, "created_at").size(),
            "created_won": per(won, "created_at").size(),
            "deals_won": closed.size(),
            "deals_lost": per(lost, "closed_at").size(),
            "revenue_won": closed["amount"].sum(),
            "lost_value": per(lost, "closed_at")["amount"].sum(),
            "deal_size": closed["amount"].mean(),
            "deal_size_median": closed["amount"].median(),
            "cycle_days": closed["cycle"].mean(),
            "cycle_days_median": closed["cycle"].median(),
            "cycle_days_p90": closed["cycle"].quantile(0.9),
            "revenue_linked": per(won, "day")["amount"].sum(),
            "spend": per(ads, "date")["cost"].sum(),
            "impressions": per(ads, "date")["impressions"].sum(),
            "clicks": per(ads, "date")["clicks"].sum(),
        }
    )
    counts = ["deals_won", "deals_lost", "lost_value", "created_won", "revenue_linked"]
    return rated(found.fillna(dict.fromkeys(counts, 0)))


def rated(found: pd.DataFrame) -> pd.DataFrame:
    """*found* with the ratios of its columns."""
    return found.assign(
        lead_conversion_rate=found["reached_won"] / found["leads"],
        mql_rate=found["reached_mql"] / found["leads"],
        sql_rate=found["reached_sql"] / found["reached_mql"],
        opportunity_rate=found["reached_deal"] / found["reached_sql"],
        win_rate=found["deals_won"] / (found["deals_won"] + found["deals_lost"]),
        win_rate_created=found["created_won"] / found["deals_created"],
        win_rate_value=found["revenue_won"] / (found["revenue_won"] + found["lost_value"]),
        cpl=found["spend"] / found["leads"],
        cost_per_mql=found["spend"] / found["mqls"],
        cost_per_sql=found["spend"] / found["sqls"],
        cac=found["spend"] / found["customers_new"],
        roas=found["revenue_linked"] / found["spend"],
        ctr=found["clicks"] / found["impressions"],
        cpc=found["spend"] / found["clicks"],
        cpm=1000 * found["spend"] / found["impressions"],
    )


def main() -> None:
    """Print the metrics of the files in the folder that the command line names."""
    leads, deals, ads = tables(Path(sys.argv[1]))
    deals["key"] = deals["lead_id"].fillna(deals["deal_id"])
    rows: list[dict[str, object]] = []
    for by in ([], ["channel"], ["period"], ["channel", "period"]):
        found = grouped(leads, deals, ads, by).reset_index().astype({"period": str} if "period" in by else {})
        rows += json.loads(found.to_json(orient="records", double_precision=15))
    print(json.dumps([{"channel": "all", "period": "all", **row} for row in rows]))


if __name__ == "__main__":
    main()
