"""Stages of deals: a history counted by hand, a real one by SQL, and what must hold of any."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import funnelkit
from funnelkit import render, stageorder
from funnelkit.errors import SourceError, UsageError
from funnelkit.metrics import chances, stays
from funnelkit.pipeline.cycling import cycle
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from funnelkit.pipeline.working import worked
from funnelkit.render import study as studies
from funnelkit.reports import Report
from funnelkit.stageorder import Place, in_order
from tests.linked import link

AS_OF = "2026-03-31"
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
SALESFORCE = Path(__file__).parents[2] / "shared" / "exports" / "salesforce"

DEALS = """Deal ID,Owner,Created,Closed,Status,Amount,Stage,Probability
A,X,2026-01-01,2026-02-10,won,2000,Won,100%
B,Y,2026-01-05,2026-02-04,lost,900,Lost,0%
C,X,2026-02-01,,open,1000.10,Offer,60%
D,Y,2026-01-10,,open,500.05,Demo,30%
E,X,2026-03-01,,open,300,Lead In,10%
F,Y,2026-02-01,2026-03-03,won,700,Won,100%
"""
HISTORY = """Deal ID,Stage,Entered At
A,Lead In,2026-01-01
A,Demo,2026-01-11
A,Offer,2026-01-21
A,Won,2026-02-10
B,Lead In,2026-01-05
B,Demo,2026-01-25
B,Lost,2026-02-04
C,Offer,2026-02-21
C,Lead In,2026-02-01
D,Lead In,2026-01-10
D,Demo,2026-01-15
D,Lead In,2026-01-25
D,Demo,2026-02-01
E,Lead In,2026-03-01
E,Lead In,2026-03-10
F,Lead In,2026-02-01
Z,Lead In,2026-02-02
"""
"""C skipped Demo, F came from Lead In to be won, D went back once; E's second row is no new stay; Z is of no deal."""
WEIGHED = 1450.125
"""1000.10 in Offer, from which the one deal that is decided was won; half of 500.05 in Demo; 2/3 of 300 in Lead In."""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return written(tmp_path, deals=DEALS, history=HISTORY)


def written(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return [str(folder / f"{name}.csv") for name in texts]


def stages(files: list[str], way: str = "sum", **options: Any) -> dict[str, list[dict[str, Any]]]:
    """The tables of the study of stages, by id."""
    asked: dict[str, Any] = {"as_of": AS_OF, "currency": "EUR", "no_config": True, **options}
    made = json.loads(studies.render(cycle(files, Options(**asked), stages=way), "json"))
    return {table["id"]: table["rows"] for table in made["tables"]}


def numbers(rows: list[dict[str, Any]], *columns: str) -> dict[str, list[Any]]:
    """The values of some columns, by stage."""
    return {row["stage"]: [row[column]["value"] for column in columns] for row in rows}


def pipeline(files: list[str], **options: Any) -> Report:
    asked: dict[str, Any] = {"as_of": AS_OF, "currency": "EUR", "no_config": True, **options}
    return report(files, Options(metrics=["pipeline_open", "pipeline_weighted"], **asked))


def notes(made: Report) -> dict[str, str]:
    return {note.code: note.message for note in made.warnings}


@ENGINES
def test_days_in_stages_by_hand(files: list[str], engine: str) -> None:
    """Lead In: 10 (A), 20 (B), 20 (C), 5 + 7 (D), 30 (F), and 30 so far (E).

    Demo: 10 (A), 10 (B), 10 + 58 so far (D). Offer: 20 (A), 38 so far (C).
    """
    rows = stages(files, engine=engine)["stages"]
    assert [row["stage"] for row in rows] == ["Lead In", "Demo", "Offer"]
    assert numbers(rows, "entered", "skipped", "again", "on", "back", "lost", "still") == {
        "Lead In": [6, 0, 1, 5, 0, 0, 1],
        "Demo": [3, 2, 1, 1, 0, 1, 1],
        "Offer": [2, 1, 0, 1, 0, 0, 1],
    }
    # Of 10, 12, 20, 20, 30 the middle one; Kaplan-Meier of Lead In is 5/6, 4/6, 2/6 at 10, 12 and 20 days.
    assert numbers(rows, "median", "km") == {"Lead In": [20, 20], "Demo": [10, 10], "Offer": [20, 20]}
    assert {row["stage"]: row["km"]["n"] for row in rows} == {"Lead In": 6, "Demo": 3, "Offer": 2}
    assert {row["stage"]: row["median"]["n"] for row in rows} == {"Lead In": 5, "Demo": 2, "Offer": 1}


SPELT = """Deal ID,Pipeline,Created,Closed,Status,Amount,Stage
A,New,2026-01-01,2026-02-01,Won,100,Closed Won
B,new,2026-01-01,,Open,200,PROPOSAL
C,New,2026-01-01,2026-02-11,Lost,400,Closed Lost
D,New,2026-01-01,,Open,800,negotiation
"""
SPELT_HISTORY = """Deal ID,Stage,Entered At
A,Proposal,2026-01-05
A,Closed Won,2026-02-01
B,PROPOSAL,2026-01-09
C,"proposal ",2026-01-06
C,Negotiation,2026-01-10
C,Closed Lost,2026-02-11
D,Proposal,2026-01-02
D,Negotiation,2026-01-12
"""


@ENGINES
def test_stages_that_differ_in_capitals_and_blanks_are_one(tmp_path: Path, engine: str) -> None:
    """In Proposal for 27 (A), 4 (C) and 10 days (D), and B is in it; in Negotiation for 32 (C), and D is in it."""
    files = written(tmp_path, deals=SPELT, history=SPELT_HISTORY)
    found = stages(files, engine=engine, as_of="2026-03-01")
    assert "pipeline" not in found["stages"][0]
    assert numbers(found["stages"], "entered", "on", "still", "median") == {
        "Proposal": [4, 3, 1, 10],
        "Negotiation": [2, 0, 1, 32],
    }
    # A was won from Proposal and never in Negotiation, which it passed.
    assert numbers(found["chances"], "entered", "won", "lost", "reached", "passed") == {
        "Proposal": [4, 1, 1, 4, 0.5],
        "Negotiation": [2, 0, 1, 3, 0.5],
    }

    made = pipeline(files, engine=engine, as_of="2026-03-01")
    assert (made.metrics["pipeline_open"].value, made.metrics["pipeline_weighted"].value) == (1000, 100)
    told = notes(made)
    assert "Proposal ('PROPOSAL' 2, 'Proposal' 2, 'proposal' 1)" in told["stage_spellings"]
    assert "Negotiation ('Negotiation' 2, 'negotiation' 1)" in told["stage_spellings"]
    assert "New ('New' 3, 'new' 1)" in told["pipeline_spellings"]
    assert "stage_spellings" not in notes(
        pipeline(written(tmp_path, deals=DEALS, history=HISTORY), engine=engine)
    )


def test_a_measure_of_ones_own_takes_a_stage_in_any_spelling(tmp_path: Path) -> None:
    (file,) = written(tmp_path, deals=SPELT.replace("negotiation", "  proposal"))
    config = tmp_path / "funnelkit.yaml"
    config.write_text(
        "measures: {offers: {table: deals, count: true, where: {stage: Proposal}}}\n"
        "metrics: {offers_made: {label: Offers, formula: offers, unit: count}}\n"
    )
    made = report([file], Options(config=str(config), metrics=["offers_made"]))
    assert made.metrics["offers_made"].value == 2


@ENGINES
def test_every_deal_with_a_history_is_counted_whatever_its_pipeline(tmp_path: Path, engine: str) -> None:
    """A and B stay in stages of two pipelines; of C the history tells nothing but that it was lost."""
    deals = "Deal ID,Pipeline,Created,Closed,Status\nA,P1,2026-01-01,,open\nB,P2,2026-01-01,,open\nC,P1,2026-01-01,2026-01-09,lost\n"
    history = "Deal ID,Stage,Entered At\nA,Demo,2026-01-01\nB,Offer,2026-01-02\nC,Closed Lost,2026-01-09\n"
    files = written(tmp_path, deals=deals, history=history)
    made = cycle(files, Options(as_of=AS_OF, no_config=True, engine=engine), stages="sum")
    assert made.sentences[0] == "3 deals with a stage history, 2 of them in one of 2 stages now."
    (said,) = (note.message for note in made.warnings if note.code == "stageless")
    assert said.startswith("Deals of which the history tells the outcome alone: 1.")


def test_python_asks_for_stages_as_the_command_does(files: list[str]) -> None:
    asked: dict[str, Any] = {"as_of": AS_OF, "no_config": True}
    for way in ("sum", "first"):
        found = funnelkit.cycle(files, stages=True, reentries=way, **asked)
        assert found == cycle(files, Options(**asked), stages=way)
    with pytest.raises(UsageError, match="there is no such way"):
        funnelkit.cycle(files, stages=True, reentries="last", **asked)


def test_a_history_without_days_is_refused(tmp_path: Path) -> None:
    files = written(tmp_path, deals=DEALS, history="Deal ID,Stage,When it was\nA,Demo,2026-01-11\n")
    with pytest.raises(SourceError, match="none of its columns is known as the day on which it was entered"):
        stages([files[0], f"stage_history={files[1]}"])


@ENGINES
def test_of_re_entries_the_first_stay_alone(files: list[str], engine: str) -> None:
    """Lead In then has 5 of D in place of 12, and Demo 10 that have ended in place of 68 that have not."""
    rows = stages(files, "first", engine=engine, by=["owner"])
    assert {row["stage"]: row["median"]["n"] for row in rows["stages"]} == {
        "Lead In": 5,
        "Demo": 3,
        "Offer": 1,
    }
    found = {(row["owner"], row["stage"]): row["median"]["value"] for row in rows["stages_by"]}
    # Y: B 20, D 5, F 30; X: A 10, C 20.
    assert found["Y", "Lead In"] == 20
    assert found["X", "Lead In"] == 15
    summed = stages(files, engine=engine, by=["owner"])["stages_by"]
    assert {(r["owner"], r["stage"]): r["entered"]["value"] for r in summed}["Y", "Demo"] == 2


@ENGINES
def test_what_becomes_of_deals_from_each_stage_by_hand(files: list[str], engine: str) -> None:
    """From Lead In by Aalen and Johansen, of 6: F is won and B lost after 30 days, E then seen no longer.

    Of the 3 left A is won after 40. Won 1/6 + 4/6 * 1/3 = 7/18, lost 1/6 = 3/18, which makes 7 of 10. F, won from
    Lead In, was never in Demo or Offer, and C never in Demo: they have passed them.
    """
    rows = stages(files, engine=engine)["chances"]
    assert numbers(rows, "entered", "won", "lost", "open") == {
        "Lead In": [6, 2, 1, 3],
        "Demo": [3, 1, 1, 1],
        "Offer": [2, 1, 0, 1],
    }
    assert numbers(rows, "rate") == {"Lead In": [pytest.approx(2 / 3)], "Demo": [0.5], "Offer": [1]}
    assert numbers(rows, "mature")["Lead In"] == [pytest.approx(0.7)]
    assert numbers(rows, "reached", "passed") == {
        "Lead In": [6, pytest.approx(2 / 3)],
        "Demo": [5, pytest.approx(2 / 3)],
        "Offer": [3, 1],
    }


@ENGINES
def test_a_deal_that_jumped_a_stage_is_no_chance_of_those_in_it(tmp_path: Path, engine: str) -> None:
    """Nine of ten winners jumped Legal, and as many losers; of the two that were in it one was won.

    Of those that reached or passed it ten were won and one lost.
    """
    deals = "Deal ID,Created,Closed,Status,Amount\n1,2026-01-01,2026-02-01,won,1\n2,2026-01-01,2026-02-01,lost,1\n"
    history = "Deal ID,Stage,Entered At\n1,Demo,2026-01-01\n1,Legal,2026-01-09\n2,Demo,2026-01-01\n2,Legal,2026-01-09\n"
    for n in range(3, 12):
        deals += f"{n},2026-01-01,2026-02-01,won,1\n1{n:02},2026-01-01,2026-02-01,lost,1\n"
        history += f"{n},Demo,2026-01-01\n1{n:02},Demo,2026-01-01\n"
    deals += "200,2026-01-01,,open,1000\n"
    history += "200,Demo,2026-01-01\n200,Legal,2026-02-01\n"
    files = written(tmp_path, deals=deals, history=history)
    assert pipeline(files, engine=engine).metrics["pipeline_weighted"].value == 500
    rows = stages(files, engine=engine)["chances"]
    assert numbers(rows, "rate", "reached", "passed")["Legal"] == [0.5, 12, pytest.approx(10 / 11)]


@ENGINES
def test_the_pipeline_weighed_by_hand(files: list[str], engine: str) -> None:
    """1000.10 in Offer times 1, 500.05 in Demo times 1/2 and 300 in Lead In times 2/3."""
    made = pipeline(files, engine=engine, by=["owner"])
    assert made.metrics["pipeline_open"].value == 1800.15
    assert made.metrics["pipeline_weighted"].value == WEIGHED
    assert made.metrics["pipeline_weighted"].method == "own history"
    assert made.breakdown is not None
    found = {row.key[0]: row.cells["pipeline_weighted"].value for row in made.breakdown.rows}
    assert found == {"X": 1200.1, "Y": 250.025}
    # Y has a deal in Demo, X those in Lead In and Offer; of the deals that were in Offer one was decided.
    assert {row.key[0]: row.cells["pipeline_weighted"].n for row in made.breakdown.rows} == {"X": 1, "Y": 2}
    assert made.metrics["pipeline_weighted"].n == 1
    assert (
        "Lead In ≈66.7 % (n 3), Demo ≈50.0 % (n 2), Offer ≈100.0 % (n 1)." in notes(made)["pipeline_chances"]
    )
    assert "≈ rests on fewer than 30 deals won or lost." in notes(made)["pipeline_chances"]
    assert "1 of 17 rows is of no deal or lead" in notes(made)["history_unlinked"]
    document = json.loads(render.render(made, "json"))
    assert document["metrics"]["pipeline_weighted"]["value"] == WEIGHED


def test_a_chance_that_rests_on_enough_deals_is_not_marked(files: list[str]) -> None:
    said = notes(pipeline(files, min_n=3))["pipeline_chances"]
    assert (
        "Lead In 66.7 % (n 3), Demo ≈50.0 % (n 2), Offer ≈100.0 % (n 1). ≈ rests on fewer than 3 deals"
        in said
    )
    assert "≈" not in notes(pipeline(files, min_n=1))["pipeline_chances"]
    by_owner = pipeline(files, min_n=2, by=["owner"])
    lines = [line.split() for line in render.render(by_owner, "md").decode().splitlines()]
    shown = {cells[1]: cells[-2] for cells in lines if cells[:1] == ["|"] and cells[1] in ("X", "Y")}
    assert {owner: cell[0] for owner, cell in shown.items()} == {"X": "≈", "Y": "2"}


@ENGINES
def test_the_pipeline_weighed_by_what_the_crm_says(files: list[str], engine: str) -> None:
    """60 % of 1000.10, 30 % of 500.05 and 10 % of 300, also without any history."""
    for named in (files, files[:1]):
        made = pipeline(named, engine=engine, probability="crm")
        assert made.metrics["pipeline_weighted"].value == float(Fraction("780.075"))
        assert "pipeline_chances" not in notes(made)
        assert made.metrics["pipeline_weighted"].n is None


def test_the_pipeline_weighed_with_open_deals_counted(files: list[str]) -> None:
    """Lead In 7/10. Demo, of 3: B lost after 10 days, A won after 30 of the 2 left, D seen for 75; so 1 of 2.

    Offer, of 2: A won after 20 days, C seen for 38; so 1, as nobody was lost.
    """
    made = pipeline(files, probability="mature")
    assert made.metrics["pipeline_weighted"].value == pytest.approx(1000.10 + 500.05 / 2 + 300 * 0.7)


def test_a_source_of_chances_that_is_none_is_refused(files: list[str]) -> None:
    with pytest.raises(UsageError, match="no such source of chances"):
        pipeline(files, probability="boss")


def test_without_a_history_there_is_no_chance_and_no_stage(files: list[str]) -> None:
    cell = pipeline(files[:1]).metrics["pipeline_weighted"]
    assert (cell.value, cell.reason) == (None, "no_stage_history")
    with pytest.raises(UsageError, match="no stage history of the deals is loaded"):
        stages(files[:1])


def test_of_a_day_that_has_passed_nobody_knows_the_stages(files: list[str]) -> None:
    made = pipeline(files, period="2026-02")
    assert made.metrics["pipeline_weighted"].reason == "only_now"
    assert made.metrics["pipeline_open"].value is not None


def test_a_stage_that_the_history_does_not_know_counts_as_nothing_and_is_told(tmp_path: Path) -> None:
    files = written(tmp_path, deals=DEALS.replace(",Demo,30%", ",Legal,30%"), history=HISTORY)
    # Where the as-of day is not asked for, the deals themselves say their stages.
    made = pipeline(files, as_of=None)
    assert "500.05 of 1,800.15" in notes(made)["pipeline_unweighted"]
    assert made.metrics["pipeline_weighted"].value == pytest.approx(1200.10)


@ENGINES
def test_as_of_an_earlier_day_deals_are_in_the_stage_of_that_day(files: list[str], engine: str) -> None:
    """On 20 January A is in Demo, B in Lead In, D in Demo; nothing is decided yet, and no chance known.

    On 10 February A and B are decided: A won from Demo, B lost, so 1/2 from both. D is in Demo, C and F in Lead In.
    """
    assert (
        pipeline(files, as_of="2026-01-20", engine=engine).metrics["pipeline_weighted"].reason
        == "no_decided_deals"
    )
    made = pipeline(files, as_of="2026-02-10", engine=engine)
    assert made.metrics["pipeline_open"].value == 2200.15
    assert made.metrics["pipeline_weighted"].value == float(Fraction("2200.15") / 2)


SAME_DAY = (
    (
        "Deal ID,Created,Closed,Status,Amount,Stage\n"
        "1,2026-01-01,2026-02-01,won,10,Won\n2,2026-01-01,2026-02-01,lost,10,Lost\n"
        "3,2026-01-01,2026-02-01,lost,10,Lost\n4,2026-01-01,,open,600,Negotiation\n"
    ),
    (
        "Deal ID,Stage,Entered At\n"
        "1,Proposal,2026-01-05\n1,Negotiation,2026-01-09\n2,Proposal,2026-01-05\n2,Negotiation,2026-01-09\n"
        "3,Proposal,2026-01-05\n4,Negotiation,2026-02-03\n4,Proposal,2026-02-03\n1,Proposal,2026-03-09\n"
    ),
)
"""Deal 4 entered both stages on one day; Negotiation, before Proposal by the alphabet, is the later one.

From Proposal one of three was won, from Negotiation one of two. The last row makes 8 March an earlier day.
"""


@ENGINES
@pytest.mark.parametrize("as_of", ["2026-03-08", None])
def test_of_two_stages_of_one_day_a_deal_is_in_the_later_one_of_its_pipeline(
    tmp_path: Path, engine: str, as_of: str | None
) -> None:
    files = written(tmp_path, deals=SAME_DAY[0], history=SAME_DAY[1])
    assert pipeline(files, engine=engine, as_of=as_of).metrics["pipeline_weighted"].value == 300
    still = {
        row["stage"]: row["still"]["value"] for row in stages(files, engine=engine, as_of=as_of)["stages"]
    }
    assert still == {"Proposal": 0, "Negotiation": 1}


@ENGINES
def test_deals_without_a_stage_have_that_of_their_history(tmp_path: Path, engine: str) -> None:
    bare = "\n".join(",".join(line.split(",")[:6]) for line in DEALS.splitlines()) + "\n"
    made = pipeline(written(tmp_path, deals=bare, history=HISTORY), engine=engine)
    assert made.metrics["pipeline_weighted"].value == WEIGHED


@ENGINES
def test_two_pipelines_have_stages_of_their_own(tmp_path: Path, engine: str) -> None:
    """Demo of New is won by one of two, Demo of Renewals by its only one."""
    rows = [
        "1,New,2026-01-01,2026-02-01,won,10",
        "2,New,2026-01-01,2026-02-01,lost,10",
        "3,New,2026-01-01,,open,100",
    ]
    rows += ["4,Renewals,2026-01-01,2026-02-01,won,10", "5,Renewals,2026-01-01,,open,1000"]
    deals = "Deal ID,Pipeline,Created,Closed,Status,Amount\n" + "\n".join(rows) + "\n"
    history = "Deal ID,Stage,Entered At\n" + "".join(f"{n},Demo,2026-01-0{n}\n" for n in range(1, 6))
    files = written(tmp_path, deals=deals, history=history)
    assert pipeline(files, engine=engine).metrics["pipeline_weighted"].value == 1050
    rows_ = stages(files, engine=engine)["chances"]
    assert [(row["pipeline"], row["rate"]["value"]) for row in rows_] == [("New", 0.5), ("Renewals", 1)]


def test_times_of_day_tell_which_stage_came_first(tmp_path: Path) -> None:
    """Both on one day, and Zeta first: by name it would come last."""
    deals = "Deal ID,Created,Closed,Status,Amount\n1,2026-03-01,,open,10\n"
    history = "Deal ID,Stage,Entered At\n1,Alpha,2026-03-01 15:00\n1,Zeta,2026-03-01 09:00\n"
    rows = stages(written(tmp_path, deals=deals, history=history))["stages"]
    assert numbers(rows, "still", "on") == {"Zeta": [0, 1], "Alpha": [1, 0]}


def test_a_deal_that_was_left_before_it_came_is_counted_and_not_timed(tmp_path: Path) -> None:
    deals = "Deal ID,Created,Closed,Status,Amount\n1,2026-01-01,2026-01-05,won,10\n2,2026-01-01,,lost,10\n"
    history = "Deal ID,Stage,Entered At\n1,Demo,2026-02-01\n2,Demo,2026-01-02\n"
    made = cycle(
        written(tmp_path, deals=deals, history=history), Options(no_config=True, currency="EUR"), stages="sum"
    )
    (row,) = json.loads(studies.render(made, "json"))["tables"][0]["rows"]
    assert (row["entered"]["value"], row["median"]["value"]) == (2, None)
    assert any("one before they began: 2." in note.message for note in made.warnings)


@ENGINES
def test_a_history_of_leads_says_when_they_were_qualified(tmp_path: Path, engine: str) -> None:
    """1 became MQL in January and again in March, SQL in February; 2 MQL in February; 3 is no lead that is known."""
    leads = "Lead ID,Email,Created\n1,a@a.test,2026-01-01\n2,b@b.test,2026-01-02\n4,d@d.test,2026-01-03\n"
    history = (
        "Lead ID,Stage,Entered At\n1,Marketing Qualified Lead,2026-01-10\n1,Sales Qualified Lead,2026-02-10\n"
        "1,Marketing Qualified Lead,2026-03-10\n2,MQL,2026-02-05\n3,MQL,2026-02-06\n4,Nurture,2026-02-07\n"
    )
    files = written(tmp_path, leads=leads, history=history)
    options: dict[str, Any] = {"engine": engine, "no_config": True, "metrics": ["mqls", "sqls"]}
    made = {
        month: report(files, Options(period=month, **options)) for month in ("2026-01", "2026-02", "2026-03")
    }
    found = {month: [one.metrics[name].value for name in ("mqls", "sqls")] for month, one in made.items()}
    assert found == {"2026-01": [1, 0], "2026-02": [1, 1], "2026-03": [0, 0]}
    assert "1 of 6 rows is of no deal or lead" in notes(made["2026-01"])["history_unlinked"]


def test_a_column_of_the_leads_goes_before_their_history(tmp_path: Path) -> None:
    leads = "Lead ID,Email,Created,MQL Date\n1,a@a.test,2026-01-01,2026-01-20\n2,b@b.test,2026-01-02,\n"
    history = "Lead ID,Stage,Entered At\n1,MQL,2026-02-05\n2,MQL,2026-02-06\n"
    made = report(written(tmp_path, leads=leads, history=history), Options(no_config=True, period="2026-01"))
    assert made.metrics["mqls"].value == 1


def test_the_order_of_stages_is_that_of_most_deals() -> None:
    """Two of three enter B before A; what nothing parts stands by its size."""
    sizes = {Place("", "A"): 9, Place("", "B"): 3, Place("", "C"): 3, Place("other", "A"): 1}
    before = {("", "A", "B"): 1, ("", "B", "A"): 2, ("", "B", "C"): 1, ("", "A", "C"): 1}
    assert [place.stage for place in in_order(sizes, before)] == ["B", "A", "C", "A"]
    assert in_order({Place("", "b"): 1, Place("", "a"): 1, Place("", "c"): 2}, {})[0].stage == "c"


NAMES = ("s0", "s1", "s2", "s3")
DEAL = st.tuples(
    st.sets(st.sampled_from(range(4)), min_size=1),
    st.lists(st.integers(0, 20), min_size=5, max_size=5),
    st.sampled_from(["open", "won", "lost", "other"]),
    st.integers(0, 10_000),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(DEAL, min_size=1, max_size=12))
def test_without_re_entry_who_entered_has_left_or_is_still_in(given_: list[Any]) -> None:
    """Deals that go forward alone; counted once more here, deal by deal."""
    start, rows, deals, lasting = 20_000, [], [], 0
    days: dict[str, list[int]] = {name: [] for name in NAMES}
    entered = dict.fromkeys(NAMES, 0)
    for number, (passed, waits, status, amount) in enumerate(given_):
        day, own = start, sorted(passed)
        for place, wait in zip(own, waits, strict=False):
            rows.append({"deal_id": f"d{number}", "stage": NAMES[place], "entered_at": day})
            entered[NAMES[place]] += 1
            if status != "open" or place != own[-1]:
                days[NAMES[place]].append(wait)
            day += wait
        lasting = max(lasting, day)
        closed = day if status != "open" else None
        deals.append(
            {
                "deal_id": f"d{number}",
                "status": status,
                "created_at": start,
                "closed_at": closed,
                "amount": amount,
            }
            | {"stage": NAMES[own[-1]]}
        )
    data = link(as_of=lasting, deals=deals, stage_history=rows)
    own_rows = stageorder.entries(data.frames["stage_history"])
    places = stageorder.places(own_rows)
    found = {
        place.stage: one
        for (_, place), one in stays.counted(own_rows, places, (), lasting, first=False).items()
    }
    assert {name: one.entered for name, one in found.items()} == {n: k for n, k in entered.items() if k}
    for name, one in found.items():
        left = sum(one.left.values())
        assert one.entered == left + one.ends.get(stays.STILL, 0)
        assert one.again == one.untimed == 0
        assert left == len(days[name])
    assert sum(d * n for one in found.values() for d, n in one.left.items()) == sum(map(sum, days.values()))
    told = {passed: chances.counted(own_rows, places, (), lasting, passed=passed) for passed in (False, True)}
    assert {place.stage: one.deals for (_, place), one in told[False].items()} == {
        name: one.entered for name, one in found.items()
    }
    for reached in (*told[False].values(), *told[True].values()):
        assert 0 <= reached.won <= reached.decided <= reached.deals
        if reached.mature:
            assert 0 <= reached.mature[0] <= 1


BY_HAND = """
CREATE TABLE closed AS SELECT unnest(['Closed Won', 'Closed Lost']) AS stage;
CREATE TABLE deal AS SELECT External_Id__c AS id, StageName AS stage, Amount::DECIMAL(18, 2) AS amount,
    CASE StageName WHEN 'Closed Won' THEN 'won' WHEN 'Closed Lost' THEN 'lost' ELSE 'open' END AS status,
    CloseDate::DATE AS closed FROM opportunities;
CREATE TABLE place AS SELECT * FROM
    (VALUES ('Qualification', 0), ('Needs Analysis', 1), ('Proposal/Quote', 2), ('Negotiation', 3)) AS p(stage, rank);
CREATE TABLE entry AS
SELECT h."Opportunity.External_Id__c" AS id, h.StageName__c AS stage, CreatedDate__c::DATE AS day,
    coalesce(rank, 99) AS rank, lag(stage) OVER w AS before
FROM history h LEFT JOIN place ON place.stage = StageName__c
WINDOW w AS (PARTITION BY id ORDER BY day, rank, stage);
CREATE TABLE stay AS  -- a row of the same stage begins nothing
SELECT e.*, lead(day) OVER w AS until, status, closed
FROM (SELECT * FROM entry WHERE before IS NULL OR before <> stage) e JOIN deal USING (id)
WINDOW w AS (PARTITION BY id ORDER BY day, rank, e.stage);
CREATE TABLE spent AS
SELECT id, stage, count(*) AS visits, bool_or(until IS NULL AND status = 'open') AS still,
    sum(coalesce(until, CASE WHEN status = 'open' THEN getvariable('as_of') ELSE closed END) - day) AS days,
    bool_or(until IS NULL AND status <> 'open' AND closed < day) AS wrong
FROM stay WHERE stage NOT IN (FROM closed) GROUP BY ALL;
"""


@ENGINES
def test_a_real_history_of_salesforce_by_sql(engine: str) -> None:
    paths = [SALESFORCE / f"wave_demo_{name}.csv" for name in ("Opportunity", "OpportunityHistory")]
    if not all(path.exists() for path in paths):
        pytest.skip(f"the real exports are not here ({SALESFORCE})")
    con = duckdb.connect()
    for name, path in zip(("opportunities", "history"), paths, strict=True):
        con.execute(f"CREATE VIEW {name} AS FROM read_csv('{path}', all_varchar = true)")
    con.execute("SET VARIABLE as_of = DATE '2017-06-01'")
    con.execute(BY_HAND)
    files = [str(path) for path in paths]
    found = stages(files, engine=engine, as_of="2017-06-01")
    entered = {row["stage"]: row["entered"]["value"] for row in found["stages"]}
    by_sql = con.sql(
        "SELECT stage, count(*), count(*) FILTER (still), count(*) FILTER (visits > 1), "
        "quantile_cont(days, 0.5) FILTER (NOT still AND NOT wrong) FROM spent JOIN place USING (stage) GROUP BY stage, rank ORDER BY rank"
    ).fetchall()
    assert list(entered) == [row[0] for row in by_sql]
    assert numbers(found["stages"], "entered", "still", "again", "median") == {s: list(n) for s, *n in by_sql}
    told = con.sql(
        "WITH known AS (SELECT id, max(rank) AS furthest FROM stay WHERE rank < 99 GROUP BY id) "
        "SELECT p.stage, count(*), count(*) FILTER (status = 'won') / count(*) FILTER (status IN ('won', 'lost')) "
        "FROM known JOIN deal USING (id) JOIN place p ON p.rank <= furthest OR status = 'won' "
        "GROUP BY p.stage, p.rank ORDER BY p.rank"
    ).fetchall()
    assert numbers(found["chances"], "reached", "passed") == {s: list(n) for s, *n in told}
    inside = con.sql(
        "SELECT stage, count(DISTINCT id), count(DISTINCT id) FILTER (status = 'won'), "
        "count(DISTINCT id) FILTER (status = 'lost') FROM stay JOIN place USING (stage) GROUP BY ALL"
    ).fetchall()
    assert numbers(found["chances"], "entered", "won", "lost") == {s: list(n) for s, *n in inside}
    rates = {stage: Fraction(won, won + lost) for stage, _, won, lost in inside}
    amounts = con.sql("SELECT stage, sum(amount) FROM deal WHERE status = 'open' GROUP BY stage").fetchall()
    made = pipeline(files, engine=engine, as_of=None)
    weighed = sum(Fraction(amount) * rates.get(stage, 0) for stage, amount in amounts)
    assert made.metrics["pipeline_weighted"].value == float(weighed)


def test_a_history_shows_by_its_rows_what_it_is(tmp_path: Path) -> None:
    """One deal in several stages is no list of deals, whatever the name of the file."""
    files = written(tmp_path, first=DEALS, second=HISTORY)
    assert pipeline(files).metrics["pipeline_weighted"].value == WEIGHED


def test_a_report_without_a_history_does_none_of_this_work(files: list[str]) -> None:
    code = (
        "import sys, funnelkit\n"
        f"funnelkit.report([{files[0]!r}], currency='EUR', no_config=True)\n"
        "print(*(m for m in sys.modules if m.startswith('funnelkit.metrics.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"funnelkit.metrics." + m for m in ("stays", "chances", "weighing")} & {*run.stdout.split()}


def test_the_as_of_day_follows_from_the_history_too(tmp_path: Path) -> None:
    later = (date.fromisoformat(AS_OF) + timedelta(days=3)).isoformat()
    made = pipeline(written(tmp_path, deals=DEALS, history=HISTORY + f"E,Demo,{later}\n"), as_of=None)
    assert made.as_of is not None
    assert made.as_of.isoformat() == later


def test_a_weighed_pipeline_is_worked_out_in_the_open(files: list[str]) -> None:
    made = json.loads(studies.render(worked("pipeline_weighted", files, Options(no_config=True)), "json"))
    (weights,) = (table["rows"] for table in made["tables"] if table["id"] == "weights")
    found = {row["part"]: [row[c]["value"] for c in ("amount", "chance", "weighted")] for row in weights}
    assert found["Offer"] == [1000.1, 1, 1000.1]
    assert found["Demo"] == [500.05, 0.5, 250.025]
    assert found["Lead In"] == [300, pytest.approx(2 / 3), pytest.approx(200)]
    assert {source["table"] for source in made["sources"]} == {"deals", "stage_history"}


@ENGINES
def test_only_the_deals_of_a_period_and_an_owner(files: list[str], engine: str) -> None:
    """B and D were created in January and are Y's: B left Lead In after 20 days, D after 5 and 7."""
    rows = stages(files, engine=engine, period="2026-01", where=["owner=Y"])["stages"]
    assert numbers(rows, "entered", "median") == {"Lead In": [2, 16], "Demo": [2, 10]}
    with pytest.raises(UsageError, match="no deal that was created in the period"):
        stages(files, engine=engine, period="2025-01")
