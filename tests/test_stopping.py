"""The as-of day that a user says is the last day that counts, in every table: against sums by hand.

Without this a report of last month divides what was spent since by the leads until then.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from funnelkit import report
from funnelkit.reports import Report

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
TABLES = {
    # One lead a day, and one that says that time went on.
    "leads": "lead_id,created_at\n" + "".join(f"l{n},2026-01-{n:02}\n" for n in range(1, 32)),
    # Ten a day in January but 7 to 20 January, of which 14 days cost 280 in one row.
    "spend": "start,end,cost,impressions,clicks\n"
    + "".join(f"2026-01-{n:02},2026-01-{n:02},10,{1000 + n},{20 + n}\n" for n in (*range(1, 7), *range(21, 32)))
    + "2026-01-07,2026-01-20,280,14000,560\n",
    "emails": "campaign,sent_at,sent\na,2026-01-03,100\nb,2026-01-10,200\nc,2026-01-11,400\n",
    "web": "start,end,sessions\n2026-01-02,2026-01-02,50\n2026-01-08,2026-01-11,80\n2026-01-12,2026-01-12,900\n",
}  # fmt: skip
NAMES = ["spend", "impressions", "cpl", "emails_sent", "sessions", "leads"]


def made(folder: Path, names: list[str] = NAMES, *, spend: str = "", **options: object) -> Report:
    files = []
    for name, text in ({**TABLES, "spend": spend} if spend else TABLES).items():
        (folder / f"{name}.csv").write_text(text)
        files.append(f"{name}={folder / name}.csv")
    return report(files, metrics=names, currency="EUR", no_config=True, **options)


@ENGINES
@pytest.mark.parametrize("period", ["2026-01", "2026-Q1", None])
def test_nothing_after_a_stated_day_counts(tmp_path: Path, engine: str, period: str | None) -> None:
    found = made(tmp_path, period=period, as_of="2026-01-10", engine=engine)
    values = {name: found.metrics[name].value for name in NAMES}
    # Six days at 10, then four of fourteen that cost 280; of the visits of four days three are until the tenth.
    impressions = sum(1000 + n for n in range(1, 7)) + 4 * 1000
    assert values == {
        "spend": 60 + 4 * 20,
        "impressions": impressions,
        "cpl": (60 + 4 * 20) / 10,
        "emails_sent": 100 + 200,
        "sessions": 50 + 80 * 3 // 4,
        "leads": 10,
    }


def test_it_stops_in_every_group_and_every_point_of_a_trend(tmp_path: Path) -> None:
    found = made(tmp_path, ["spend", "sessions"], period="2026-01", as_of="2026-01-10", grain="week")
    assert found.trend is not None
    sums = [sum(point.cells[name].value or 0 for point in found.trend.points) for name in ("spend", "sessions")]  # fmt: skip
    assert sums == [140, 110]


@ENGINES
def test_what_varies_by_day_has_the_same_range_however_the_days_are_asked_for(
    tmp_path: Path, engine: str
) -> None:
    names = ["ctr", "cpc", "cpm"]
    lines = [
        f"2026-{m:02}-{n:02},{10 + n % 3},{1000 + n * m},{20 + n}\n" for m in (1, 2) for n in range(1, 28)
    ]
    spend = "date,cost,impressions,clicks\n" + "".join(lines)
    cut = made(tmp_path, names, spend=spend, as_of="2026-01-25", engine=engine)
    days = made(tmp_path, names, spend=spend, period="2026-01-01..2026-01-25", engine=engine)
    # The files themselves, ending on that day and with leads beyond it: their everything ends with the leads.
    ends = made(tmp_path, names, spend="date,cost,impressions,clicks\n" + "".join(lines[:25]), engine=engine)
    assert {n: ends.metrics[n] for n in names} == {n: days.metrics[n] for n in names}
    # Of February nothing counts where the leads end in January, with or without a stated day.
    unstated = made(tmp_path, names, spend=spend, engine=engine)
    stated = made(tmp_path, names, spend=spend, period="2026-01", engine=engine)
    assert {n: unstated.metrics[n] for n in names} == {n: stated.metrics[n] for n in names}
    for name in names:
        assert cut.metrics[name].interval_type == "days"
        assert cut.metrics[name] == days.metrics[name]
    running = made(tmp_path, names, spend=spend, period="2026-Q1", as_of="2026-01-25", engine=engine)
    assert {n: running.metrics[n] for n in names} == {n: days.metrics[n] for n in names}


def test_what_goes_on_beyond_a_day_that_nobody_stated_counts_and_is_told(tmp_path: Path) -> None:
    late = "campaign,sent_at,sent\na,2026-01-30,100\nb,2026-02-02,200\n"
    (tmp_path / "late.csv").write_text(late)
    (tmp_path / "web.csv").write_text("start,end,sessions\n2026-02-01,2026-02-05,50\n")
    (tmp_path / "leads.csv").write_text(TABLES["leads"])
    files = [f"leads={tmp_path}/leads.csv", f"emails={tmp_path}/late.csv", f"web={tmp_path}/web.csv"]
    found = report(files, metrics=["emails_sent", "sessions", "leads"], period="2026-Q1", no_config=True)
    assert (found.metrics["emails_sent"].value, found.metrics["sessions"].value) == (300, 50)
    (note,) = (n.message for n in found.warnings if n.code == "visits_after_as_of")
    last = date(2026, 1, 31)
    assert note == (
        f"E-mails go on to {last + timedelta(2)}, visits to {last + timedelta(5)} and count, "
        f"but leads and deals are only known to {last}."
    )
    whole = report(files, metrics=["emails_sent", "sessions"], no_config=True)
    assert (whole.metrics["emails_sent"].value, whole.metrics["sessions"].value) == (100, 0)
    assert "what is after 2026-01-31 is left out" in next(
        n.message for n in whole.warnings if n.code == "visits_after_as_of"
    )
