"""A time of day is kept beside the day, to the second and in one zone, however an engine came by it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit import bulk
from funnelkit.instants import InstantStyle, begin
from funnelkit.pipeline.loading import read
from funnelkit.pipeline.options import Options
from funnelkit.styles import DateStyle

PLAIN = InstantStyle(of=DateStyle())
NEW_YORK = InstantStyle(of=DateStyle(zone="America/New_York"))
STAMPS = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)).map(lambda t: t.replace(microsecond=0))


@given(STAMPS, st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+00:00"]))
def test_a_stamp_is_the_second_that_it_says(stamp: datetime, form: str) -> None:
    assert PLAIN.parse(stamp.strftime(form)) == int(stamp.replace(tzinfo=UTC).timestamp())


@given(STAMPS)
def test_a_stamp_of_a_zone_is_of_that_zone(stamp: datetime) -> None:
    expected = int(stamp.replace(tzinfo=ZoneInfo("America/New_York")).timestamp())
    assert NEW_YORK.parse(f"{stamp:%Y-%m-%d %H:%M:%S}") == expected


CELLS = [
    "2026-01-05 10:15",
    "2026-01-05T10:15:30",
    "2026-01-05",
    "",
    "n/a",
    "2026-02-30 10:00",
    "2026-01-05 24:00",
]
ODD = ["2026-01-05 10:15 ", "5 Jan 2026 10:15", "2026-01-05 10:15+02:00", "2026-01-05 10:15:00 PM", "soon"]


@pytest.mark.parametrize("style", [PLAIN, NEW_YORK])
@given(st.lists(st.sampled_from([*CELLS, *ODD])))
def test_all_cells_at_once_are_read_as_one_by_one(style: InstantStyle, cells: list[str]) -> None:
    assert bulk.parse(style, cells) == [style.parse(cell) for cell in cells]


@pytest.mark.parametrize("cells", [CELLS, [*CELLS, *ODD]])
def test_engines_keep_the_same_instants(tmp_path: Path, cells: list[str]) -> None:
    rows = [f"L{i},2026-01-05 09:00:0{i % 10},{cell}" for i, cell in enumerate(cells * 3)]
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(["lead_id,created_at,first_response_at", *rows]) + "\n", "utf-8")
    found = {}
    for engine in ("pandas", "duckdb"):
        with read([f"leads={path}"], Options(engine=engine, no_config=True)) as done:
            frame = done.engine.in_memory(done.together["leads"].frame).sort_values("source_row")
            columns = frame[["created_instant", "first_response_instant", "first_response_at"]]
            found[engine] = columns.astype("Int64").to_numpy(na_value=-1).tolist()
    assert found["pandas"] == found["duckdb"]
    assert found["pandas"][0][:2] == [
        begin(20458, "UTC") + 9 * 3600,
        begin(20458, "UTC") + 10 * 3600 + 15 * 60,
    ]
    assert found["pandas"][2] == [begin(20458, "UTC") + 9 * 3600 + 2, -1, 20458]


def test_days_begin_where_the_clock_says_so() -> None:
    assert begin(20542, "Europe/Berlin") - begin(20541, "Europe/Berlin") == 23 * 3600
