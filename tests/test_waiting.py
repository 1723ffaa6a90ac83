"""Days from lead to win with the leads that still wait, worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from funnelkit import report
from funnelkit.render import render

LEADS = """lead_id,email,created_at,customer_at
a,a@x.test,2026-01-01,2026-01-03
b,b@x.test,2026-01-01,2026-01-05
c,c@x.test,2026-01-01,
d,d@x.test,2026-01-06,
"""


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_leads_that_wait_make_the_median_longer(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(LEADS)
    names = ["lead_to_won_days_median", "lead_to_won_days_km"]
    made = report([path], metrics=names, as_of="2026-01-10", engine=engine, no_config=True)
    found = json.loads(render(made, "json"))["metrics"]
    assert found["lead_to_won_days_median"]["value"] == 3
    # 4 at risk on day 2, 3 on day 4: 3/4, then 3/4 * 2/3 = 1/2 are left.
    assert found["lead_to_won_days_km"]["value"] == 4
    assert found["lead_to_won_days_km"]["n"] == 4
    early = report([path], metrics=names, as_of="2026-01-04", engine=engine, no_config=True)
    assert early.metrics["lead_to_won_days_km"].reason == "not_reached"
