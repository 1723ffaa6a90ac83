"""Presets: each one has a sample that only it recognises, and reads it to the last cent.

A sample is a small file of the tool's shape with made-up contents, ``presets/NAME.csv`` or
``NAME--variant.csv``; ``NAME.expected.json`` beside it says what a careful reader finds in it, by hand.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funnelkit import shipped
from funnelkit.config import Config
from funnelkit.errors import ConfigError, SourceError
from funnelkit.pipeline import provenance
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import load_one
from funnelkit.sources.preset import Header, Preset, choose, currency_in
from funnelkit.sources.presetfiles import builtin, in_folder, parse
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import TABLES
from tests.reading import ENGINE, SAMPLES, load, load_file, rows, sums

FILES = sorted(p for p in SAMPLES.iterdir() if not p.name.endswith(".expected.json"))
MINIMAL: dict[str, Any] = {
    "tool": "Kettle CRM",
    "export": "deals",
    "table": "deals",
    "where": "Deals > Export",
    "match": [["Kettle number"]],
    "columns": {"deal_id": "Kettle number", "amount": {"from": ["Price"], "decimal": ","}},
}


def expected(path: Path) -> dict[str, Any]:
    """What the sample at *path* holds."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{path.stem}.expected.json").read_text("utf-8"))
    return found


def header_of(path: Path) -> tuple[str, ...]:
    """The header of the sample at *path*, also of one that is refused."""
    try:
        return load_file(path).export.header
    except SourceError as error:
        return error.header


READ = [p for p in FILES if "refused" not in expected(p)]
REFUSED = [p for p in FILES if "refused" in expected(p)]


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
def test_a_sample_gives_exactly_what_stands_in_it(path: Path) -> None:
    loaded, wanted = load_file(path), expected(path)
    preset = loaded.export.kind.preset
    first, last = provenance.dates(loaded)
    found = {
        "preset": preset and preset.name,
        "table": loaded.table,
        "header_line": loaded.export.dialect.header_line,
        "encoding": loaded.export.dialect.encoding,
        "rows": loaded.rows,
        "used": loaded.used,
        "set_aside": {
            reason: sorted(line for a in loaded.aside if a.reason == reason for line in a.lines)
            for reason in {a.reason for a in loaded.aside}
        },
        "first_date": first and first.isoformat(),
        "last_date": last and last.isoformat(),
        "currencies": sorted({row["currency"] or "" for row in rows(loaded) if "currency" in row} - {""}),
    }
    assert found == {key: wanted[key] for key in found}
    assert sums(loaded) == {column: Decimal(text) for column, text in wanted["sums"].items()}
    by_line = {row["line"]: row for row in rows(loaded)}
    for row in wanted["canonical"]:
        assert {key: by_line[row["line"]][key] for key in row} == row


@pytest.mark.parametrize("path", REFUSED, ids=lambda p: p.stem)
def test_a_sample_of_no_use_is_refused_with_the_reason(path: Path) -> None:
    wanted = expected(path)
    with pytest.raises(SourceError, match=re.escape(wanted["says"])) as refused:
        load_file(path)
    assert (refused.value.code, bool(refused.value.hint)) == (wanted["refused"], True)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_exactly_one_preset_recognises_a_sample(path: Path) -> None:
    header = Header(header_of(path))
    assert [p.name for p in builtin() if p.recognises(header, path.name)] == [path.stem.partition("--")[0]]


@pytest.mark.parametrize("preset", builtin(), ids=lambda p: p.name)
def test_a_preset_has_a_sample_and_says_where_to_click(preset: Preset) -> None:
    own = [p for p in FILES if p.stem.partition("--")[0] == preset.name]
    assert own, f"tests/presets/{preset.name}.csv is missing"
    assert len(preset.where) > 10
    assert preset.tool
    assert preset.export
    if preset.refuse:
        return
    seen = {column for path in own for column in load_file(path).export.kind.columns}
    needed = {c for group in TABLES[preset.table].needs if len(group) == 1 for c in group}
    assert needed <= seen or preset.table == "deals", "the samples show what the table needs"


@pytest.mark.parametrize("preset", builtin(), ids=lambda p: p.name)
def test_the_headers_of_a_preset_stand_for_one_column_each(preset: Preset) -> None:
    # A cell may hold a range of days, of which start and end are the two ends.
    columns = {target: source for target, source in preset.columns.items() if target != "end"}
    headers = [h.casefold() for source in columns.values() for h in set(source.headers)]
    assert sorted(headers) == sorted(set(headers))


def test_no_sample_is_forgotten() -> None:
    names = {p.name for p in builtin()}
    assert {p.stem.partition("--")[0] for p in FILES} == names
    assert {p.name.removesuffix(".expected.json") for p in SAMPLES.glob("*.json")} == {p.stem for p in FILES}


# The language of presets


def test_a_preset_is_read_from_its_document() -> None:
    preset = parse("kettle", MINIMAL)
    assert (preset.name, preset.table, preset.match) == ("kettle", "deals", (("Kettle number",),))
    assert (preset.columns["amount"].headers, preset.columns["amount"].decimal) == (("Price",), ",")
    assert not preset.unverified


@pytest.mark.parametrize(
    ("change", "words", "hint"),
    [
        ({"colums": {}}, "preset kettle: key 'colums' is unknown", "Did you mean columns?"),
        ({"table": "deal"}, "preset kettle: table 'deal' is unknown", "Did you mean deals"),
        ({"columns": {"amout": "Price"}}, "preset kettle: column 'amout' is unknown", "Did you mean amount?"),
        (
            {"columns": {"amount": {"from": "A", "decimals": ","}}},
            "column key 'decimals' is unknown",
            "decimal",
        ),
        ({"constants": {"curency": "EUR"}}, "preset kettle: column 'curency' is unknown", "currency"),
        ({"lacks": {"sorce": "add it"}}, "preset kettle: column 'sorce' is unknown", "source"),
        ({"values": {"stauts": {"won": "X"}}}, "preset kettle: column 'stauts' is unknown", "status"),
        ({"totals": ["Total("]}, "preset kettle: 'Total\\(' is no regular expression", "backslash"),
        ({"footers": ["*"]}, "preset kettle: '\\*' is no regular expression", "backslash"),
    ],
)
def test_a_slip_in_a_preset_is_told_with_a_suggestion(change: dict[str, Any], words: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        parse("kettle", {**MINIMAL, **change})
    assert hint in caught.value.hint


@pytest.mark.parametrize("key", ["tool", "export", "table", "where", "match", "columns"])
def test_a_preset_without_an_essential_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=f"the key '{key}' is missing"):
        parse("kettle", {k: v for k, v in MINIMAL.items() if k != key})


def test_the_presets_of_a_folder_are_named_after_their_files(tmp_path: Path) -> None:
    (tmp_path / "kettle.yaml").write_text(json.dumps(MINIMAL))
    assert [p.name for p in in_folder(tmp_path)] == ["kettle"]
    for text in ("- a list", "a: [", "just words"):
        (tmp_path / "kettle.yaml").write_text(text)
        with pytest.raises(ConfigError, match=r"kettle\.yaml"):
            in_folder(tmp_path)
    (tmp_path / "kettle.yaml").unlink()
    with pytest.raises(ConfigError, match="there are no presets in this folder"):
        in_folder(tmp_path)


def test_two_presets_that_fit_one_header_are_told_and_not_chosen_between() -> None:
    presets = [parse(name, MINIMAL) for name in ("one", "two")]
    with pytest.raises(SourceError, match=r"k\.csv: fits one and two") as caught:
        choose(["Kettle number", "Price"], presets, "k.csv")
    assert caught.value.hint == "Say which: one=k.csv"
    assert choose(["Kettle number"], presets[:1], "k.csv") is presets[0]
    assert choose(["Pot number"], presets, "k.csv") is None


def test_headers_are_found_without_regard_to_case_blanks_and_broken_letters() -> None:
    header = Header(["  amount  SPENT (eur)", "Montant dÃ©pensÃ© (CHF)", "Deal name", "deal name"])
    assert header.find("Amount spent ({currency})") == "  amount  SPENT (eur)"
    assert header.find("Montant dépensé ({currency})") == "Montant dÃ©pensÃ© (CHF)"
    assert header.find("Deal Name") == "Deal name"
    assert header.find("Deal") is None
    assert currency_in(["Amount spent ({currency})"], "amount spent (eur)") == "EUR"
    assert currency_in(["Amount spent ({currency})"], "Amount spent (euro)") is None


def test_a_forced_preset_reads_what_it_would_not_have_recognised() -> None:
    text = "Deal ID,Deal Name,Deal Stage,Create Date\n1,A,Closed won,2026-01-05\n"
    loaded = load(text.replace("Deal Name", "Name"), kind="hubspot_deals")
    assert loaded.export.kind.preset is not None
    assert loaded.export.kind.preset.name == "hubspot_deals"
    assert rows(loaded)[0]["status"] == "won"


def test_a_preset_may_say_what_its_tool_never_writes(tmp_path: Path) -> None:
    (tmp_path / "kettle.yaml").write_text(
        json.dumps({**MINIMAL, "constants": {"currency": "CHF", "owner": "Ada"}})
    )
    one = Input(
        file="k.csv",
        path=Path("k.csv"),
        settings=FileSettings(),
        data=b'Kettle number,Price\n1,"2,50"\n2,"1,00"\n',
    )
    loaded = load_one(one, Config(presets=tmp_path), "UTC", ENGINE)
    assert sums(loaded) == {"amount": Decimal("3.5")}
    assert [(row["currency"], row["owner"]) for row in rows(loaded)] == [("CHF", "Ada")] * 2
    assert {"currency", "owner"} <= loaded.present


def test_every_preset_of_the_package_holds_only_what_a_preset_may_hold() -> None:
    # Reading them skips the checks, for a quick start.
    paths = sorted((shipped.files("funnelkit.sources") / "presets").glob("*.yaml"))
    documents = {path.stem: shipped.yaml_document(path.read_text("utf-8")) for path in paths}
    assert [parse(name, document) for name, document in documents.items()] == list(builtin())
