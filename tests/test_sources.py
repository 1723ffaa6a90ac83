"""`funnelkit sources`: every preset is listed and explained, and a started one works at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from funnelkit import shipped
from funnelkit.cli.app import run
from funnelkit.config import Config
from funnelkit.errors import ConfigError, FunnelkitError, SourceError
from funnelkit.pipeline import catalogue, drafting
from funnelkit.pipeline.inspecting import inspect
from funnelkit.pipeline.options import Options
from funnelkit.sources.preset import Preset, choose
from funnelkit.sources.presetfiles import builtin, own, parse
from tests.reading import SAMPLES

FILES = sorted(p for p in SAMPLES.iterdir() if p.suffix != ".json")
MINE: dict[str, Any] = {
    "tool": "Kettle",
    "export": "deals",
    "table": "deals",
    "where": "Kettle > Export",
    "match": ["Kettle number"],
    "columns": {"deal_id": "Kettle number", "amount": "Price", "stage": "Stage"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def output(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["sources", *arguments]) == 0
    return capsys.readouterr().out


# The list


def test_every_preset_is_listed_below_its_tool(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys=capsys).splitlines()
    tool, found = "", {}
    for before, line in zip(["", *lines], lines, strict=False):
        if line and not line.startswith(" "):
            tool = line if not before else tool
        elif line:
            found[line.split()[0]] = (tool, line.split()[1])
    assert found == {p.name: (p.tool, p.table) for p in builtin()}


@pytest.mark.parametrize("width", [60, 100, 160])
def test_the_list_and_each_preset_fit_the_terminal(width: int) -> None:
    texts = [
        catalogue.listing(builtin(), width),
        *(catalogue.explained(p, Config(), width) for p in builtin()),
    ]
    for line in b"".join(texts).decode().splitlines():
        assert len(line) <= width or " " not in line.strip()


def test_the_list_is_there_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    seen = json.loads(output("-f", "json", capsys=capsys))
    assert seen["format_version"] == "1.0"
    assert {p["name"] for p in seen["presets"]} == {p.name for p in builtin()}
    (one,) = json.loads(output("hubspot_deals", "-f", "json", capsys=capsys))["presets"]
    assert one["columns"]["deal_id"]["headers"][0] == "Record ID"
    assert one["where"].startswith("CRM > Deals")


def test_one_preset_says_where_to_click_and_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    text = output("hubspot_deals", capsys=capsys)
    assert "get it at  CRM > Deals > Export" in text
    assert "Useless without" in text
    assert 'amount      add the property "Amount" to the view' in text
    assert "Close Date is filled for open deals too" in text


@pytest.mark.parametrize("name", ["hubspot", "HubSpot", "hub spot"])
def test_a_tool_lists_its_exports(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = output(name, capsys=capsys)
    assert "hubspot_deals" in text
    assert "google_ads" not in text


# A start


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_started_preset_reads_the_file_that_it_was_started_from(path: Path) -> None:
    before = next(p.name for p in builtin() if p.name == path.stem.partition("--")[0])
    text = drafting.draft(path, "mine")
    Path("presets").mkdir()
    Path("presets/mine.yaml").write_text(text)
    made = parse("mine", shipped.yaml_document(text))
    Path("funnelkit.yaml").write_text("presets: presets\n")
    (seen,) = inspect([str(path)], Options(config="funnelkit.yaml")).files
    # Yours goes before the package's, since it asks for more.
    assert seen.preset == "mine" or seen.error, before
    assert made.table in text


def test_a_file_that_nobody_knows_gives_a_start_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    Path("kettle (2).csv").write_text(
        "Kettle report,made today\n\nKettle no,Colour,Heat\n1,red,90\n2,blue,80\n"
    )
    text = output("new", "kettle (2).csv", capsys=capsys)
    assert text.startswith("# kettle_2: started by")
    document = shipped.yaml_document(text)
    assert {"Kettle no", "Colour"} <= {group[0] for group in document["match"]}
    parse("kettle_2", document)
    assert "TODO created_at: which header is it?" in text or "which header is it?" in text


def test_a_start_is_written_once_and_says_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.csv").write_text("Deal ID,Status,Amount\n1,Won,2.50\n")
    assert run(["sources", "new", "k.csv", "-o", "kettle.yaml"]) == 0
    assert "`presets:` in funnelkit.yaml" in capsys.readouterr().err
    assert run(["sources", "new", "k.csv", "-o", "kettle.yaml"]) == 2
    assert run(["sources", "new", "k.csv", "-o", "presets/kettle.yaml"]) == 0, "the folder is made"
    assert run(["sources", "new", "gone.csv"]) == 5
    assert run(["sources", "new"]) == 2
    assert run(["sources", "one", "two"]) == 2
    assert "Traceback" not in capsys.readouterr().err


# Presets of one's own


def preset_of(name: str, *, mine: bool, **changes: Any) -> Preset:
    return own(name, {**MINE, **changes}) if mine else parse(name, {**MINE, **changes})


def test_the_users_own_goes_first_only_where_it_asks_for_more() -> None:
    header = ["Kettle number", "Price", "Colour"]
    theirs = preset_of("theirs", mine=False)
    narrower = preset_of("narrower", mine=True, match=["Kettle number", "Colour"])
    assert choose(header, [theirs, narrower], "k.csv") is narrower
    assert choose(header[:2], [theirs, narrower], "k.csv") is theirs
    for match in (["Kettle number"], ["Colour"], [["Kettle number", "Pot number"], "Colour"]):
        other = preset_of("other", mine=True, match=match)
        with pytest.raises(SourceError, match=r"k\.csv: fits theirs and other \(your own\)"):
            choose(header, [theirs, other], "k.csv")
    both = [narrower, preset_of("again", mine=True, match=["Kettle number", "Colour"])]
    with pytest.raises(SourceError, match=r"fits narrower .* and again"):
        choose(header, both, "k.csv")


def test_presets_may_stand_in_the_configuration_itself(capsys: pytest.CaptureFixture[str]) -> None:
    Path("funnelkit.yaml").write_text(f"presets:\n  kettle: {json.dumps(MINE)}\n")
    Path("k.csv").write_text("Kettle number,Price,Stage\n1,2.50,Closed Won\n")
    assert run(["inspect", "k.csv"]) == 0
    assert "Kettle deals (preset kettle)" in capsys.readouterr().out
    assert "deals (your own)" in output(capsys=capsys)
    assert "Kettle > Export" in output("kettle", capsys=capsys)


def test_the_words_of_a_preset_for_the_status_hold_for_its_stage(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"status": {"won": ["Brewed", "Poured"]}, "stage": {"lost": ["Poured"]}}
    Path("funnelkit.yaml").write_text(f"presets:\n  kettle: {json.dumps({**MINE, 'values': values})}\n")
    Path("k.csv").write_text("Kettle number,Price,Stage\n1,2.50,Brewed\n2,2.50,Poured\n")
    assert run(["inspect", "k.csv"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "'Brewed' is won, 'Poured' is lost" in shown, "what is said of the stage itself goes first"


def test_a_preset_with_a_name_of_the_package_is_refused_by_that_name() -> None:
    with pytest.raises(ConfigError, match="preset hubspot_deals: the package has a preset of this name too"):
        own("hubspot_deals", MINE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": ["Price"]}, "'columns' is not a group of keys"),
        ({"columns": {"amount": None}}, "column 'amount' names no header"),
        ({"columns": {"amount": {"decimal": ","}}}, "column 'amount' names no header"),
        ({"columns": {"amount": {"from": "A", "decimal": "x"}}}, "'decimal' is 'x'"),
        ({"match": "Kettle number"}, "'match' is not a list"),
        ({"values": {"status": ["x"]}}, "'values' of 'status' is not a group of keys"),
        ({"needs": [{"say": "x"}]}, "an entry of 'needs' has no key 'any_of'"),
        ({"other_rows": [{"column": "A", "reason": "a", "say": "b"}]}, "neither 'words' nor 'blank: true'"),
        ({"period": "somewhere"}, "'period' is 'somewhere'"),
        ({"tool": 5}, "'tool' is not text"),
        ({"unverified": "yes"}, "'unverified' is not true or false"),
    ],
)
def test_a_preset_of_the_wrong_shape_is_told_in_a_sentence(change: dict[str, Any], words: str) -> None:
    with pytest.raises(FunnelkitError, match=f"preset kettle: .*{words}"):
        own("kettle", {**MINE, **change})
