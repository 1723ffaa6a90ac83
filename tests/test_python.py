"""The Python API: without these tests the README's example could fail, or an answer differ from the command's."""

from __future__ import annotations

import inspect
import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import funnelkit
from funnelkit import render
from funnelkit.cli.app import run
from funnelkit.errors import ConfigError, MissingInputError, UsageError
from funnelkit.pipeline.calls import _WORDS
from funnelkit.pipeline.options import Options
from funnelkit.render import study as studies
from funnelkit.studies import Study
from tests.test_imports import HEAVY

ROOT = Path(__file__).parent.parent
FILES = {
    "leads.csv": "hubspot-crm-exports-all-contacts-2026-09-30.csv",
    "deals.xlsx": "hubspot-crm-exports-all-deals-2026-09-30.xlsx",
    "ads.csv": "Campaign report.csv",
    "targets.csv": "targets.csv",
}
EXPORTS = ["leads.csv", "deals.xlsx", "ads.csv"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the exports of the example, called as the README calls them."""
    for name, source in FILES.items():
        shutil.copy(ROOT / "examples" / source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_of_the_readme_runs_and_means_what_it_says(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(
        r"<!-- python -->\n```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert found
    (here / "example.py").write_text(found[1], "utf-8")
    known = runpy.run_path("example.py")
    assert known["report"].metrics["leads"].value == 192
    assert {"channel", "target", "verdict"} <= {*known["report"].to_frame().columns}
    assert known["cohorts"].table("cohorts").to_frame()["leads"].tolist() == [171, 192, 192, 555]
    assert known["checked"].study.table("targets").to_frame()["metric"].tolist()[:2] == [
        "leads",
        "lead_conversion_rate",
    ]
    assert (here / "kept").is_dir()
    assert "nowhere.csv" in capsys.readouterr().out


def of_command(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> Any:
    assert run([*arguments, "-q", "-f", "json"]) in (0, 4, 5)
    return json.loads(capsysbinary.readouterr().out)


ANSWERS: dict[str, tuple[list[str], Any]] = {
    "cohorts": (
        ["cohorts", *EXPORTS, "--grain", "quarter", "--age-days", "45", "--ages", "3", "--stage", "mql"],
        lambda: funnelkit.cohorts(EXPORTS, grain="quarter", age_days=45, ages=3, stage="mql"),
    ),
    "cycle": (
        ["cycle", *EXPORTS, "--by", "owner", "--where", "owner!=Nobody"],
        lambda: funnelkit.cycle(EXPORTS, by="owner", where="owner!=Nobody"),
    ),
    "ltv": (
        [
            "ltv",
            *EXPORTS,
            "--of",
            "deals",
            "--by",
            "owner",
            "--ahead",
            "6",
            "--margin",
            "0.7",
            "--discount",
            "0.1",
        ],
        lambda: funnelkit.ltv(EXPORTS, of="deals", by="owner", ahead=6, margin=0.7, discount=0.1),
    ),
    "forecast": (
        ["forecast", *EXPORTS, "--method", "ses", "--ahead", "2", "--metrics", "leads", "--by", "owner"],
        lambda: funnelkit.forecast(EXPORTS, method="ses", ahead=2, metrics="leads", by="owner"),
    ),
    "attribution": (
        ["attribution", *EXPORTS, "--model", "last,first", "--window", "60", "--where", "owner!=Nobody"],
        lambda: funnelkit.attribution(EXPORTS, model="last,first", window=60, where="owner!=Nobody"),
    ),
    "why": (
        ["why", "win_rate", *EXPORTS, "--between", "channel=direct,email", "--by", "owner"],
        lambda: funnelkit.why("win_rate", EXPORTS, between="channel=direct,email", by=["owner"]),
    ),
    "check": (
        ["check", *EXPORTS, "--targets", "targets.csv"],
        lambda: funnelkit.check(EXPORTS, targets=Path("targets.csv")).study,
    ),
    "metric": (
        ["metrics", "cac", *EXPORTS, "--period", "2026-Q3"],
        lambda: funnelkit.metric("cac", EXPORTS, period="2026-Q3"),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_that_of_the_command(name: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments, ask = ANSWERS[name]
    answer = ask()
    assert isinstance(answer, Study)
    assert json.loads(studies.render(answer, "json")) == of_command(capsysbinary, *arguments)


def test_a_report_takes_one_file_and_one_word_for_a_list(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    report = funnelkit.report("leads.csv", by="channel,owner", metrics="leads", where="channel!=email")
    command = [
        "report",
        "leads.csv",
        "--by",
        "channel,owner",
        "--metrics",
        "leads",
        "--where",
        "channel!=email",
    ]
    assert json.loads(render.render(report, "json")) == of_command(capsysbinary, *command)


def test_the_catalogue_has_the_metrics_of_the_configuration(here: Path) -> None:
    (here / "funnelkit.yaml").write_text(
        "metrics:\n  our_cost: {label: Ours, formula: spend / leads, unit: money, better: lower}\n"
    )
    assert funnelkit.catalog()["our_cost"].label == "Ours"
    assert "our_cost" not in funnelkit.catalog(no_config=True)
    assert funnelkit.catalog(no_config=True)["cac"].unit == "money"


def test_what_cannot_be_is_raised_as_a_sentence() -> None:
    with pytest.raises(MissingInputError, match=r"nowhere\.csv"):
        funnelkit.cohorts(["nowhere.csv"])
    with pytest.raises(UsageError, match="there is no stage"):
        funnelkit.cohorts(EXPORTS, stage="closing")
    with pytest.raises(UsageError, match="there is no metric"):
        funnelkit.metric("cacc", EXPORTS)
    Path("wrong.csv").write_text("metric,period,value\nleds,2026-Q3,5\n", "utf-8")
    with pytest.raises(ConfigError, match=r"wrong\.csv:2: there is no metric 'leds'"):
        funnelkit.check(EXPORTS, targets="wrong.csv")
    with pytest.raises(KeyError, match="measures"):
        funnelkit.cycle(EXPORTS).table("measure")


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (lambda: funnelkit.cycle(EXPORTS, perid="2026"), "funnelkit.cycle has no option 'perid'", "period"),
        (
            lambda: funnelkit.forecast(EXPORTS, methd="ses"),
            "funnelkit.forecast has no option 'methd'",
            "method",
        ),
        (lambda: funnelkit.ltv(EXPORTS, modle="x"), "funnelkit.ltv has no option 'modle'", "model"),
        (
            lambda: funnelkit.catalog(conifg="x"),  # type: ignore[call-arg]
            "funnelkit.catalog has no option 'conifg'",
            "config",
        ),
        (
            lambda: funnelkit.forecast(EXPORTS, ahead="x"),  # type: ignore[arg-type]
            "funnelkit.forecast: ahead is 'x' (str), where a whole number or None is expected",
            "",
        ),
        (
            lambda: funnelkit.report(EXPORTS, gross="yes"),
            "funnelkit.report: gross is 'yes' (str), where True or False is expected",
            "",
        ),
        (
            lambda: funnelkit.report(EXPORTS, by=["channel", 3]),
            "funnelkit.report: by is ['channel', 3] (list), where a list of texts or a text is expected",
            "",
        ),
        (
            lambda: funnelkit.report(EXPORTS, top=True),
            "funnelkit.report: top is True (bool), where a whole number or None is expected",
            "",
        ),
        (
            lambda: funnelkit.report(5),  # type: ignore[arg-type]
            "funnelkit.report: files is 5 (int), where a path or a list of paths is expected",
            "",
        ),
        (
            lambda: funnelkit.why(),  # type: ignore[call-arg]
            "funnelkit.why: missing a required argument: 'metric'",
            "It is called as why(metric, files, between, **options).",
        ),
    ],
)
def test_calls_that_cannot_be_meant_are_sentences(call: Callable[[], Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as found:
        call()
    assert str(found.value) == message
    assert hint in found.value.hint


def test_every_kind_of_argument_is_known() -> None:
    """An annotation that the check does not know would refuse every value."""
    for name in funnelkit.__all__:
        function = getattr(funnelkit, name)
        if callable(function):
            kinds = {one.annotation for one in inspect.signature(function).parameters.values()} - {"Any"}
            assert {part for kind in kinds for part in kind.split(" | ")} <= set(_WORDS)
    kinds_of_options = {part for kind in Options.__annotations__.values() for part in kind.split(" | ")}
    assert kinds_of_options <= set(_WORDS)


def test_the_functions_are_there_before_anything_heavy_is() -> None:
    code = "import funnelkit, sys; [getattr(funnelkit, n) for n in funnelkit.__all__]; print(*(m.partition('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
    assert all(callable(getattr(funnelkit, name)) for name in funnelkit.__all__ if name != "__version__")
