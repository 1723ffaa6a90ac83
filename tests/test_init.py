"""`funnelkit init`: what it writes reads the same numbers, and refuses a file that would be read in another way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from funnelkit.cli.app import run
from funnelkit.config import load as load_config
from funnelkit.errors import FunnelkitError, SourceError
from funnelkit.pipeline import reporting
from funnelkit.pipeline.inspecting import inspect
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.starting import configuration
from funnelkit.render import render
from tests.reading import SAMPLES

DEALS = """\
Deal ID,Name,Status,Stage,Amount,Created,Closed,Note
1,A,Won,Signed,"1.250,50",03/04/2026,13/05/2026,x
2,B,Lost,Nope,"2.000,00",05/04/2026,15/05/2026,y
3,C,Perhaps,Demo,"3,10",06/04/2026,,z
"""
FILES = sorted(p for p in SAMPLES.iterdir() if p.suffix != ".json")
PINNED = Options(config="funnelkit.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pin(text: str | bytes = DEALS, file: str = "deals.csv") -> None:
    Path(file).write_bytes(text.encode() if isinstance(text, str) else text)
    start = configuration([file], Options(no_config=True), Path.cwd())
    Path("funnelkit.yaml").write_text(start.text)


def refusal(text: str | bytes) -> str:
    """What is said of a later deals.csv with the contents *text*."""
    Path("deals.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SourceError) as caught:
        reporting.report([], PINNED)
    assert caught.value.code == "no_longer_fits"
    assert "funnelkit init FILE -o -" in caught.value.hint
    return f"{caught.value}\n{caught.value.hint}"


def test_every_decision_is_written_down_with_its_evidence() -> None:
    pin()
    text = Path("funnelkit.yaml").read_text()
    (source,) = yaml.safe_load(text)["sources"]
    assert (source["path"], source["table"], source["pinned"]) == ("deals.csv", "deals", True)
    assert source["columns"]["amount"] == {"from": "Amount", "decimal": ","}
    assert source["columns"]["closed_at"] == {"from": "Closed", "order": "dmy"}
    assert source["columns"]["deal_id"] == "Deal ID"
    assert (source["unused"], source["unclear"]) == (["Note"], ["Perhaps"])
    assert "# day first as in '13/05/2026'" in text
    assert '# values: {status: {won: ["Perhaps"]}}' in text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_the_report_is_the_same_with_what_is_pinned_as_without(path: Path) -> None:
    try:
        free = reporting.report([str(path)], Options(no_config=True))
    except FunnelkitError:
        pytest.skip("the sample is one that is refused")
    start = configuration([str(path)], Options(no_config=True), Path.cwd())
    Path("funnelkit.yaml").write_text(start.text)
    pinned = reporting.report([str(path)], PINNED)
    if not start.open:
        assert render(pinned, "json") == render(free, "json")
    assert render(pinned, "csv") == render(free, "csv")


def test_a_column_that_is_gone_is_told_beside_those_that_are_new() -> None:
    pin()
    said = refusal(DEALS.replace("Amount", "Betrag"))
    assert "Amount (amount) is not there" in said
    assert "but not in funnelkit.yaml: 'Betrag'." in said


def test_dates_that_prove_another_order_are_refused() -> None:
    pin()
    said = refusal(DEALS.replace("13/05/2026", "05/13/2026").replace("15/05/2026", "05/15/2026"))
    assert (
        "column 'Closed' (closed_at): '05/13/2026' is month first, not day first as stated beforehand" in said
    )


def test_a_needed_date_of_another_order_is_refused_as_a_difference_too() -> None:
    leads = "Lead ID,Email,Created Date\n1,a@x.example,13/04/2026\n"
    Path("deals.csv").write_text(leads)
    pin(leads)
    assert "'04/13/2026' is month first" in refusal(leads.replace("13/04", "04/13"))


def test_numbers_that_prove_another_decimal_sign_are_refused() -> None:
    pin()
    other = (
        DEALS.replace('"1.250,50"', '"1,250.50"').replace('"2.000,00"', "2000.00").replace('"3,10"', "3.10")
    )
    assert "'1,250.50' has a decimal point, not a decimal comma as stated beforehand" in refusal(other)


def test_a_status_word_that_is_new_is_refused_and_one_that_was_there_is_not() -> None:
    pin()
    assert "'Maybe' is a new word in column 'Status' (status)" in refusal(DEALS.replace("Perhaps", "Maybe"))
    # Where a status decides, stages come and go.
    Path("deals.csv").write_text(DEALS.replace("Demo", "Demo 2"))
    reporting.report([], PINNED)


def test_a_word_that_has_been_explained_is_no_longer_new() -> None:
    pin()
    text = (
        Path("funnelkit.yaml")
        .read_text()
        .replace('# values: {status: {won: ["Perhaps"]}}', "values: {status: {open: [Maybe]}}")
    )
    Path("funnelkit.yaml").write_text(text)
    Path("deals.csv").write_text(DEALS.replace("Perhaps", "Maybe"))
    assert "unknown_words" not in {note.code for note in reporting.report([], PINNED).warnings}


def test_a_new_column_is_told_and_not_read() -> None:
    pin()
    lines = DEALS.splitlines()
    Path("deals.csv").write_text(
        "\n".join([f"{lines[0]},Email", *(f"{line},a@x.example" for line in lines[1:])])
    )
    (seen,) = inspect([], PINNED).files
    assert "email" not in {c.to for c in seen.columns}
    assert [n.message for n in seen.notes if n.code == "new_columns"] == [
        "deals.csv: 1 new column that funnelkit.yaml does not pin ('Email'); it is not read"
    ]


def test_another_delimiter_or_encoding_is_refused_as_what_it_is() -> None:
    semicolons = "Lead ID;Email;Created Date;Source\n1;a@x.example;2026-01-05;Müller\n".encode("cp1252")
    pin(semicolons)
    (source,) = load_config(Path("funnelkit.yaml")).sources
    assert (source.delimiter, source.encoding) == (";", "cp1252")
    reporting.report([], PINNED)
    assert "the encoding is 'utf-8' and not 'cp1252'" in refusal(semicolons.decode("cp1252"))
    assert "stands between the cells is ',' and not ';'" in refusal(semicolons.replace(b";", b","))


def test_whole_numbers_prove_no_decimal_sign_and_none_is_pinned() -> None:
    pin(DEALS.replace('"1.250,50"', "1").replace('"2.000,00"', "2").replace('"3,10"', "3"))
    (source,) = load_config(Path("funnelkit.yaml")).sources
    assert source.columns["amount"].decimal is None


def test_what_the_command_line_settled_is_pinned() -> None:
    Path("leads.csv").write_text("Lead ID,Email,Created Date\n1,a@x.example,03/04/2026\n")
    start = configuration(["leads.csv"], Options(no_config=True, date_order="mdy"), Path.cwd())
    Path("funnelkit.yaml").write_text(start.text)
    assert '{from: "Created Date", order: mdy}' in start.text
    assert str(reporting.report([], PINNED).as_of) == "2026-03-04"


def test_a_column_that_cannot_be_read_stays_a_comment_to_be_settled() -> None:
    Path("deals.csv").write_text("Deal ID,Status,Amount\n1,Won,1.250\n2,Lost,2.350\n")
    start = configuration(["deals.csv"], Options(no_config=True), Path.cwd())
    assert '# amount: {from: "Amount", decimal: ","}   # to be settled:' in start.text
    assert "Amount" in yaml.safe_load(start.text)["sources"][0]["unused"]
    assert "column 'Amount' (amount) is left out" in start.open[0]


def test_hostile_names_come_back_as_they_were() -> None:
    names = ['He said "no": #1', "{x}", "- y", "a\x85b", "tab\there", "ünï\u202ecode", "*star", "2026"]
    Path("odd [1]*.csv").write_text(
        "Lead ID,Email,Created Date,"
        + ",".join(f'"{n.replace(chr(34), chr(34) * 2)}"' for n in names)
        + "\n1,a@x.example,2026-01-05,,,,,,,,\n"
    )
    pin(Path("odd [1]*.csv").read_bytes(), "odd [1]*.csv")
    (source,) = load_config(Path("funnelkit.yaml")).sources
    assert [" ".join(n.split()) for n in names] == list(source.unused or ())
    reporting.report([], PINNED)


def test_a_dated_name_is_offered_as_a_pattern() -> None:
    pin(DEALS, "deals-2026-05-30.csv")
    assert '# path: "deals-*.csv"' in Path("funnelkit.yaml").read_text()


def test_a_present_file_is_not_replaced_without_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("deals.csv").write_text(DEALS)
    Path("funnelkit.yaml").write_text("timezone: UTC\n")
    assert run(["init", "deals.csv"]) == 2
    assert "there is one already" in capsys.readouterr().err
    assert Path("funnelkit.yaml").read_text() == "timezone: UTC\n"
    assert run(["init", "deals.csv", "--force"]) == 0
    said = capsys.readouterr().err
    assert "wrote funnelkit.yaml" in said
    assert "to be settled: deals.csv: 1 word of its status not understood: 'Perhaps'" in said
    assert run(["report", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"][0]["file"] == "deals.csv"


def test_the_option_settles_only_what_a_file_leaves_open() -> None:
    Path("proved.csv").write_text(DEALS)
    seen = inspect(["proved.csv"], Options(no_config=True, date_order="mdy", decimal=".")).files[0]
    assert seen.sums == {"amount": "3253.60"}
    assert [n.message for n in seen.notes if n.code == "stated_otherwise"] == [
        "proved.csv: column 'Amount' (amount): '1.250,50' has a decimal comma, not a decimal point as stated beforehand; it is read as it is",
        "proved.csv: column 'Closed' (closed_at): '13/05/2026' is day first, not month first as stated beforehand; it is read as it is",
    ]


def test_presets_of_ones_own_are_used_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    kettle = {"tool": "Kettle", "export": "deals", "table": "deals", "where": "Kettle > Export"}
    kettle |= {"match": ["Kettle number"], "columns": {"deal_id": "Kettle number", "stage": "Step"}}  # type: ignore[dict-item]
    Path("funnelkit.yaml").write_text(json.dumps({"presets": {"kettle": kettle}}))
    Path("k.csv").write_text("Kettle number,Step\n1,Closed Won\n")
    assert run(["init", "k.csv", "--force"]) == 0
    again = load_config(Path("funnelkit.yaml"))
    assert again.presets == {"kettle": kettle}
    assert again.sources[0].preset == "kettle"
    assert run(["report", "-f", "json"]) == 0
    capsys.readouterr()


def test_money_in_another_currency_is_refused_and_money_without_a_sign_is_the_pinned_one() -> None:
    euros = 'Deal ID,Status,Close Date,Amount\n1,Won,2026-01-05,"€ 1,250.00"\n2,Lost,2026-01-06,"€ 300.50"\n'
    pin(euros)
    (source,) = yaml.safe_load(Path("funnelkit.yaml").read_text())["sources"]
    assert source["currency"] == "EUR"
    assert "the money in column 'Amount' is USD and not EUR" in refusal(euros.replace("€", "$"))
    Path("deals.csv").write_text(euros.replace("€ ", ""))
    assert reporting.report([], PINNED).currency == "EUR"
