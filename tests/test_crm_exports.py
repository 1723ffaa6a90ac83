"""Exports of CRMs and sheets that people keep themselves: what only shows in a whole file, beside its samples."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from funnelkit.cli.app import run
from funnelkit.errors import SourceError
from funnelkit.figures import number_parts
from funnelkit.sources import vocabulary
from funnelkit.words import currency_code
from tests.reading import aside, book, column, load, noted, saved, sums, table

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPELINE = "Deal Name,Deal Stage,Amount,Create Date,Close Date,Record ID"


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("Vertrag gesendet (Vertriebspipeline)", "open"),
        ("Closed won (Partners)", "won"),
        ("Proposal (lost)", "lost"),
        ("Negócio fechado (Pipeline de vendas)", "won"),
        ("Auftrag erhalten", "won"),
        ("Absage", "lost"),
        ("Signé", "won"),
        ("Refusé", "lost"),
        ("Vendido", "won"),
        ("Akkoord", "won"),
        ("Afgewezen", "lost"),
        ("Descartado", "other"),
        ("Qualified", "unclear"),
        ("Something else (Sales Pipeline)", "unclear"),
    ],
)
def test_a_stage_says_its_outcome_also_before_a_pipeline_in_brackets(stage: str, outcome: str) -> None:
    assert vocabulary.load().words("deals", "stage_outcome", "status").parse(stage) == outcome


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Offen - Nicht kontaktiert", "lead"),
        ("Geschlossen - Konvertiert", "opportunity"),
        ("Geschlossen - Nicht konvertiert", "rejected"),
        ("Chiuso - Non convertito", "rejected"),
        ("Lead commercial qualifié", "sql"),
        ("Lead marketing qualifié", "mql"),
        ("Sales-qualifizierter Lead", "sql"),
        ("Evangelist", "customer"),
        ("Fürsprecher", "customer"),
        ("Other", "lead"),
        ("Bad timing", "lead"),
        ("Kein Interesse", "rejected"),
        ("Qualifiziert", None),
    ],
)
def test_a_lead_has_the_stage_that_its_status_says(word: str, stage: str | None) -> None:
    assert vocabulary.load().words("leads", "status", "status").parse(word) == stage


def test_an_unknown_lifecycle_stage_is_told_also_beside_a_known_status() -> None:
    header = "Record ID,Email,Contact owner,Lifecycle Stage,Lead Status,Create Date"
    found = load(table(header, "1,a@x.example,Ana,Blorb,New,2026-01-05 10:00"))
    assert "'Blorb'" in noted(found, "unknown_words")[0]


def test_a_column_that_only_tells_lost_deals_leaves_the_others_to_the_stage() -> None:
    header = "id,name,expected_revenue,stage_id/id,user_id/id,active,create_date"
    rows = (
        "x1,A,10,crm.stage_lead4,u,True,2026-01-05 10:00:00",
        "x2,B,20,crm.stage_lead1,u,False,2026-01-06 10:00:00",
    )
    found = load(table(header, *rows))
    assert column(found, "status") == ["open", "lost"]
    (note,) = noted(found, "unknown_words")
    assert "'crm.stage_lead4'" in note
    assert "True" not in note, "a record that is not archived says nothing of its outcome"


def test_a_sheet_with_won_and_lost_deals_is_no_list_of_leads() -> None:
    header = "Fecha de creación,Cliente,Importe,Estado,Fecha de cierre,Origen"
    states = ["Ganada", "Perdida", "En manos de Ana", "Llamar en mayo", "Esperando respuesta"]
    rows = (f"2026-01-0{i},Co {i},100,{state},,Web" for i, state in enumerate(states, 1))
    found = load(table(header, *rows))
    assert found.table == "deals"
    assert Counter(column(found, "status")) == {"open": 3, "won": 1, "lost": 1}


LISTS = {
    "tasks": table("Task,Owner,Created,Due,Priority", "Call,Jo,2026-01-05,2026-01-08,High"),
    "tickets": table(
        "Ticket ID,Subject,Status,Created,Owner,Email",
        "1,Login,Open,2026-01-05,Jo,a@a.example",
        "2,Refund,Closed,2026-01-06,Jo,b@b.example",
    ),
    "products": table("SKU,Name,Created at,Price,Owner", "S1,Mug,2026-01-05,10.00,Jo"),
    "users": table("User,Email,Role,Created at", "jo,jo@s.example,admin,2026-01-05"),
    "articles": table("Title,Author,Created,Views", "A,Jo,2026-01-05,100"),
    "stageless": table("Deal,Owner,Amount,Created,Closed", "D1,Jo,1000,2026-01-05,2026-01-25"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_day_of_creation_alone_makes_no_leads(name: str) -> None:
    with pytest.raises(SourceError, match="no export that funnelkit knows") as refused:
        load(LISTS[name])
    assert "leads (a created date, and a source, campaign, stage, lead id" in refused.value.hint
    assert load(LISTS[name], kind="leads").table == "leads"
    header = next(h for h in ("Created", "Created at") if h in LISTS[name].splitlines()[0].split(","))
    assert load(LISTS[name], columns={"created_at": header}).table == "leads"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Name,E-Mail,Firma,Erstellt am", "Ann,a@a.example,A,2026-01-05"),
        ("Name,Email,Phone,Created", "Ann,a@a.example,555 0100,2026-01-05"),
        ("Created,Name,Source", "2026-01-05,Ann,Web"),
        ("Created,Name,Owner,Status", "2026-01-05,Ann,Jo,MQL"),
        ("Lead ID,Created", "1,2026-01-05"),
        ("Lead created,Owner", "2026-01-05,Jo"),
        ("Name,Contact owner,Created", "Ann,Jo,2026-01-05"),
    ],
)
def test_a_list_of_leads_shows_it_by_more_than_a_day(header: str, row: str) -> None:
    assert load(table(header, row)).table == "leads"


def test_a_file_that_is_called_leads_holds_leads() -> None:
    assert load(LISTS["users"], "leads 2026.csv").table == "leads"


def test_what_a_preset_lacks_may_be_told_by_known_words() -> None:
    header = "Deal ID,Deal name,Status,Amount,Created,Closed"
    found = load(table(header, "1,a,Won,100,2026-01-05,2026-01-20", "2,b,Not won,100,2026-01-05,2026-01-20"))
    assert found.export.kind.preset is None
    assert column(found, "status") == ["won", "lost"]


def test_converted_leads_of_a_crm_are_opportunities_and_no_customers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "Lead ID,Lead Owner,Company / Account,Lead Source,Lead Status,Create Date,Converted"
    file = tmp_path / "report.csv"
    file.write_text(
        table(header, "00Q1,Jo,A,Web,Open,1/14/2026,0", "00Q2,Jo,B,Web,Blorb,1/15/2026,1"), "utf-8"
    )
    assert run(["report", str(file), "-f", "json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert (metrics["leads"]["value"], metrics["opportunities"]["value"]) == (2, 1)
    assert metrics["customers_new"]["value"] is None


def test_the_evidence_of_words_says_how_many_more_there_are() -> None:
    stages = ("Won", "Lost", "Proposal", "Signed", "Won ")
    found = load(
        table("Deal ID,Status,Created", *(f"{i},{s},2026-01-05" for i, s in enumerate(stages))), kind="deals"
    )
    (status,) = (d.evidence for d in found.decisions if d.target == "status")
    assert status == "'Won' is won, 'Lost' is lost, 'Proposal' is open, and 1 more"


# What is written in a cell of money


@pytest.mark.parametrize(
    ("cell", "digits", "symbol"),
    [
        ("1.250,-", "1.250,00", ""),
        ("1.250,-- €", "1.250,00", "€"),
        ("12.500.-", "12.500,00", ""),
        ("500.–", "500.00", ""),
        ("CHF 1'250.--", "1'250.00", "CHF"),
        ("500 Euro", "500", "Euro"),
    ],
)
def test_an_amount_may_have_a_dash_for_its_cents_and_a_currency_in_words(
    cell: str, digits: str, symbol: str
) -> None:
    parts = number_parts(cell)
    assert parts is not None
    assert (parts.digits, parts.symbol, parts.negative) == (digits, symbol, False)


@pytest.mark.parametrize("cell", ["1.250,-5", "-", ",-", "1.5 - 2", "12-", "2026.01.-05"])
def test_other_dashes_make_no_amount(cell: str) -> None:
    assert number_parts(cell) is None


def test_a_currency_may_be_written_out() -> None:
    assert [currency_code(t) for t in ("Euro", "US  Dollar", "pound sterling", "Real", "Dollar")] == [
        "EUR",
        "USD",
        "GBP",
        "BRL",
        None,
    ]
    found = load(
        table(f"{PIPELINE},Currency", "A,Closed won,5,2026-01-05 10:00,2026-02-05 10:00,1,Swiss Franc")
    )
    assert column(found, "currency") == ["CHF"]


# Grouped reports


def grouped(*rows: Sequence[object], header: str = "Stage  ↑") -> bytes:
    """A formatted report of opportunities with *rows*, grouped by its first column."""
    names = [header, "Opportunity Name", "Amount", "Close Date", "Opportunity Owner"]
    return saved(book(Report=[["Pipeline"], [], names, *map(list, rows)]))


def test_the_rows_of_a_group_are_in_the_stage_that_its_first_row_names() -> None:
    rows: list[list[object]] = [
        ["Closed Won", "A", 10, "2026-01-05", "Ana"],
        [None, "B", 20, "2026-01-06", "Ana"],
        ["Subtotal", None, 30, None, None],
        ["Closed Lost", "C", 40, "2026-01-07", "Bo"],
    ]
    for header in ("Stage  ↑", "Stage"):
        found = load(grouped(*rows, header=header), "report.xlsx")
        assert column(found, "status") == ["won", "won", "lost"]
        assert (aside(found), str(sums(found)["amount"])) == ({"total": 1}, "70")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            [["Closed Won", "A"], ["Closed Won", "B"], [None, "C"]],
            "each row has its own cell, and one of them is blank",
        ),
        ([[None, "A"], ["Closed Won", "B"], [None, "C"]], "the first row has none"),
    ],
)
def test_a_blank_cell_stays_blank_in_a_report_that_is_only_sorted(rows: list[list[object]], why: str) -> None:
    found = load(grouped(*([*row, 10, "2026-01-05", "Ana"] for row in rows)), "report.xlsx")
    assert column(found, "stage")[2] is None, why


# Refusals and warnings


def test_rows_of_products_are_refused_without_the_id_that_tells_which_belong_together() -> None:
    header = "Opportunity Name,Stage,Amount,Close Date,Product Name,Quantity,Total Price"
    rows = ("A,Closed Won,1000,2026-01-05,Kettle,1,400", "A,Closed Won,1000,2026-01-05,Pot,2,600")
    with pytest.raises(SourceError, match=re.escape("Opportunity ID (a row is one product")):
        load(table(header, *rows))


@pytest.mark.parametrize(("kind", "created"), [("deals", "Created"), ("leads", "Created")])
def test_dates_that_cannot_be_in_the_order_that_was_stated_are_told(kind: str, created: str) -> None:
    header = f"Name,Email,Stage,{created}"
    rows = (
        "A,a@x.example,Won,31/03/2026",
        "B,b@x.example,Won,03/30/2026",
        "C,c@x.example,Won,04/05/2026",
    )
    found = load(table(header, *rows), kind=kind, order="mdy", yields=True)
    (note,) = noted(found, "stated_otherwise")
    assert "1 value such as '31/03/2026' cannot be month first, as stated beforehand" in note
    assert note.endswith("it is read as stated")


def test_a_stated_order_that_all_cells_can_have_needs_no_word() -> None:
    found = load(table("Name,Email,Created", "A,a@x.example,04/05/2026"), kind="leads", order="mdy")
    assert noted(found, "stated_otherwise") == []
    assert column(found, "created_at") == ["2026-04-05"]
