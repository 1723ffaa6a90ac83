"""Reports of ads that say their days, totals and headers in unusual ways: read rightly, or told."""

from __future__ import annotations

import pytest

from funnelkit.errors import SourceError
from funnelkit.sources.preamble import above, in_name
from tests.reading import load, rows, sums, table

CAMPAIGNS = "Campaign,Start,End,Spend"


def codes(text: str, file: str = "export.csv") -> list[str]:
    """The codes of what is told of a file."""
    return [note.code for note in load(text, file).notes]


def spend(*amounts: str) -> str:
    """A file with one amount for each of some campaigns of the same days."""
    return table(CAMPAIGNS, *(f"C{i},2026-01-01,2026-01-31,{amount}" for i, amount in enumerate(amounts)))


# A total that is not called one, in a file with one figure


@pytest.mark.parametrize(
    "amounts", [("10.00", "20.50", "30.00", "60.50"), ("60.50", "10.00", "20.50", "30.00")]
)
def test_a_single_figure_that_is_the_sum_of_all_others_is_told_and_counted(amounts: tuple[str, ...]) -> None:
    found = load(spend(*amounts))
    told = [note.message for note in found.notes if note.code == "possible_total"]
    line = 2 + amounts.index("60.50")
    assert len(told) == 1
    assert f"line {line}: cost 60.50 is the sum of all other rows" in told[0]
    assert (found.used, str(sums(found)["cost"])) == (4, "121.00")


@pytest.mark.parametrize(
    "amounts",
    [
        ("10.00", "20.50", "30.50"),  # of two amounts one may easily add up to the third
        ("10.00", "0.00", "20.50", "30.50"),  # nothing is no third amount
        ("10.00", "60.50", "20.50", "30.00"),  # a total stands first or last
        ("10.00", "20.50", "30.00", "60.51"),
    ],
)
def test_other_amounts_are_not_suspected(amounts: tuple[str, ...]) -> None:
    assert "possible_total" not in codes(spend(*amounts))


# Months beside the year that they are in


def test_a_year_beside_its_months_is_refused_by_its_own_name() -> None:
    text = table(
        "Month,Campaign,Cost,Clicks", "2025-01,Brand,10.00,5", "2025-02,Brand,20.00,6", "2025,Brand,30.00,11"
    )
    with pytest.raises(SourceError, match=r"\(start\): '2025' beside '2025-01'") as refused:
        load(text)
    assert "Take the rows with '2025' out of the file" in (refused.value.hint or "")


# A report that nobody knows


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Ziffer,Cost of media,Impressions served,Clicks total", "spend"),
        ("Segmento,Impressioni servite,Clic unici,% del totale", "spend"),
        ("Ziffer,Menge,Farbe,Bemerkung", "leads"),
    ],
)
def test_the_way_out_of_an_unknown_file_is_of_its_kind(header: str, kind: str) -> None:
    with pytest.raises(SourceError) as refused:
        load(table(header, "a,1,2,3", "b,4,5,6"), "report.csv")
    assert f"({kind}=report.csv)" in (refused.value.hint or "")
    assert f"table: {kind}" in (refused.value.hint or "")


# Days


def test_rows_that_begin_with_the_report_and_have_no_end_may_be_for_all_of_it_which_is_told() -> None:
    header = "Start Date (in UTC),Campaign Name,Total Spent,Impressions,Clicks"
    above_it = '"Report Start: October 1, 2025, 12:00 AM"\n"Report End: October 29, 2025, 11:59 PM"\n\n'
    whole = load(above_it + table(header, "10/1/2025,A,10.00,100,1", "10/1/2025,B,20.00,200,2"))
    days = load(above_it + table(header, "10/1/2025,A,10.00,100,1", "10/2/2025,A,20.00,200,2"))
    assert {(row["start"], row["end"]) for row in rows(whole)} == {("2025-10-01", "2025-10-01")}
    assert "undivided_period" in [note.code for note in whole.notes]
    assert [(row["start"], row["end"]) for row in rows(days)] == [("2025-10-01",) * 2, ("2025-10-02",) * 2]
    assert "undivided_period" not in [note.code for note in days.notes]


def test_dates_that_fit_both_orders_are_the_months_of_a_report_by_month() -> None:
    header = "Date de début (en UTC),Nom de la campagne,Total dépensé,Impressions,Clics"
    above_it = "Début du rapport : 1 janvier 2025\nFin du rapport : 31 mars 2025\n\n"
    found = load(
        above_it + table(header, "01/01/2025,A,1.00,1,1", "01/02/2025,A,2.00,2,2", "01/03/2025,A,4.00,3,3")
    )
    assert [(r["start"], r["end"]) for r in rows(found)] == [
        ("2025-01-01", "2025-01-31"),
        ("2025-02-01", "2025-02-28"),
        ("2025-03-01", "2025-03-31"),
    ]
    with pytest.raises(SourceError, match="fits two readings"):
        load(above_it + table(header, "01/02/2025,A,1.00,1,1", "02/03/2025,A,2.00,2,2"))


def test_a_range_with_points_puts_the_day_first() -> None:
    said = above(["Berichtszeit: 01.06.2026,05.06.2026"])
    assert said
    assert said.days
    assert [day.isoformat() for day in said.days] == ["2026-06-01", "2026-06-05"]


def test_the_days_in_a_name_are_not_those_that_it_is_compared_with() -> None:
    said = in_name("Biggest_changes(2025.10.26-2025.10.27_compared_to_2025.10.19-2025.10.20).csv")
    assert said
    assert said.days
    assert [day.isoformat() for day in said.days] == ["2025-10-26", "2025-10-27"]


def test_a_preset_finds_common_columns_under_the_words_of_other_languages() -> None:
    header = "Semana,Nombre de la campaña,Código de moneda,Impresiones,Clics,Gasto,ReturnOnAdSpend"
    found = load(table(header, "2026-03-02,Marca,MXN,100,5,10.50,2.1"))
    assert found.export.kind.preset_name == "microsoft_ads"
    assert [(r["start"], r["end"], r["campaign"], r["currency"]) for r in rows(found)] == [
        ("2026-03-02", "2026-03-08", "Marca", "MXN")
    ]
