"""The days of a report, from the lines above its header or from its file name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from funnelkit.sources.preamble import above, in_name
from tests.reading import column, load, noted, table

DAYS = (date(2026, 2, 5), date(2026, 2, 18))


@pytest.mark.parametrize(
    "lines",
    [
        ["Campaign report", "February 5, 2026 - February 18, 2026"],
        ["Relatório de campanha", "5 de fevereiro de 2026 - 18 de fevereiro de 2026"],
        ["Kampagnenbericht", "5. Februar 2026 – 18. Februar 2026"],
        ["Rapport sur les campagnes", "5 février 2026 - 18 février 2026"],
        [
            "# ----",
            "# Report",
            "# Account: Brume",
            "# Start date: 20260205",
            "# End date: 20260218",
            "# ----",
        ],
        ["# ----", "# Bericht", "# Startdatum: 20260205", "# Enddatum: 20260218"],
        ["# Date de début : 20260205", "# Date de fin : 20260218"],
        ["# Fecha de inicio: 20260205", "# Fecha de finalización: 20260218"],
        ["# Data de início: 20260205", "# Data de término: 20260218"],
        ["# Data di inizio: 20260205", "# Data di fine: 20260218"],
        ["# Begindatum: 20260205", "# Einddatum: 20260218"],
        ["# Brume", "# 20260205-20260218", "# ----"],
        [
            "Campaign Performance Report (in UTC)",
            "Report Start: February 5, 2026, 12:00 AM",
            "Report End: February 18, 2026, 11:59 PM",
            "Date Generated: March 19, 2026, 3:22 PM",
        ],
        [
            "Informe de rendimiento (huso horario de UTC)",
            "Fecha de inicio del informe: 5 de febrero de 2026 0:00",
            "Fecha de finalización del informe: 18 de febrero de 2026 23:59",
            "Fecha de generación: 19 de marzo de 2026 10:04",
        ],
        [
            '"Report Name: Brume"',
            '"Report Time: 2/5/2026,2/18/2026"',
            '"Last Completed Available Day: 3/17/2026 7:20:00 AM (GMT)"',
        ],
        ["Report Time: 2/5/2026 2/18/2026", "Rows: 5"],
        ["Date range: 2026-02-05 to 2026-02-18"],
        ["Report period: 5 Feb 2026 - 18 Feb 2026 "],
    ],
)
def test_the_lines_above_a_header_say_the_days_of_a_report(lines: list[str]) -> None:
    found = above(lines)
    assert found is not None
    assert found.days == DAYS


@pytest.mark.parametrize(
    "lines",
    [
        ["Campaign report", "All time"],
        ["Date Generated: March 19, 2026, 3:22 PM"],
        ["Report Start: February 5, 2026"],
        ["Report Start: February 18, 2026", "Report End: February 5, 2026"],
        ["Exported: 2026-02-05 - 2026-02-18"],
        ["April 23, 2026"],
        [],
    ],
)
def test_other_dates_are_not_taken_for_them(lines: list[str]) -> None:
    assert above(lines) is None


def test_a_date_alone_is_a_report_of_that_day_where_the_tool_is_known() -> None:
    found = above(["Campaign report", "April 23, 2026"], lone=True)
    assert found is not None
    assert found.days == (date(2026, 4, 23), date(2026, 4, 23))
    assert above(["Campaign report", "03/04/2026"], lone=True) is None


def test_numeric_days_keep_both_readings_until_something_settles_them() -> None:
    found = above(["Report Time: 1/3/2026,1/9/2026"])
    assert found is not None
    assert found.days is None
    assert found.under("mdy") == (date(2026, 1, 3), date(2026, 1, 9))
    assert found.under("dmy") == (date(2026, 3, 1), date(2026, 9, 1))
    assert found.under(None) is None


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("Campaigns(2026.02.05-2026.02.18).csv", DAYS),
        ("Brume-Report 7(20260205 to 20260218).xlsx", DAYS),
        ("Brume-Campaigns-Feb-5-2026-Feb-18-2026.csv", DAYS),
        ("Brume-Ads-Fe-5-2026-Fe-18-2026 (1).csv", DAYS),
        ("Brume-Ads-5-Feb-202618-Feb-2026.csv", DAYS),
        ("Analytics Pages 20260205-20260218.xlsx", DAYS),
        ("2026-02-05_2026-02-18.csv", DAYS),
        ("Brume-Ads-Ma-5-2026-Ma-18-2026.csv", None),
        ("hubspot-crm-exports-all-2026-02-10.csv", None),
        ("2026-02-18 2026-02-05.csv", None),
        ("2026-02-05 of 2026-02-18.csv", None),
        ("report1614398336025.csv", None),
        ("campaigns.csv", None),
    ],
)
def test_a_file_name_says_its_days_or_nothing(name: str, days: object) -> None:
    found = in_name(name)
    assert (found.days if found else None) == days


# In a file

OVERVIEW = table(
    "Campaign name,Campaign group name,Campaign status,Cost,Clicks,CTR", "Brume,,Enabled,US$135.81,58,6.68%"
)
AS_SPEND: dict[str, Any] = {"kind": "spend", "columns": {"cost": "Spend", "campaign": "Campaign"}}


def test_a_report_without_days_takes_those_above_its_header() -> None:
    text = "Report Time: 2/5/2026,2/18/2026\n\n" + table("Campaign,Ad group,Spend,Clicks", "A,B,5.25,5")
    loaded = load(text, **AS_SPEND)
    assert (column(loaded, "start"), column(loaded, "end")) == (["2026-02-05"], ["2026-02-18"])


def test_days_that_fit_two_readings_are_told_and_left_open() -> None:
    text = "Report Time: 2/5/2026,2/8/2026\n\n" + table("Campaign,Ad group,Spend,Clicks", "A,B,5.25,5")
    loaded = load(text, **AS_SPEND)
    assert "start" not in loaded.present
    (message,) = noted(loaded, "period_unclear")
    assert "is 2026-05-02 to 2026-08-02, or 2026-02-05 to 2026-02-08" in message
    assert "--date-order dmy or mdy" in message
    settled = load(text, order="mdy", **AS_SPEND)
    assert (column(settled, "start"), column(settled, "end")) == (["2026-02-05"], ["2026-02-08"])


def test_the_days_of_a_report_settle_the_dates_below_them() -> None:
    rows = table("Day,Campaign,Cost", "2/5/2026,A,5.25", "2/7/2026,B,1.50")
    loaded = load("Report Time: 2/5/2026,2/18/2026\n\n" + rows)
    assert column(loaded, "start") == ["2026-02-05", "2026-02-07"]
    assert "since the report is about 2026-02-05 to 2026-02-18" in loaded.decisions[0].evidence


def test_an_overview_card_has_its_days_in_its_name() -> None:
    loaded = load(OVERVIEW, "Campaigns(2026.02.05-2026.02.18).csv")
    assert (column(loaded, "start"), column(loaded, "end")) == (["2026-02-05"], ["2026-02-18"])
    (message,) = noted(load(OVERVIEW, "renamed.csv"), "period_unclear")
    assert "Download it again and keep its name" in message
