"""What is said to the options that commands share arrives, each where it belongs."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.app import run
from funnelkit.cli.shared import OWN, Asked, shares
from funnelkit.errors import UsageError
from funnelkit.pipeline import cohorting, forecasting, reporting
from funnelkit.pipeline.options import Options

SAID = (
    "--by channel,owner --by country --where channel=email --where owner!=ada --period 2026 --grain week --compare prev,yoy "
    "--metrics leads,cac --sort cac --top 3 --as-of 2026-11-02 --timezone Asia/Tokyo --currency EUR --horizon 60 --anchor event "
    "--stage-entry strict --min-n 7 --probability crm --drop-tests --dedupe-emails --merge-unknown --clamp-negative --gross "
    "--first-close --constant-currency 2026-01-31 --date-order dmy --decimal , --strict --engine duckdb --memory-limit 2GB "
    "--config own.yaml --no-config"
).split()
MEANT = Options(
    by=["channel", "owner", "country"],
    where=["channel=email", "owner!=ada"],
    period="2026",
    grain="week",
    compare="prev,yoy",
    metrics=["leads", "cac"],
    sort="cac",
    top=3,
    as_of="2026-11-02",
    timezone="Asia/Tokyo",
    currency="EUR",
    horizon=60,
    anchor="event",
    stage_entry="strict",
    min_n=7,
    probability="crm",
    drop_tests=True,
    dedupe_emails=True,
    merge_unknown=True,
    clamp_negative=True,
    gross=True,
    first_close=True,
    constant_currency="2026-01-31",
    date_order="dmy",
    decimal=",",
    strict=True,
    engine="duckdb",
    memory_limit="2GB",
    config="own.yaml",
    no_config=True,
)


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What commands ask the pipeline for, which then stops them."""
    found: list[tuple[Any, ...]] = []

    def stop(*given: Any, **_: Any) -> None:
        found.append(given)
        raise UsageError("far enough")

    for module, name in ((reporting, "report"), (cohorting, "cohorts"), (forecasting, "forecast")):
        monkeypatch.setattr(module, name, stop)
    return found


def test_every_option_of_a_report_arrives(arrived: list[tuple[Any, ...]]) -> None:
    assert run(["report", "leads.csv", "deals.csv", *SAID]) == 2
    files, options, _ = arrived[0]
    assert (list(files), options) == (["leads.csv", "deals.csv"], MEANT)
    unsaid = [name for name in Options.__struct_fields__ if getattr(MEANT, name) == getattr(Options(), name)]
    assert unsaid == []


def test_what_is_not_said_is_left_to_the_configuration(arrived: list[tuple[Any, ...]]) -> None:
    assert run(["report"]) == 2
    files, options, _ = arrived[0]
    assert (list(files), list(options.by), list(options.where), list(options.metrics)) == ([], [], [], [])
    assert options == Options(by=options.by, where=options.where, metrics=options.metrics)


@pytest.mark.parametrize("command", ["cohorts", "forecast"])
def test_the_grain_of_a_command_of_its_own_arrives_too(command: str, arrived: list[tuple[Any, ...]]) -> None:
    assert run([command, "leads.csv", "--grain", "quarter"]) == 2
    assert arrived[0][1].grain == "quarter"


def test_the_options_of_a_command_itself_stand_where_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[object] = []

    @shares(a.BY, OWN, a.TOP.saying("As many as fingers."), a.QUIET, a.OUTPUT)
    def made(asked: Asked, depth: Annotated[int, typer.Option("--depth", help="How deep.")] = 2) -> None:
        seen.extend((list(asked.options.by), asked.options.top, asked.quiet, list(asked.output), depth))

    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command()(made)
    app(["--by", "a,b", "-q", "-o", "x.md", "-o", "y.md", "--depth", "5"], standalone_mode=False)
    assert seen == [["a", "b"], None, True, ["x.md", "y.md"], 5]
    app(["--help"], standalone_mode=False)
    told = capsys.readouterr().out
    order = [told.index(name) for name in ("--by", "--depth", "--top", "--quiet", "--output")]
    assert order == sorted(order)
    assert "As many as fingers." in told
    assert "As many as fingers." not in str(a.TOP.default.help)


def test_a_shared_option_that_goes_nowhere_is_a_fault() -> None:
    @shares(a.word("colour", "NAME", "Of what?"))
    def made(asked: Asked) -> None:
        raise AssertionError

    with pytest.raises(TypeError, match="colour"):
        made(colour="red")
