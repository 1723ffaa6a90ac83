"""Stages in columns: HubSpot's deals have a day for each stage, which are their stage history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import funnelkit
from funnelkit.pipeline.cycling import cycle
from funnelkit.pipeline.options import Options
from funnelkit.render import study as studies
from funnelkit.sources import stageheaders
from tests.reading import csv_text

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
STAGES = ("Appointment scheduled", "Contract sent", "Closed won", "Closed lost")
HEADER = ("Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Create Date", "Close Date")
# In Appointment scheduled were 1 for 10 days, 2 for 30, 3 for 20, and 4 is since 19 days; in Contract sent 1 was for 20.
DEALS = (
    ("1", "A", "Closed won", "Sales Pipeline", "100", "2026-01-02 09:00", "2026-02-01 10:00",
     "2026-01-02 09:00", "2026-01-12 09:00", "2026-02-01 10:00", ""),
    ("2", "B", "Closed lost", "Sales Pipeline", "200", "2026-01-03 09:00", "2026-02-02 10:00",
     "2026-01-03 09:00", "", "", "2026-02-02 10:00"),
    ("3", "C", "Contract sent", "Sales Pipeline", "400", "2026-01-05 09:00", "2026-04-01 10:00",
     "2026-01-05 09:00", "2026-01-25 10:00", "", ""),
    ("4", "D", "Appointment scheduled", "Sales Pipeline", "800", "2026-02-10 09:00", "2026-05-01 10:00",
     "2026-02-10 09:00", "", "", ""),
)  # fmt: skip


def deals(
    folder: Path, form: str = 'Date entered "{} (Sales Pipeline)"', rows: Any = DEALS, header: Any = HEADER
) -> str:
    """The path of an export with a column in this *form* for each stage."""
    path = folder / "deals.csv"
    path.write_text(csv_text([(*header, *map(form.format, STAGES)), *rows]), encoding="utf-8")
    return str(path)


def stages(file: str, **options: Any) -> dict[str, list[Any]]:
    """Of each stage who entered, moved on, was lost and is still in it, and the median of those who left."""
    made = cycle([file], Options(no_config=True, as_of="2026-03-01", **options), stages="sum")
    tables = {table["id"]: table["rows"] for table in json.loads(studies.render(made, "json"))["tables"]}
    columns = ("entered", "on", "lost", "still", "median")
    return {row["stage"]: [row[c]["value"] for c in columns] for row in tables["stages"]}


@ENGINES
def test_the_days_of_stages_are_a_history(tmp_path: Path, engine: str) -> None:
    assert stages(deals(tmp_path), engine=engine) == {
        "Appointment scheduled": [4, 2, 1, 1, 20],
        "Contract sent": [2, 1, 0, 1, 20],
    }


@ENGINES
def test_the_pipeline_is_weighed_by_it(tmp_path: Path, engine: str) -> None:
    """Of Appointment scheduled 1 of 2 was won, of Contract sent 1 of 1: 800 / 2 + 400."""
    file = deals(tmp_path)
    made = funnelkit.report(
        [file], metrics=["pipeline_weighted"], engine=engine, currency="EUR", no_config=True
    )
    assert made.metrics["pipeline_weighted"].value == 800
    assert [(s.table, s.rows, s.used) for s in made.sources] == [("deals", 4, 4), ("stage_history", 8, 8)]
    (said,) = (note.message for note in made.warnings if note.code == "stages_in_columns")
    assert "Appointment scheduled (Sales Pipeline), Contract sent (Sales Pipeline)" in said


def test_spark_tells_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    file = deals(tmp_path)
    assert stages(file, engine="spark") == stages(file)


def test_kept_tables_and_a_pinned_file_give_the_same_history(tmp_path: Path) -> None:
    file = deals(tmp_path)
    funnelkit.keep([file], tmp_path / "kept")
    assert stages(str(tmp_path / "kept")) == stages(file)
    config = tmp_path / "funnelkit.yaml"
    columns = {
        "deal_id": "Record ID",
        "stage": "Deal Stage",
        "created_at": "Create Date",
        "closed_at": "Close Date",
    }
    config.write_text(json.dumps({"sources": [{"path": file, "preset": "hubspot_deals", "pinned": True, "columns": columns, "unused": ["Deal Name", "Pipeline", "Amount"]}]}))  # fmt: skip
    pinned = Options(config=str(config), as_of="2026-03-01")
    made = cycle([file], pinned, stages="sum")
    assert made.sentences[0] == "4 deals with a stage history, 2 of them in one of 2 stages now."
    assert "new_columns" not in {note.code for note in made.warnings}


def test_stages_are_called_as_the_deals_call_them(tmp_path: Path) -> None:
    told = [(*row[:2], f"{row[2]} (Sales Pipeline)", *row[3:]) for row in DEALS]
    assert list(stages(deals(tmp_path, rows=told))) == [
        "Appointment scheduled (Sales Pipeline)",
        "Contract sent (Sales Pipeline)",
    ]
    internal = list(stages(deals(tmp_path, form="hs_v2_date_entered_{}")))
    assert internal == ["Appointment scheduled", "Contract sent"]


def test_a_stage_of_another_pipeline_is_told_with_its_pipeline(tmp_path: Path) -> None:
    moved = [(*row[:3], "Partners" if row[0] == "4" else row[3], *row[4:]) for row in DEALS]
    found = stages(deals(tmp_path, rows=moved))
    assert {name: row[0] for name, row in found.items()} == {
        "Appointment scheduled": 3,
        "Contract sent": 2,
        "Appointment scheduled (Sales Pipeline)": 1,
    }


def test_headers_that_name_no_stage_are_none() -> None:
    header = [
        "Date entered",
        'Date exited "Offer (Sales)"',
        'Date entered "Offer (Sales)"',
        'Date entered "Offer (Sales)" (2)',
    ]
    assert stageheaders.columns(header) == {"stage_entered_1": 'Date entered "Offer (Sales)"'}


def test_contacts_keep_their_days_of_stages(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    head = '"Record ID","Email","Lifecycle Stage","Create Date","Original Traffic Source","Date entered ""Marketing Qualified Lead (Lifecycle Stage Pipeline)"""'
    path.write_text(
        f'{head}\n"1","a@x.example","marketingqualifiedlead","2026-01-02","Direct","2026-01-09 10:00"\n'
    )
    loaded = funnelkit.load([str(path)])
    assert list(loaded) == ["leads"]
    assert [str(day.date()) for day in loaded["leads"]["mql_at"]] == ["2026-01-09"]
