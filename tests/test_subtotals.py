"""Rows that are sums of others are found by arithmetic: an unknown word for "total" must not double the spend."""

from __future__ import annotations

import pytest

from tests.reading import aside, load, sums, table

SPEND = "Campaign,Ad group,Day,Cost,Clicks"


@pytest.mark.parametrize("label", ["Razem", "All campaigns", "Gesamtergebnis", "合計"])
@pytest.mark.parametrize("last", [True, False])
def test_a_total_under_any_name_is_no_row(label: str, last: bool) -> None:
    rows = ["A,x,2026-01-01,100.50,10", "B,y,2026-01-02,200.00,25", "C,z,2026-01-02,7.00,1"]
    total = f"{label},w,2026-01-02,307.50,36"
    loaded = load(table(SPEND, *([*rows, total] if last else [total, *rows])))
    assert (float(sums(loaded)["cost"]), loaded.used, aside(loaded)) == (307.5, 3, {"total": 1})


@pytest.mark.parametrize(
    "rows",
    [
        ["A,x,2026-01-05,100,10", "B,y,2026-01-06,200,20", "C,z,2026-01-07,300,30"],
        ["A,x,2026-01-05,300,30", "B,y,2026-01-06,200,20", "C,z,2026-01-07,100,10"],
        ["A,x,2026-01-05,100,10", "B,y,2026-01-05,200,20", "A,y,2026-01-05,300,30"],
    ],
)
def test_a_row_with_a_day_or_a_name_like_the_others_is_counted_and_told(rows: list[str]) -> None:
    loaded = load(table(SPEND, *rows))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (600, {})
    assert "possible_total" in [note.code for note in loaded.notes]


def test_totals_without_a_date_are_told_and_no_row_is_taken_for_one() -> None:
    blocks = [",Brand,100,10", ",Brand,50,5", ",Generic,30,3", ",Generic,20,2"]
    days = [f"2026-01-0{5 + n % 2}{row}" for n, row in enumerate(blocks)]
    parts = [*days[:2], ",Brand Result,150,15", *days[2:], ",Generic Result,50,5", ",Overall Result,200,20"]
    loaded = load(table("Date,Campaign,Cost,Clicks", *parts))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (200, {"total": 1, "subtotal": 2})
    assert [note.code for note in loaded.notes] == []


def test_a_row_without_a_date_that_is_no_sum_lacks_its_date() -> None:
    loaded = load(
        table("Date,Campaign,Cost,Clicks", "2026-01-05,A,100,10", "2026-01-06,B,200,20", ",C,250,30")
    )
    assert aside(loaded) == {"missing_value": 1}


@pytest.mark.parametrize(
    "label", ["Zwischensumme", "Sous-total Brand", "SUBTOTALE", "Delsum", "Итого", "小計"]
)
def test_subtotals_by_a_known_word_are_no_rows(label: str) -> None:
    rows = ["A,2026-01-05,100", "A,2026-01-12,50", f"{label},2026-01-12,150", "B,2026-01-05,30"]
    loaded = load(table("Campaign,Week start,Cost", *rows, "Summe,2026-01-12,180"))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (180, {"total": 2})


@pytest.mark.parametrize(("total", "why"), [("180", "counted twice"), ("400", "leaves out")])
def test_a_total_that_differs_says_what_that_may_mean(total: str, why: str) -> None:
    rows = ["A,2026-01-05,100", "A,2026-01-12,50", "Zusammen,2026-01-12,150", "B,2026-01-05,30"]
    loaded = load(table("Campaign,Week start,Cost", *rows, f"Total,,{total}"))
    (note,) = (note for note in loaded.notes if note.code == "total_differs")
    assert why in note.message


def test_campaigns_ad_sets_and_ads_in_one_file_count_once() -> None:
    names = ["R,,", "R,Set A,", "R,Set A,Ad 1", "R,Set A,Ad 2", "R,Set B,", "R,Set B,Ad 1"]
    figures = ["400,40,40.00", "300,30,30.00", "100,10,10.00", "200,20,20.00", "100,10,10.00", "100,10,10.00"]
    rows = [f"{n},2026-01-05,{f},2026-01-05,2026-01-05" for n, f in zip(names, figures, strict=True)]
    header = "Campaign name,Ad set name,Ad name,Day,Impressions,Link clicks,Amount spent (EUR),Reporting starts,Reporting ends"
    loaded = load(table(header, *rows))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (40, {"subtotal": 3})


def test_a_row_that_agrees_in_one_figure_only_is_a_row() -> None:
    loaded = load(table(SPEND, "A,x,2026-01-01,100,10", "B,y,2026-01-02,200,25", "C,z,2026-01-02,300,36"))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (600, {})


def test_subtotals_with_a_blank_lower_name_are_no_rows() -> None:
    rows = ["A,x,2026-01-01,100,10", "A,y,2026-01-01,200,20", "A,,2026-01-01,300,30"]
    loaded = load(table(SPEND, *rows, "B,z,2026-01-01,50,5", "B,,2026-01-01,50,5"))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (350, {"subtotal": 2})


def test_a_blank_name_that_is_no_sum_is_a_row() -> None:
    rows = ["A,x,2026-01-01,100,10", "A,,2026-01-01,300,30", "B,z,2026-01-01,50,5"]
    loaded = load(table(SPEND, *rows))
    assert (float(sums(loaded)["cost"]), aside(loaded)) == (450, {})


def test_a_few_words_of_a_tool_do_not_make_a_list_of_deals_its_export() -> None:
    rows = ["1,A,Won,1200.00,2026-01-01,2026-02-03,Ann", "2,B,Lost,500.00,2026-01-02,2026-02-04,Ann"]
    loaded = load(table("Deal ID,Deal name,Stage,Amount,Created date,Close date,Owner", *rows), "mine.csv")
    assert (loaded.table, float(sums(loaded)["amount"])) == ("deals", 1700)
    assert loaded.export.kind.preset is None
