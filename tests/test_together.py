"""Several files of one table: nothing counted twice, nothing lost, whatever the order of the files."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.engines import Repeated
from funnelkit.errors import SourceError
from funnelkit.sources.together import put_together
from tests.reading import ENGINE, csv_text, load, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.together import Together

GOOGLE = "Campaign,Campaign type,Impr.,Cost"
DAILY = f"Day,{GOOGLE}"


def joined(*files: Loaded) -> Together:
    """*files* as one table."""
    return put_together(files[0].table, files, ENGINE)


def together(*texts: str, **settings: Any) -> Together:
    """Files ``0.csv``, ``1.csv``, ... as one table."""
    return joined(*(load(text, f"{n}.csv", **settings) for n, text in enumerate(texts)))


def report(range_: str, *rows: str, header: str = GOOGLE) -> str:
    """A campaign report of an ad platform."""
    return table("Campaign report", f'"{range_}"', header, *rows)


def total(found: Together, column: str) -> Decimal:
    """The exact sum of a numeric column."""
    frame = nw.from_native(found.frame, eager_only=True)
    return Decimal(int(frame[column].fill_null(0).sum())).scaleb(-found.scales[column])


def records(found: Together, *columns: str) -> list[tuple[Any, ...]]:
    """The rows in the order of their contents, dates and numbers as integers."""
    frame = nw.from_native(found.frame, eager_only=True).select(*columns)
    return sorted((tuple(None if pd.isna(v) else v for v in row) for row in frame.rows()), key=repr)


# The same id again

OLD = table(
    "Deal ID,Deal Stage,Amount,Create Date,Close Date",
    "1,Proposal,10,2026-01-05,2026-03-01",
    "2,Lost,7,2026-01-06,2026-02-01",
)
NEW = table(
    "Deal ID,Deal Stage,Amount,Create Date,Close Date",
    "1,Won,12.50,2026-01-05,2026-02-20",
    "3,Proposal,3,2026-02-01,",
)
WIDE = table(
    "Deal ID,Deal Stage,Amount,Create Date,Close Date,Owner", "1,Won,12.50,2026-01-05,2026-02-20,Ada"
)


def test_the_row_that_knows_most_stands_for_the_same_id() -> None:
    found = together(OLD, NEW)
    assert total(found, "amount") == Decimal("22.50")
    assert found.repeated == {"0.csv": Repeated(lines=(2,))}
    status = dict(records(found, "deal_id", "status"))
    assert status == {"1": "won", "2": "lost", "3": "open"}


@pytest.mark.parametrize("order", list(permutations([OLD, NEW, WIDE])))
def test_the_order_of_the_files_does_not_matter(order: Sequence[str]) -> None:
    columns = ("deal_id", "status", "amount", "owner", "created_at", "closed_at")
    assert records(together(*order), *columns) == records(together(OLD, NEW, WIDE), *columns)


def test_the_same_id_twice_in_one_file_is_one_entity() -> None:
    found = together(
        table(
            "Lead ID,Email,Created Date",
            "1,a@x.example,2026-01-05",
            "1,,2026-01-05",
            "2,b@x.example,2026-01-06",
        )
    )
    assert len(records(found, "lead_id")) == 2
    assert sum(one.count for one in found.repeated.values()) == 1


def test_rows_without_an_id_are_never_taken_for_the_same() -> None:
    text = table("Lead ID,Email,Created Date", "1,a@x.example,2026-01-05", ",,2026-01-05", ",,2026-01-05")
    found = together(text)
    assert len(records(found, "created_at")) == 3
    (note,) = found.notes
    assert note.code == "equal_rows"
    assert note.message.startswith("leads: 1 row equal")


def test_equal_rows_of_two_files_without_ids_are_counted_and_told() -> None:
    text = table("Email,Created Date,Lead Source", "a@x.example,2026-01-05,Web")
    found = together(text, text)
    assert len(records(found, "email")) == 2
    assert [note.code for note in found.notes] == ["equal_rows"]


# Ad reports


def test_equal_rows_of_two_reports_count_once() -> None:
    first = table(DAILY, "2026-01-05,A,Search,5,1.50", "2026-01-06,A,Search,6,2.50")
    second = table(DAILY, "2026-01-06,A,Search,6,2.500", "2026-01-07,A,Search,7,3.50")
    found = together(first, second)
    assert total(found, "cost") == Decimal("7.5")
    assert found.repeated == {"1.csv": Repeated(lines=(2,))}
    assert total(together(second, first), "cost") == Decimal("7.5")


def test_unequal_figures_of_one_campaign_and_day_are_refused() -> None:
    first, second = table(DAILY, "2026-01-05,A,Search,5,1.50"), table(DAILY, "2026-01-05,A,Search,5,1.60")
    with pytest.raises(
        SourceError, match=r"0\.csv and 1\.csv: both hold 'A' on 2026-01-05, with different figures"
    ) as e:
        together(first, second)
    assert "overlap: last" in e.value.hint
    assert total(together(first, second, overlap="last"), "cost") == Decimal("1.6")
    assert total(together(second, first, overlap="last"), "cost") == Decimal("1.5")


HOME = "Date,Channel,Campaign,Cost"


def test_a_sheet_made_by_hand_that_holds_the_same_cost_is_refused() -> None:
    ads = table(DAILY, "2026-01-05,Brand,Search,5,100.00", "2026-01-06,Brand,Search,6,50.00")
    rows = ["2026-01-05,Google Ads,brand,100", "2026-01-06,Google Ads,brand,50", "2026-01-06,LinkedIn,ABM,30"]
    with pytest.raises(SourceError, match=r"at the same cost, such as '[Bb]rand', 2026-01-05") as e:
        together(ads, table(HOME, *rows))
    assert e.value.code == "overlapping_cost"


def test_costs_that_are_the_same_on_some_days_are_counted_and_told() -> None:
    ads = table(DAILY, "2026-01-05,Brand,Search,5,100.00", "2026-01-06,Brand,Search,6,50.00")
    found = together(ads, table(HOME, "2026-01-05,LinkedIn,Brand,100", "2026-01-06,LinkedIn,Brand,70"))
    assert (total(found, "cost"), [note.code for note in found.notes]) == (Decimal(320), ["same_cost"])
    assert "1 of 2 campaigns and days" in found.notes[0].message


def test_the_same_campaign_at_another_cost_is_another_one() -> None:
    ads = table(DAILY, "2026-01-05,Brand,Search,5,100.00", "2026-01-06,Brand,Search,6,0.00")
    found = together(ads, table(HOME, "2026-01-05,LinkedIn,Brand,80", "2026-01-06,LinkedIn,Brand,0"))
    assert total(found, "cost") == 180
    assert not found.notes


def test_a_campaign_that_both_accounts_have_is_two_campaigns() -> None:
    header = f"Account,{DAILY}"
    found = together(
        table(header, "One,2026-01-05,A,Search,5,1.50"), table(header, "Two,2026-01-05,A,Search,5,1.50")
    )
    assert total(found, "cost") == 3


def test_reports_by_campaign_and_by_ad_group_are_not_added() -> None:
    campaigns = table("Campaign name,Day,Amount spent (EUR),Impressions", "A,2026-01-05,10,5")
    sets = table(
        "Campaign name,Ad set name,Day,Amount spent (EUR),Impressions",
        "A,x,2026-01-05,4,2",
        "A,y,2026-01-05,6,3",
    )
    words = "two reports of one Meta Ads account over the same days, by campaign and by ad group"
    with pytest.raises(SourceError, match=words) as caught:
        together(campaigns, sets)
    assert caught.value.hint == "Leave one out; without 1.csv nothing is lost but detail."
    later = sets.replace("2026-01-05", "2026-01-06")
    assert total(together(campaigns, later), "cost") == 20
    other = sets.replace("A,", "B,")
    assert total(together(campaigns, other), "cost") == 20


def test_reports_of_one_account_at_other_levels_are_not_added() -> None:
    days = "January 1, 2026 - January 31, 2026"
    campaigns = report(days, "A,Search,5,100.00")
    keywords = report(days, "tea,A,5,60.00", header="Keyword,Campaign,Impr.,Cost")
    terms = report(days, "red tea,tea,A,5,40.00", header="Search term,Keyword,Campaign,Impr.,Cost")
    places = report(days, "Oregon,A,5,70.00", header="Location,Campaign,Impr.,Cost")
    for coarse, fine in ((campaigns, keywords), (keywords, terms), (campaigns, terms), (terms, places)):
        for files, left_out in (((coarse, fine), 1), ((fine, coarse), 0)):
            with pytest.raises(SourceError, match="over the same days, by") as caught:
                together(*files)
            assert caught.value.hint == f"Leave one out; without {left_out}.csv nothing is lost but detail."


@pytest.mark.parametrize(
    ("range_", "header", "row"),
    [
        ("January 15, 2026 - February 14, 2026", GOOGLE, "A,Search,5,90.00"),
        ("January 1, 2026 - January 31, 2026", DAILY, "2026-01-05,A,Search,5,90.00"),
        ("January 1, 2026 - February 28, 2026", f"Week,{GOOGLE}", "2026-01-26,A,Search,5,90.00"),
        ("All time", GOOGLE, "A,Search,5,90.00"),
    ],
)
def test_other_spans_of_the_same_days_are_not_added(range_: str, header: str, row: str) -> None:
    january = report("January 1, 2026 - January 31, 2026", "A,Search,5,100.00", "B,Search,1,1.00")
    other = report(range_, row, header=header)
    for order in ((january, other), (other, january)):
        with pytest.raises(
            SourceError, match=r"both hold 'A', for .* and for .*; together they would count"
        ) as caught:
            together(*order)
        assert caught.value.code == "overlapping_days"
        assert caught.value.exit_code == 3
    assert total(together(january, other.replace("A,Search", "C,Search")), "cost") == Decimal(191)


def test_spans_that_touch_or_are_equal_are_fine() -> None:
    january = report("January 1, 2026 - January 31, 2026", "A,Search,5,100.00")
    february = report("February 1, 2026 - February 28, 2026", "A,Search,5,90.00")
    assert total(together(january, february, january), "cost") == 190


def test_costs_without_any_name_in_common_are_different_costs() -> None:
    fees = table("Start date,End date,Cost", "2026-01-01,2026-01-31,500")
    ads = table("Day,Campaign,Cost", "2026-01-05,A,10")
    assert total(together(fees, ads), "cost") == 510


def test_the_same_mailing_or_sessions_twice_count_once() -> None:
    mails = table("Send Date,Campaign,Delivered,Unique Opens", "2026-01-05,A,100,20", "2026-01-06,B,50,5")
    assert total(together(mails, mails), "delivered") == 150
    with pytest.raises(SourceError, match="both hold 'A', with different figures"):
        together(mails, mails.replace("100,20", "100,25"))
    web = table("Date,Source,Medium,Sessions", "2026-01-05,google,cpc,10", "2026-01-05,google,organic,7")
    assert total(together(web, web), "sessions") == 17


def test_the_same_stage_change_twice_is_one() -> None:
    text = table(
        "OpportunityId,StageName,CreatedDate", "1,Won,2026-01-05T10:00:00Z", "2,Won,2026-01-06T10:00:00Z"
    )
    assert len(records(together(text, text), "deal_id", "entered_at")) == 2


# Numbers of different files


def test_decimals_of_all_files_are_kept() -> None:
    found = together(
        table(DAILY, "2026-01-05,A,Search,5,1"), table(DAILY, "2026-01-06,A,Search,5,0.12345678")
    )
    assert total(found, "cost") == Decimal("1.12345678")


def test_float_noise_of_one_file_does_not_overflow_the_large_numbers_of_another() -> None:
    noisy = table("Day,Campaign,Cost", "2026-01-05,A,0.300000000004")
    large = table("Day,Campaign,Cost", *(f"2026-01-{day:02},B,{10**11 + day}.25" for day in range(1, 29)))
    exact = 28 * 10**11 + sum(range(1, 29)) + 7 + Decimal("0.3")
    assert abs(total(together(noisy, large), "cost") - exact) < Decimal("0.001")


def test_columns_that_only_one_file_has_are_missing_in_the_other() -> None:
    found = together(
        table("Day,Campaign,Cost,Clicks", "2026-01-05,A,1.50,3"),
        table("Day,Campaign,Cost", "2026-01-06,A,2.50"),
    )
    assert total(found, "clicks") == 3
    assert records(found, "clicks") == [(None,), (3,)]
    assert found.present >= {"clicks", "cost", "campaign", "start"}


# A file cut in two

ROWS = st.lists(
    st.tuples(st.integers(1, 28), st.sampled_from("ABC"), st.integers(0, 10**6), st.integers(0, 999)),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 12), st.booleans())
def test_a_file_cut_in_two_gives_the_same(
    found: list[tuple[int, str, int, int]], at: int, swap: bool
) -> None:
    lines = [
        f"2026-01-{day:02},{name},Search,{impr},{cents // 100}.{cents % 100:02}"
        for day, name, cents, impr in found
    ]
    whole = together(table(DAILY, *lines))
    parts = [table(DAILY, *part) for part in (lines[:at], lines[at:]) if part]
    cut = together(*(reversed(parts) if swap else parts))
    columns = ("start", "campaign", "cost", "impressions")
    assert total(cut, "cost") == total(whole, "cost") == sum(Decimal(r[2]) for r in found) / 100
    assert cut.scales == whole.scales
    assert records(cut, *columns) == records(whole, *columns)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("12345"), st.sampled_from(["Won", "Lost", "Proposal"]), st.integers(1, 28)),
        min_size=1,
        max_size=10,
    ),
    st.randoms(use_true_random=False),
)
def test_deals_are_the_same_in_any_order_and_in_any_number_of_files(
    found: list[tuple[str, str, int]], random: Any
) -> None:
    header = ["Deal ID", "Deal Stage", "Close Date", "Amount"]
    lines = [[number, stage, f"2026-01-{day:02}", str(day)] for number, stage, day in found]
    one = together(csv_text([header, *lines]))
    random.shuffle(lines)
    at = random.randint(0, len(lines))
    several = together(*(csv_text([header, *part]) for part in (lines[at:], lines[:at]) if part))
    columns = ("deal_id", "status", "closed_at", "amount")
    assert records(several, *columns) == records(one, *columns)
    assert len(records(one, "deal_id")) == len({number for number, _, _ in found})
