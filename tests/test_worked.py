"""A metric worked out in the open: the numbers shown make the value shown, which is that of the report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from funnelkit import report
from funnelkit.metrics import catalog
from funnelkit.metrics.formula import evaluate
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.working import worked
from funnelkit.render.study import render
from tests.company import write

PERIOD = "2025-Q2"
KNOWN = catalog.load()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    made = write(tmp_path_factory.mktemp("company"), 3_000, seed=5)
    return [str(path) for path in (made.leads, made.deals, made.ads)]


def seen(metric: str, files: list[str], **options: Any) -> Any:
    made = worked(metric, files, Options(period=PERIOD, no_config=True, **options))
    return json.loads(render(made, "json"))


@pytest.mark.parametrize("metric", ["cac", "cpl", "mql_rate", "deals_open", "roas", "ctr", "cpm", "win_rate"])
def test_the_parts_make_the_value(files: list[str], metric: str) -> None:
    document = seen(metric, files)
    parts = {row["name"]: row["value"]["value"] for row in document["tables"][0]["rows"]}
    formula = KNOWN.metrics[metric].formula
    assert formula is not None
    # A metric in a formula is worked out of its own parts.
    given = {name: parts.get(name) for name in formula.names}
    if None in given.values():
        inner = report(files, period=PERIOD, metrics=list(given), no_config=True).metrics
        given = {name: parts.get(name, getattr(inner.get(name), "value", None)) for name in given}
    expected = report(files, period=PERIOD, metrics=[metric], no_config=True).metrics[metric].value
    assert evaluate(formula.text, given) == pytest.approx(expected, rel=1e-12)
    assert formula.text in document["sentences"][1]
    assert KNOWN.metrics[metric].convention == document["sentences"][-1]


def test_a_rate_and_a_mean_show_what_is_divided(files: list[str]) -> None:
    for metric, how in (("lead_conversion_rate", "leads_won / leads"), ("deal_size", "mean of won_amounts")):
        cell = report(files, period=PERIOD, metrics=[metric], no_config=True).metrics[metric]
        assert cell.numerator
        assert cell.denominator
        said = seen(metric, files)["sentences"][1]
        assert said.startswith(f"{how} = ")
        top, bottom = (float(n.replace(",", "")) for n in said.split(" = ")[1].split(" / "))
        assert (top, bottom) == (cell.numerator, cell.denominator)
        assert cell.value == pytest.approx(top / bottom)


def test_each_part_names_its_files(files: list[str]) -> None:
    rows = {row["name"]: row["files"] for row in seen("cac", files)["tables"][0]["rows"]}
    assert Path(rows["spend"].split(" (")[0]).name == "ads.csv"
    assert Path(rows["customers_new"].split(" (")[0]).name == "deals.csv"


def test_what_cannot_be_worked_out_says_why(files: list[str]) -> None:
    document = seen("cac", files[:2])
    assert "no spend loaded" in document["sentences"][0]
    assert seen("cac", files[:2], where=["channel=email"])["filters"] == ["channel=email"]


def test_from_the_command_line(files: list[str]) -> None:
    command = [sys.executable, "-m", "funnelkit", "metrics"]
    done = subprocess.run(
        [*command, "win_rate", *files, "--no-config"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "new_won / (new_won + new_lost) =" in done.stdout
    wrong = subprocess.run(
        [*command, "winrate", *files, "--no-config"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "Did you mean win_rate" in wrong.stderr
