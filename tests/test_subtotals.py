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
