"""Columns that fill each other row by row, and columns of which all rows must say the same."""

from __future__ import annotations

import pytest

from funnelkit.errors import ConfigError, SourceError
from funnelkit.sources.presetfiles import parse
from tests.reading import SAMPLES, load, rows, table

MEMBERS = "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID"
SEGMENTS = "Segment,Session default channel group,Sessions,Key events"


def created(*lines: str, header: str = MEMBERS) -> list[str | None]:
    """The created dates of Mailchimp's members."""
    return [row.get("created_at") or None for row in rows(load(table(header, *lines), "members.csv"))]


def test_a_blank_cell_is_filled_from_the_second_column_of_its_row() -> None:
    both = "a@x.example,2,2026-01-05 09:00:00,2026-01-06 09:00:00,1"
    first = "b@x.example,2,2026-01-07 09:00:00,,2"
    second = "c@x.example,2,,2026-01-08 09:00:00,3"
    neither = "d@x.example,2,,,4"
    assert created(both, first, second, neither) == ["2026-01-05", "2026-01-07", "2026-01-08", None]


def test_a_column_that_is_blank_from_end_to_end_is_filled_too() -> None:
    assert created("a@x.example,2,,2026-01-08 09:00:00,1") == ["2026-01-08"]
    assert created("a@x.example,2,2026-01-07 09:00:00,,1") == ["2026-01-07"]


def test_the_second_column_alone_is_the_first() -> None:
    header = MEMBERS.replace("OPTIN_TIME,", "")
    assert created("a@x.example,2,2026-01-08 09:00:00,1", header=header) == ["2026-01-08"]


def test_what_fills_a_column_is_told_and_is_no_column_of_its_own() -> None:
    loaded = load(table(MEMBERS, "a@x.example,2,,2026-01-08 09:00:00,1"), "members.csv")
    evidence = {d.target: d.evidence for d in loaded.decisions}
    assert "where it is blank, 'CONFIRM_TIME'" in evidence["created_at"]
    assert {d.target for d in loaded.decisions} == {"email", "created_at", "lead_id"}
    assert loaded.present == {"email", "created_at", "lead_id"}


def test_a_column_that_the_user_names_is_not_filled() -> None:
    lines = ("a@x.example,2,2026-01-07 09:00:00,,1", "b@x.example,2,,2026-01-08 09:00:00,2")
    loaded = load(table(MEMBERS, *lines), "members.csv", columns={"created_at": "OPTIN_TIME"})
    assert [row.get("created_at") or None for row in rows(loaded)] == ["2026-01-07", None]


def test_rows_of_several_segments_overlap_and_are_refused() -> None:
    lines = (",,65,3,Grand total", "All users,Direct,40,2", "Mobile traffic,Direct,25,1")
    words = "its rows are for 'All users' and 'Mobile traffic' \\(column 'Segment'\\), which overlap"
    with pytest.raises(SourceError, match=words) as caught:
        load(table(SEGMENTS, *lines))
    assert caught.value.code == "not_usable"
    assert caught.value.hint.startswith("Take the segments")
    assert load(table(SEGMENTS, lines[0], lines[1], "All users,Referral,25,1")).used == 2


def test_rows_of_several_segments_of_universal_analytics_are_refused() -> None:
    header = "Segment,Default Channel Grouping,Sessions,% New Sessions"
    with pytest.raises(SourceError, match="'All Users' and 'Mobile Traffic'"):
        load(table(header, "All Users,Direct,150,40.00%", "Mobile Traffic,Direct,70,40.00%"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"one_value": {}}, "'one_value' is not a list"),
        ({"one_value": [{"any_of": ["Segment"]}]}, "an entry of 'one_value' has no key 'say'"),
        ({"columns": {"amount": {"from": "Price", "fills": "Value"}}}, "column key 'fills' is unknown"),
    ],
)
def test_a_slip_in_these_keys_is_told(change: dict[str, object], words: str) -> None:
    document = {
        "tool": "Kettle CRM",
        "export": "deals",
        "table": "deals",
        "where": "Deals > Export",
        "match": [["Kettle number"]],
        "columns": {"deal_id": "Kettle number"},
    }
    with pytest.raises(ConfigError, match=words):
        parse("kettle", {**document, **change})


def test_rows_of_one_segment_are_one_however_it_is_padded() -> None:
    text = (SAMPLES / "ga4_acquisition--one_segment.csv").read_text("utf-8")
    padded = text.replace("Mobile traffic,Referral", " Mobile  traffic ,Referral")
    assert padded != text
    assert load(padded).used == load(text).used == 2
