"""Of rows that repeat an id, the same one is kept whatever else a report asks for.

Without this the numbers of a company would change with `--by owner`: columns that nobody asks for are not read, and so
cannot say which row is kept.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from funnelkit import render
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from tests.reading import csv_text

LEADS = """\
lead_id,created_at,channel,campaign,owner,country,status
L1,2026-01-05,referral,Autumn,Amy,AT,Qualified
L1,2026-01-05,direct,Winter,Zoe,US,Qualified
L2,2026-01-06,direct,Winter,Zoe,US,New
L2,2026-01-07,direct,Autumn,Amy,AT,New
L3,2026-01-08,direct,Autumn,Amy,AT,New
"""
DEALS = """\
deal_id,lead_id,amount,status,created_at,closed_at,owner,campaign,product
D1,L1,100,won,2026-02-01,2026-03-01,Amy,Autumn,A
D1,L1,100,lost,2026-02-01,2026-03-01,Zoe,Winter,Z
D2,L2,500,lost,2026-02-02,2026-03-02,Zoe,Winter,Z
D2,L2,700,lost,2026-02-02,2026-03-02,Amy,Autumn,A
D3,L3,900,won,2026-02-03,2026-03-03,Zoe,Winter,Z
D3,L3,40,won,2026-02-03,2026-03-04,Amy,Autumn,A
"""


def core(files: list[Path], engine: str, **options: Any) -> dict[str, Any]:
    """Everything that the report of *files* says of all leads and deals together."""
    made = report([str(path) for path in files], Options(engine=engine, no_config=True, **options))
    told = json.loads(render.render(made, "json"))
    return {name: told[name] for name in ("metrics", "funnel", "matching", "unmatched")}


def random_rows(seed: int) -> tuple[str, str]:
    """Leads and deals of which most ids come several times, with other cells each time."""
    chance = random.Random(seed)
    one = chance.choice
    days = [f"2026-0{month}-{day:02}" for month in (1, 2, 3) for day in (1, 15)]
    leads = [
        (f"L{chance.randrange(150)}", one(days), one("direct referral email".split()), one("ABC"), one("XYZ"))
        for _ in range(400)
    ]
    deals = [
        (
            f"D{chance.randrange(80)}",
            f"L{chance.randrange(150)}",
            str(chance.randrange(1, 4) * 100),
            one(("won", "lost")),
            "2026-03-20",
            one(("2026-04-01", "2026-04-02")),
            one("ABC"),
            one("XYZ"),
        )
        for _ in range(200)
    ]
    heads = (
        ("lead_id", "created_at", "channel", "campaign", "owner"),
        (*DEALS.split("\n")[0].split(",")[:-1],),
    )
    return csv_text([heads[0], *leads]), csv_text([heads[1], *deals])


def written(folder: Path, leads: str, deals: str) -> list[Path]:
    paths = [folder / "leads.csv", folder / "deals.csv"]
    for path, text in zip(paths, (leads, deals), strict=True):
        path.write_text(text, "utf-8")
    return paths


@pytest.mark.parametrize("by", [(), ("owner",), ("campaign", "owner"), ("owner", "product")], ids=",".join)
@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_the_row_with_the_later_days_counts_and_then_the_larger_cells(
    by: tuple[str, ...], engine: str, tmp_path: Path
) -> None:
    metrics = core(written(tmp_path, LEADS, DEALS), engine, by=by)["metrics"]
    # Kept are D1 won with 100, D2 lost with 700, and D3 won with 40.
    wanted = {"leads": 3, "deals_won": 2, "deals_lost": 1, "revenue_won": 140, "win_rate_value": 140 / 840}
    assert {name: metrics[name]["value"] for name in wanted} == pytest.approx(wanted)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_the_numbers_are_the_same_whatever_the_breakdown(seed: int, engine: str, tmp_path: Path) -> None:
    files = written(tmp_path, *random_rows(seed))
    alone = core(files, engine)
    assert alone["metrics"]["deals_won"]["value"] > 10
    assert core(files, engine, by=["owner"]) == alone
    assert core(files, engine, by=["campaign"]) == alone
