"""Linked datasets by hand: small ones written row by row, and the Olist marketing funnel."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from funnelkit.dataset import Dataset

DAY = date(1970, 1, 1).toordinal()
FLAGS: dict[str, dict[str, Any]] = {
    "leads": {"is_paid": 0, "has_deal": 0, "deal_created_at": None, "has_won": 0, "won_at": None},
    "deals": {"status": "open", "is_new": 1, "is_paid": 0, "linked": 0, "lead_created_at": None},
    "customers": {"is_paid": 0, "linked": 1},
    "spend": {"is_paid": 0},
}
"""What linking adds to every row."""
TEXT = frozenset(
    "channel source medium campaign owner country segment product status customer lead_id deal_id".split()
)


def day(text: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return date.fromisoformat(text).toordinal() - DAY


def frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A canonical frame of *rows*; what a row does not name is missing, or as linking sets it."""
    rows = [{**FLAGS.get(table, {}), **row} for row in rows]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(FLAGS.get(table, {}))
    return pd.DataFrame(
        {
            name: pd.array([row.get(name) for row in rows], dtype="str" if name in TEXT else "Int64")
            for name in columns
        }
    )


def dataset(as_of: int | str, **tables: list[dict[str, Any]]) -> Dataset:
    """The dataset of *tables*, whose money and conversions have two decimals."""
    return scaled(as_of, 2, tables)


def scaled(as_of: int | str, scale: int, tables: Mapping[str, list[dict[str, Any]]]) -> Dataset:
    """The dataset of *tables*, whose money and conversions have *scale* decimals."""
    frames = {table: frame(table, rows) for table, rows in tables.items()}
    money = ("amount", "revenue", "cost", "conversion_value", "conversions", "refunded")
    return Dataset(
        frames=frames,
        scales={table: {c: scale for c in money if c in f} for table, f in frames.items()},
        present={table: frozenset(f.columns) for table, f in frames.items()},
        as_of=day(as_of) if isinstance(as_of, str) else as_of,
        currency="EUR",
    )


OLIST = Path(__file__).parents[2] / "shared" / "exports" / "datasets"


def olist(as_of: str = "2018-11-14") -> Dataset:
    """The Olist funnel as it was known on a day: leads by origin, and won deals only."""
    known = day(as_of)
    with (OLIST / "olist_closed_deals_dataset.csv").open(encoding="utf-8", newline="") as file:
        won = {row["mql_id"]: day(row["won_date"][:10]) for row in csv.DictReader(file)}
    won = {lead: when for lead, when in won.items() if when <= known}
    with (OLIST / "olist_marketing_qualified_leads_dataset.csv").open(encoding="utf-8", newline="") as file:
        leads: list[dict[str, Any]] = [
            {
                "lead_id": row["mql_id"],
                "created_at": day(row["first_contact_date"]),
                "channel": row["origin"] or "(blank)",
                "has_deal": int(row["mql_id"] in won),
                "has_won": int(row["mql_id"] in won),
                "won_at": won.get(row["mql_id"]),
            }
            for row in csv.DictReader(file)
        ]
    leads = [lead for lead in leads if lead["created_at"] <= known]
    owners = {lead["lead_id"]: lead for lead in leads}
    deals = [
        {
            "closed_at": when,
            "status": "won",
            "linked": 1,
            "channel": owners[lead]["channel"],
            "lead_created_at": owners[lead]["created_at"],
        }
        for lead, when in won.items()
    ]
    customers = [{"first_won_at": deal["closed_at"], "channel": deal["channel"]} for deal in deals]
    return dataset(known, leads=leads, deals=deals, customers=customers)
