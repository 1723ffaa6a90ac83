"""What columns come to together settles what one column alone leaves open; and contradicts nothing quietly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from tests.reading import csv_text, load, noted, sums, table


def cost(header: str, *rows: str) -> Decimal:
    """The sum of the cost of an export."""
    return sums(load(table(header, *rows)))["cost"]


def test_clicks_times_their_price_settle_the_cost() -> None:
    header = "Day,Campaign,Cost,Clicks,Avg. CPC"
    assert cost(header, "2026-01-02,A,1.250,500,2.50", "2026-01-03,B,2.375,950,2.50") == 3625
    assert cost(header, "2026-01-02,A,1.250,5,0.25", "2026-01-03,B,2.375,10,0.24") == Decimal("3.625")


def test_impressions_times_the_price_of_a_thousand_settle_it_too() -> None:
    header = "Day;Campaign;Cost;Impressions;CPM"
    assert cost(header, "2026-01-02;A;1.250;500.000;2,50", "2026-01-03;B;2.375;950.000;2,50") == 3625
    assert cost(header, "2026-01-02;A;1.250;500;2,50", "2026-01-03;B;2.375;950;2,50") == Decimal("3.625")


def test_the_sum_of_the_rows_settles_it_too() -> None:
    header = "Day,Campaign,Cost,Clicks"
    assert cost(header, "2026-01-02,A,1.255,1", "2026-01-02,B,900,1", "Total,,2.155,2") == 2155


@pytest.mark.parametrize(
    "rows",
    [
        ["2026-01-02,A,1.250,1,1.250"],
        ["2026-01-02,A,1.250,7,9.99"],
        ["2026-01-02,A,1.250,500,0"],
        ["2026-01-02,A,1.250,500,2.50", "2026-01-02,B,1.250,5,0.25"],
    ],
)
def test_where_both_readings_hold_or_none_does_the_cost_is_refused(rows: list[str]) -> None:
    with pytest.raises(SourceError, match="fits two readings"):
        load(table("Day,Campaign,Cost,Clicks,Avg. CPC,", *(f"{row}," for row in rows)))


def test_a_money_column_that_is_not_read_is_a_neighbour_like_the_others() -> None:
    assert (
        cost("Day;Campaign;Cost;Daily budget", "2026-01-02;A;1.250;10,50", "2026-01-02;B;1.375;9,75") == 2625
    )


def test_a_rate_that_is_written_in_another_way_is_none() -> None:
    """LinkedIn writes 0,33 for money and 5.5360625 for a time in one Spanish row."""
    with pytest.raises(SourceError, match="fits two readings"):
        load(table("Day;Campaign;Cost;Dwell time", "2026-01-02;A;1.250;5.5360625"))


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 999)), min_size=1, max_size=8),
    st.sampled_from([".", ","]),
    st.integers(0, 3),
)
def test_a_cost_is_the_one_that_was_written_or_refused(
    rows: list[tuple[int, int]], decimal: str, decimals: int
) -> None:
    """Each row: clicks and the price of a click in cents; the cost in any style, with any number of decimals."""
    group = "," if decimal == "." else "."

    def written(amount: Decimal, places: int) -> str:
        return f"{amount:,.{places}f}".translate(str.maketrans(",.", group + decimal))

    amounts = [
        Decimal(clicks * cents).scaleb(-2).quantize(Decimal(1).scaleb(-decimals)) for clicks, cents in rows
    ]
    lines = [
        ["2026-01-02", "A", written(amount, decimals), str(clicks), written(Decimal(cents).scaleb(-2), 2)]
        for amount, (clicks, cents) in zip(amounts, rows, strict=True)
    ]
    try:
        loaded = load(csv_text([["Day", "Campaign", "Cost", "Clicks", "Avg. CPC"], *lines]))
    except SourceError:
        assert decimals in (0, 3), "one or two decimals prove their sign"
        return
    assert sums(loaded)["cost"] == sum(amounts)


# The total row as a check


def test_a_total_that_differs_is_told_and_nothing_else() -> None:
    loaded = load(
        table(
            "Day,Campaign,Cost,Impressions,Clicks",
            "2026-01-02,A,10.50,500,7",
            "2026-01-03,B,2.25,100,1",
            "Total,,164.11,600,9",
        )
    )
    (message,) = noted(loaded, "total_differs")
    assert message == (
        "export.csv: the total row says Cost 164.11 and the rows 12.75; Clicks 9 and the rows 8. The rows are what "
        "counts: a total may hold what the export leaves out"
    )
    assert sums(loaded)["cost"] == Decimal("12.75")


def test_a_total_that_fits_is_not_worth_a_word() -> None:
    rows = ["2026-01-02,A,10.50,500,7", "2026-01-03,B,2.25,100,1"]
    header = "Day,Campaign,Cost,Impressions,Clicks"
    assert not noted(load(table(header, *rows, "Total,,12.75,600,8")), "total_differs")
    assert not noted(load(table(header, *rows, "Total,,12.76,600,8")), "total_differs"), "rows are rounded"
    assert not noted(
        load(table(header, *rows, "Total,,1.00,2,3", "Total: all,,12.75,600,8")), "total_differs"
    )
    assert not noted(load(table(header, *rows, "Total,,5.00,100,2", "Total,,7.75,500,6")), "total_differs"), (
        "each range of days has its total"
    )
    assert not noted(load(table(header, *rows, "Total,,--,--,--")), "total_differs")
    assert not noted(load(table(header, *rows)), "total_differs")
