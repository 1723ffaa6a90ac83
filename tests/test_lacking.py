"""A file that is not what it was said to be: without these tests the advice would be for another table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from funnelkit.cli.app import run
from funnelkit.config.load import load
from funnelkit.tables import TABLES

UNKNOWN = "Foo,Bar,Baz\n2026-01-05,7,x\n2026-01-06,8,y\n"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["report", *arguments, "--no-config"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def lines(said: str) -> str:
    """The lines for funnelkit.yaml in an error."""
    return "\n".join(line[2:] for line in said[said.index("  sources:") :].splitlines())


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_the_advice_is_for_the_table_that_was_named(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(UNKNOWN, "utf-8")
    said = refused(capsys, f"{kind}={path}")
    assert f"As {kind} it needs " in said
    (advised,) = yaml.safe_load(lines(said))["sources"]
    assert (advised["path"], advised["table"]) == ("x.csv", kind)
    assert all(any(column in group for column in advised["columns"]) for group in TABLES[kind].needs)
    assert kind == "leads" or "leads=" not in said


@pytest.mark.parametrize(
    ("kind", "filled"),
    [
        ("costs", {"DATE": "Foo", "AMOUNT": "Bar"}),
        ("quotas", {"DATE": "Foo", "AMOUNT": "Bar"}),
        ("web", {"DATE": "Foo", "SESSIONS": "Bar"}),
        ("emails", {"SENT": "Foo", "DELIVERED": "Bar"}),
    ],
)
def test_the_advised_lines_settle_it(
    kind: str, filled: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, config = tmp_path / "x.csv", tmp_path / "funnelkit.yaml"
    path.write_text(UNKNOWN, "utf-8")
    text = lines(refused(capsys, f"{kind}={path}"))
    for placeholder, header in filled.items():
        text = text.replace(f"NAME OF ITS {placeholder} COLUMN", header)
    config.write_text(text, "utf-8")
    assert load(config).sources[0].table == kind
    assert run(["inspect", str(path), "--config", str(config), "-f", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert (found["table"], found["used"]) == (kind, 2)


def test_headers_that_are_known_stand_in_the_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Month,Type,What: it was\n2026-07,Salaries,100\n2026-08,Salaries,120\n", "utf-8")
    said = refused(capsys, f"costs={path}")
    assert "none of its columns is known as an amount" in said
    assert "no header of it is known for an amount." in said
    assert "{start: Month, amount: NAME OF ITS AMOUNT COLUMN}" in said


def test_a_preset_that_does_not_fit_names_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(UNKNOWN, "utf-8")
    assert "`funnelkit sources hubspot_deals`" in refused(capsys, f"hubspot_deals={path}")


def test_a_kind_that_is_none_lists_the_tables_and_not_a_hundred_presets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(UNKNOWN, "utf-8")
    assert run(["report", f"zebras={path}", "--no-config"]) == 2
    said = capsys.readouterr().err
    assert "Tables: leads, deals, spend" in said
    assert "zoho_leads" not in said
    assert run(["report", f"quots={path}", "--no-config"]) == 2
    assert "quotas" in capsys.readouterr().err
