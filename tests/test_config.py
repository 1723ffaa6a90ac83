"""funnelkit.yaml. A misspelt key, or a value that YAML reads as something else, must not pass in silence.

Each message that a person can see has an example here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from funnelkit.agreements import Condition, Rule, Sla
from funnelkit.config import NAME, ColumnSpec, Config, SourceSpec, config_schema, find, load
from funnelkit.config.containers import Field, Keyed, Record, Several
from funnelkit.config.keys import COLUMN, FILE, SOURCE
from funnelkit.errors import ConfigError, FunnelkitError, MissingInputError, SeveralProblems
from funnelkit.goals import Alert
from funnelkit.metrics import stages
from funnelkit.periods import Calendar
from funnelkit.tables import TABLES

EVERYTHING = """\
timezone: Europe/Berlin
currency: EUR
rates: rates.csv                 # date, from, to, rate
calendar: {week_start: sunday, fiscal_year_start: 4}
as_of: "2026-09-30"
period: last-quarter
by: [channel, owner]
grain: month
compare: yoy
sources:
  - {path: "exports/hubspot-*.csv"}
  - path: crm/deals.xlsx
    table: deals
    columns:
      amount: {from: Total, decimal: ","}
      closed_at: {from: Closed on, format: "%d/%m/%Y"}
      status: Phase
    values: {status: {won: [Gewonnen], lost: [Verloren]}}
    timezone: America/Sao_Paulo
    currency: BRL
    decimal: "."
    date_order: dmy
    sheet: Deals 2026
    overlap: last
  - path: ads.csv
    preset: google_ads_campaign
    pinned: true
    unused: [Budget]
    unclear: [Perhaps]
    encoding: utf-16
    delimiter: "\\t"
channels: {paid_search: [google-ads, sem], partners: reseller}
stages: [lead, mql, sql, opportunity, customer]
stage_entry: strict
anchor: event
gross_margin: 0.72
discount: 0.1
horizon: 60
sla: 2 days
qualification:
  - {version: 2025-07, mql: {score: {at_least: 40}}}
  - version: 2026-01
    since: "2026-01-01"
    mql: [{score: {at_least: 50.5, at_most: 90}, country: [DE, AT]}, {source: demo request}]
brand: [acme, "&Co", 7]
min_n: 20
probability: crm
drop_tests: true
dedupe_emails: true
merge_unknown: true
clamp_negative: true
gross: true
first_close: true
constant_currency: "2026-01-31"
spark: {master: "local[2]", options: {spark.executor.memory: 4g, spark.ui.enabled: false}}
costs: costs.csv
targets: ../targets.csv
alerts:
  - {name: Dear leads, metric: cpl, segment: "channel=email,sms", period: last-month, above: 12 %}
  - {metric: leads, period: 2026-08, falls: 0.2, against: yoy}
  - {table: deals, older_than: 3}
presets: presets
measures:
  demos: {table: leads, count: true, where: {status: [demo, trial], converted: false}, date: sql_at,
    label: Demos}
  booked: {table: deals, sum: amount}
metrics:
  cost_per_demo: {formula: spend / demos, label: Cost per demo, unit: money, better: lower}
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str | bytes) -> Path:
        path = tmp_path / NAME
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusals(path: Path) -> list[FunnelkitError]:
    """Why the file is refused; none where it is accepted. Anything but an error in words is a failure."""
    try:
        load(path)
    except FunnelkitError as refusal:
        if refusal.exit_code != 2:
            raise
        return list(refusal.problems) if isinstance(refusal, SeveralProblems) else [refusal]
    return []


def problems(path: Path) -> list[FunnelkitError]:
    """Why the file is refused, which it must be."""
    found = refusals(path)
    assert found
    return found


def in_words(path: Path, refused: list[FunnelkitError]) -> bool:
    """Whether each refusal is a sentence about the file that a terminal can show."""
    said = [str(problem) for problem in refused]
    return all(text.startswith(f"{path}:") and text.isprintable() for text in said)


def test_a_file_with_every_key_becomes_the_configuration_that_it_says(write: Any) -> None:
    path = write(EVERYTHING)
    here = path.parent
    crm = SourceSpec(
        path=str(here / "crm/deals.xlsx"),
        table="deals",
        columns={
            "amount": ColumnSpec(source="Total", decimal=","),
            "closed_at": ColumnSpec(source="Closed on", format="%d/%m/%Y"),
            "status": ColumnSpec(source="Phase"),
        },
        values={"status": {"won": ("Gewonnen",), "lost": ("Verloren",)}},
        timezone="America/Sao_Paulo",
        currency="BRL",
        decimal=".",
        date_order="dmy",
        sheet="Deals 2026",
        overlap="last",
    )
    assert replace(load(path), lines={}) == Config(
        path=path,
        timezone="Europe/Berlin",
        currency="EUR",
        rates=here / "rates.csv",
        calendar=Calendar(week_start="sunday", fiscal_year_start=4),
        as_of="2026-09-30",
        period="last-quarter",
        by=("channel", "owner"),
        grain="month",
        compare="yoy",
        sources=(
            SourceSpec(path=str(here / "exports/hubspot-*.csv")),
            crm,
            SourceSpec(
                path=str(here / "ads.csv"),
                preset="google_ads_campaign",
                pinned=True,
                unused=("Budget",),
                unclear=("Perhaps",),
                encoding="utf-16",
                delimiter="\t",
            ),
        ),
        channels={"paid_search": ("google-ads", "sem"), "partners": ("reseller",)},
        stages=stages.Path(shown=("lead", "mql", "sql", "opportunity", "customer")),
        stage_entry="strict",
        anchor="event",
        gross_margin=Decimal("0.72"),
        discount=Decimal("0.1"),
        horizon=60,
        sla=Sla(minutes=2880, in_days=True),
        qualification=(
            Rule(version="2025-07", since=None, ways=((Condition(column="score", at_least=Decimal(40)),),)),
            Rule(
                version="2026-01",
                since=20454,
                ways=(
                    (
                        Condition(column="score", at_least=Decimal("50.5"), at_most=Decimal(90)),
                        Condition(column="country", words=("DE", "AT")),
                    ),
                    (Condition(column="source", words=("demo request",)),),
                ),
            ),
        ),
        brand=("acme", "&Co", "7"),
        min_n=20,
        probability="crm",
        drop_tests=True,
        dedupe_emails=True,
        merge_unknown=True,
        clamp_negative=True,
        gross=True,
        first_close=True,
        constant_currency="2026-01-31",
        spark={"master": "local[2]", "options": {"spark.executor.memory": "4g", "spark.ui.enabled": "false"}},
        costs=here / "costs.csv",
        targets=here.parent / "targets.csv",
        alerts=(
            Alert(
                name="Dear leads",
                metric="cpl",
                segment="channel=email,sms",
                period="last-month",
                above=Decimal("0.12"),
                at=f"{path}:59",
            ),
            Alert(metric="leads", period="2026-08", falls=Decimal("0.2"), against="yoy", at=f"{path}:60"),
            Alert(table="deals", older_than=3, at=f"{path}:61"),
        ),
        presets=here / "presets",
        measures={
            "demos": {
                "table": "leads",
                "count": True,
                "where": {"status": ("demo", "trial"), "converted": (False,)},
                "date": "sql_at",
                "label": "Demos",
            },
            "booked": {"table": "deals", "sum": "amount"},
        },
        metrics={
            "cost_per_demo": {
                "formula": "spend / demos",
                "label": "Cost per demo",
                "unit": "money",
                "better": "lower",
            }
        },
    )


@pytest.mark.parametrize("nothing", ["", "# all of it is commented out\n", "---\n", "\ufeff"])
def test_a_file_that_says_nothing_is_all_defaults(write: Any, nothing: str) -> None:
    path = write(nothing)
    assert replace(load(path), lines={}) == Config(path=path)


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        # Keys
        ('brand: ["!!"]', "1: brand: '!!' has no letter or digit", ""),
        ("curency: EUR", "1: unknown key 'curency'", "Did you mean currency?"),
        ("sources:\n  - path: a\n    colums: {}", "3: unknown key 'colums' in sources", "columns"),
        (
            "sources: [{path: a, columns: {amount: {form: Total, from: X}}}]",
            "in sources.columns.amount",
            "from",
        ),
        ("calendar: {week: monday}", "1: unknown key 'week' in calendar", "week_start"),
        ("spark: {mastr: local}", "unknown key 'mastr' in spark", "master"),
        ("metrics: {roi: {formula: a, units: money}}", "unknown key 'units' in metrics.roi", "unit"),
        (
            "measures: {n: {table: leads, count: true, were: {}}}",
            "unknown key 'were' in measures.n",
            "where",
        ),
        (
            "currency: EUR\n\ncurrency: USD",
            "3: the key 'currency' stands here again; line 1 has it too",
            "",
        ),
        ("channels: {sms: [a], sms: [b]}", "1: the key 'sms' stands here again", ""),
        ("a: &a {}\n<<: *a", "2: the key '<<' (merge) is not supported", "Write the merged keys out."),
        ("[1, 2]: 3", "1: a key in the file is a list, where a word is needed", ""),
        ("channels: {~: [a]}", "a key in channels is empty, where a word is needed", ""),
        ("sources: [{table: deals}]", "1: sources has no key 'path'", "A file or a pattern"),
        ("metrics: {roi: {unit: money}}", "metrics.roi has no key 'formula'", "Names of measures"),
        ("measures: {n: {count: true}}", "measures.n has no key 'table'", "table"),
        ("measures: {n: {table: leads}}", "measures.n must have either 'sum' or 'count'", ""),
        (
            "measures: {n: {table: leads, sum: score, count: true}}",
            "must have either 'sum' or 'count'",
            "",
        ),
        # The whole file, lists and groups
        ("- a\n- b", "1: the file is a list, where a group of keys is needed", ""),
        ("words", "1: the file is the text 'words', where a group of keys is needed", ""),
        ("sources: exports/*.csv", "sources is the text 'exports/*.csv', where a list is needed", ""),
        ("sources: [a.csv]", "sources is the text 'a.csv', where a group of keys is needed", ""),
        ("stages: lead", "stages is the text 'lead', where a list is needed", ""),
        ("channels: [a]", "channels is a list, where a group of keys is needed", ""),
        ("timezone: {a: b}", "timezone is a group of keys, where a time zone is needed", ""),
        ("stages: [lead, mql, lead]", "stages has the text 'lead' twice", ""),
        ("by: [owner, owner]", "by has the text 'owner' twice", ""),
        # Nothing where something should be
        ("rates:", "rates has no value, where text is needed", "Write one, or delete the key."),
        ("sources:\n  -", "2: sources has no value", "Write one"),
        ("stages: [lead, '']", "stages is the text '', where text is needed", ""),
        # YAML's own ideas
        (
            "currency: NO",
            "1: currency is 'NO', which YAML takes for a boolean, where a currency code",
            "quotes",
        ),
        (
            "measures: {n: {table: leads, count: true, where: {country: NO}}}",
            "where.country is 'NO', which YAML takes for a boolean, where text, a whole number",
            "Put it in quotes",
        ),
        ("currency: !money EUR", "currency is marked '!money', where", ""),
        ("spark: !!python/object:os.system {}", "spark is marked 'python/object:os.system', where", ""),
        (
            "presets: {a: {tool: !!python/object:os.system {}}}",
            "presets.a holds what no preset has: could not determine a constructor",
            "",
        ),
        ("presets: {a: {tool: 2026-13-45}}", "presets.a holds what no preset has: month must be", ""),
        ("presets: {a: 3}", "presets.a is the number 3, where a preset is needed", "keys tool, export"),
        ("presets: 2026", "presets is the number 2026, where text is needed", "Put it in quotes"),
        ("sla: soon", "'soon' is no length of time", "24 h, 30 min or 2 days"),
        ("sla: 0 h", "'0 h' is no length of time", "24 h"),
        ("qualification: {mql: {score: {at_least: 5}}}", "has no key 'version'", "called"),
        ("qualification: {version: a}", "has no key 'mql'", "to be an MQL"),
        ("qualification: {version: a, mql: {score: {}}}", "rule is empty", "must have"),
        ("qualification: {version: a, mql: {scroe: {at_least: 5}}}", "unknown key 'scroe'", "score"),
        ("qualification: {version: a, mql: {score: {above: 5}}}", "unknown key 'above'", "at_least"),
        ("qualification: {version: a, mql: {score: {at_least: high}}}", "where a number", "50"),
        (
            "qualification: [{version: a, mql: {source: x}}, {version: b, mql: {source: y}}]",
            "not in the order of their days",
            "later `since`",
        ),
        (
            "qualification: [{version: a, mql: {source: x}}, {version: a, since: 2026-01-01, mql: {source: y}}]",
            "the same name",
            "",
        ),
        ("min_n: 010", "min_n is the number 010, where a whole number", "without a zero in front"),
        ("min_n: 1_000", "min_n is the number 1_000, where a whole number", "plain digits"),
        ("horizon: 1:30", "horizon is the number 1:30, where a whole number", "plain digits"),
        # Values
        ("horizon: ninety", "horizon is the text 'ninety', where a whole number from 1 to 36500", ""),
        ("horizon: '90'", "horizon is the text '90', where a whole number", ""),
        ("horizon: 0", "horizon is the number 0, where a whole number from 1", ""),
        ("horizon: 90.5", "horizon is the number 90.5, where a whole number", ""),
        ("gross_margin: 72", "gross_margin is the number 72, where a number above 0", "0.72"),
        ("gross_margin: 0", "gross_margin is the number 0, where", "0.72"),
        ("gross_margin: 72 %", "gross_margin is the text '72 %', where", "0.72"),
        ("gross_margin: .nan", "gross_margin is the number .nan, where", "0.72"),
        ("drop_tests: 1", "drop_tests is the number 1, where true or false is needed", ""),
        ("drop_tests: 'yes'", "drop_tests is the text 'yes', where true or false", ""),
        (
            "measures: {n: {table: leads, count: false}}",
            "count is the boolean false, where true is needed",
            "",
        ),
        (
            "measures: {n: {table: leads, count: true, where: {score: 0.5}}}",
            "where.score is the number 0.5, where text, a whole number",
            "quotes",
        ),
        ("currency: eur", "currency is the text 'eur', where a currency code of three capital", ""),
        ("currency: €", "currency is the text '€', where a currency code", ""),
        ("timezone: Europe/Berln", "timezone: no time zone is called 'Europe/Berln'", "Europe/Berlin"),
        ("timezone: utc", "timezone: no time zone is called 'utc'", "Did you mean UTC"),
        ("timezone: ../../etc/passwd", "timezone: no time zone is called", "IANA names"),
        ("timezone: localtime", "timezone: no time zone is called 'localtime'", ""),
        ("timezone: America", "timezone: no time zone is called 'America'", ""),
        ("as_of: today", "as_of: 'today' is no date", "never today"),
        ("as_of: 2026-02-30", "as_of: '2026-02-30' is no date", "2026-09-30"),
        ("as_of: 2026-1-5", "as_of: '2026-1-5' is no date", "2026-09-30"),
        ("period: 2026-13", "period: the period '2026-13' asks for month 13", "month and day"),
        ("period: last-mnth", "period: no period is written 'last-mnth'", "Did you mean last-month"),
        ("compare: prv", "compare: no period is written 'prv'", "Did you mean prev"),
        ("by: chanel", "by is the text 'chanel', where a dimension is needed", "Did you mean channel?"),
        ("grain: weeks", "grain is the text 'weeks', where a grain is needed", "Did you mean week?"),
        ("calendar: {week_start: sundy}", "calendar.week_start is the text 'sundy'", "sunday"),
        ("calendar: {fiscal_year_start: 13}", "is the number 13, where a whole number from 1 to 12", ""),
        ("sources: [{path: a, table: deal}]", "where the name of a table is needed", "Did you mean deals"),
        ("sources: [{path: a, decimal: ;}]", "where a decimal mark, '.' or ',' is needed", ""),
        ("sources: [{path: a, date_order: dym}]", "sources.date_order is the text 'dym'", "dmy"),
        ("sources: [{path: a, overlap: first}]", "where the word last is needed", "last"),
        ("sources: [{path: a, delimiter: tab}]", "where one character is needed", ""),
        ("sources: [{path: a, encoding: utf-9}]", "no text encoding is called 'utf-9'", "cp1252"),
        ("sources: [{path: a, encoding: rot13}]", "no text encoding is called 'rot13'", "cp1252"),
        (
            "sources: [{path: a, columns: {closed_at: {from: a, format: '%e.%m.%Y'}}}]",
            "the date pattern '%e.%m.%Y' has %e, which is not known",
            "%d day",
        ),
        (
            "sources: [{path: a, columns: {closed_at: {from: a, format: 50%}}}]",
            "the date pattern '50%' has %, which",
            "%d day",
        ),
        (
            "sources: [{path: a, columns: {closed_at: {from: a, format: '%d.%m.'}}}]",
            "the date pattern '%d.%m.' lacks the year or the month",
            "%d.%m.%Y",
        ),
        ("metrics: {roi: {formula: a, unit: percent}}", "metrics.roi.unit is the text 'percent'", "ratio"),
        ("metrics: {roi: {formula: a, better: up}}", "where higher, lower or none is needed", "lower"),
        ("metrics: {ROI: {formula: a}}", "the key 'ROI' in metrics is not a name of small letters", ""),
        # Columns and words
        (
            "sources: [{path: a, columns: {amout: Total}}]",
            "the key 'amout' in sources.columns is not the name of a column",
            "Did you mean amount",
        ),
        (
            "sources:\n- path: a\n  table: deals\n  columns:\n    mql_at: A",
            "5: sources.columns: the table deals has no column 'mql_at'",
            "",
        ),
        (
            "sources: [{path: a, table: leads, values: {amount: {a: [b]}}}]",
            "sources.values: the table leads has no column 'amount'",
            "",
        ),
        (
            "channels:\n  paid_search: [sem]\n  partners:\n    - x\n    - SEM",
            "5: channels gives the word 'SEM' to 'paid_search' and to 'partners'",
            "one meaning",
        ),
        (
            "sources: [{path: a, values: {status: {won: [ja], lost: [ja]}}}]",
            "sources.values.status gives the word 'ja' to 'won' and to 'lost'",
            "one meaning",
        ),
        (
            "measures: {a: {table: leads, count: true}}\nmetrics: {a: {formula: b}}",
            "2: 'a' is a measure and a metric",
            "another name",
        ),
        # Not YAML at all
        ("a:\n\t- b", "2: is not YAML", "spaces, never with tabs"),
        ("sources: [{format: %d}]", "1: is not YAML", "starts with % in quotes"),
        ("a: @b", "1: is not YAML", "starts with @ in quotes"),
        ("a: b: c", "1: is not YAML", "colon in it in quotes"),
        ("a: [1,", "is not YAML", ""),
        ("a: *b", "1: is not YAML: found undefined alias", ""),
        ("a: 1\n---\nb: 2", "2: is not YAML", ""),
        ("a: 1\nb: \x01", "2: holds a character that YAML does not allow", ""),
        (b"a: 1\nb: \xff", "2: holds a byte that is not UTF-8", "Save the file as UTF-8."),
        ("[" * 300_000, "1: nests deeper than 50 levels", ""),
    ],
)
def test_each_mistake_is_refused_with_its_line_and_a_remedy(
    write: Any, text: str | bytes, says: str, hint: str
) -> None:
    path = write(text)
    (problem,) = [p for p in problems(path) if says in str(p)]
    assert isinstance(problem, ConfigError)
    assert str(problem).startswith(f"{path}:")
    assert hint in problem.hint


def test_all_mistakes_are_told_together_in_the_order_of_the_file(write: Any) -> None:
    path = write("metrics: {a: {formula: b}}\ncurency: EUR\nhorizon: 0\nmeasures: {a: {}}\n")
    assert [str(p).removeprefix(f"{path}:")[:2] for p in problems(path)] == ["1:", "2:", "3:", "4:", "4:"]


def test_a_message_about_a_key_with_control_characters_is_plain_text(write: Any) -> None:
    path = write('metrics: {"\\e[31mred": {formula: 1}}')
    assert all("\x1b" not in str(problem) for problem in problems(path))


def test_words_stay_as_they_are_written_whatever_yaml_thinks_of_them(write: Any) -> None:
    path = write(
        "sources:\n- path: a\n  sheet: 2026\n  columns: {country: 007}\n"
        "  values: {country: {NO: [no, 0047, 1.10], FR: off}}\nas_of: 2026-01-01\nperiod: 2026\n"
    )
    source = load(path).sources[0]
    assert source.sheet == "2026"
    assert source.columns["country"].source == "007"
    assert source.values == {"country": {"NO": ("no", "0047", "1.10"), "FR": ("off",)}}
    assert load(path).as_of == "2026-01-01"
    assert load(path).period == "2026"


def test_a_gross_margin_is_exactly_what_is_written(write: Any) -> None:
    assert load(write("gross_margin: 0.1000000000000000000001")).gross_margin == Decimal(
        "0.1000000000000000000001"
    )
    assert load(write("gross_margin: 1")).gross_margin == 1


def test_the_words_for_true_and_false_are_booleans_where_one_is_meant(write: Any) -> None:
    assert load(write("drop_tests: yes")).drop_tests is True
    assert load(write("drop_tests: Off")).drop_tests is False


def test_paths_are_relative_to_the_file_and_addresses_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "old [2026]"
    folder.mkdir()
    (folder / "leads.csv").touch()
    path = folder / NAME
    path.write_text(
        "sources: [{path: '*.csv'}, {path: s3a://bucket/deals/}, {path: /tmp/x.csv}]\nrates: ../r.csv"
    )
    config = load(path)
    first, second, third = (source.path for source in config.sources)
    import glob

    assert glob.glob(first) == [str(folder / "leads.csv")]
    assert (second, third) == ("s3a://bucket/deals/", "/tmp/x.csv")
    assert config.rates == tmp_path / "r.csv"


def test_a_relative_configuration_gives_absolute_paths(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("rates: r.csv\nsources: [{path: a.csv}]")
    monkeypatch.chdir(path.parent)
    config = load(Path(NAME))
    assert config.rates == path.parent / "r.csv"
    assert config.sources[0].path == str(path.parent / "a.csv")
    assert config.path == Path(NAME)


def test_a_missing_file_and_a_folder_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="there is no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_the_configuration_is_found_in_the_folder_or_the_nearest_one_above(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(below) is None
    (tmp_path / NAME).touch()
    assert find(below) == tmp_path / NAME
    (tmp_path / "a" / NAME).touch()
    assert find(below) == tmp_path / "a" / NAME


def test_later_checks_can_name_file_and_line(write: Any) -> None:
    path = write("metrics:\n  roi:\n    unit: money\n    formula: a /\nsources:\n  - path: a\n  - path: b\n")
    config = load(path)
    assert config.locate("metrics", "roi", "formula") == f"{path}:4"
    assert config.locate("metrics", "roi", "label") == f"{path}:2"
    assert config.locate("sources", 1) == f"{path}:7"
    assert config.locate("rates") == f"{path}:1"
    assert Config().locate("metrics") == ""


def test_the_schema_is_valid_and_accepts_every_key() -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.validate(yaml.safe_load(EVERYTHING), schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize(
    "wrong",
    [
        {"curency": "EUR"},
        {"currency": "eur"},
        {"currency": False},
        {"horizon": 0},
        {"gross_margin": 72},
        {"by": ["owner", "owner"]},
        {"grain": "weeks"},
        {"sources": [{"table": "deals"}]},
        {"sources": [{"path": "a", "columns": {"amout": "Total"}}]},
        {"sources": [{"path": "a", "columns": {"amount": {"format": "%d"}}}]},
        {"measures": {"n": {"table": "leads"}}},
        {"measures": {"n": {"table": "leads", "count": True, "sum": "score"}}},
        {"measures": {"n": {"table": "leads", "count": False}}},
        {"metrics": {"ROI": {"formula": "a"}}},
        {"metrics": {"roi": {}}},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(write: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, config_schema())
    assert problems(write(yaml.safe_dump(wrong)))


def test_every_key_is_an_attribute_and_every_key_is_in_the_full_example() -> None:
    for record, spec, ours in [
        (FILE, Config, {"path", "lines"}),
        (SOURCE, SourceSpec, set()),
        (COLUMN, ColumnSpec, set()),
    ]:
        attributes = {field.attribute or key for key, field in record.fields.items()}
        assert attributes == set(spec.__struct_fields__) - ours
    assert list(yaml.safe_load(EVERYTHING)) == list(FILE.fields)
    assert {key for source in yaml.safe_load(EVERYTHING)["sources"] for key in source} == set(SOURCE.fields)


def records(kind: object) -> list[Record]:
    if isinstance(kind, Field):
        return records(kind.kind)
    if isinstance(kind, Keyed | Several):
        return records(kind.of)
    if isinstance(kind, Record):
        return [kind, *(found for field in kind.fields.values() for found in records(field))]
    return []


def test_every_key_at_every_level_is_explained() -> None:
    found = records(FILE)
    assert len(found) == 12
    assert all(field.doc.endswith((".", '".')) for record in found for field in record.fields.values())


def test_every_column_of_every_table_can_be_mapped(write: Any) -> None:
    for name, table in TABLES.items():
        columns = dict.fromkeys(table.columns, "A header")
        text = yaml.safe_dump({"sources": [{"path": "a", "table": name, "columns": columns}]})
        assert list(load(write(text)).sources[0].columns) == sorted(columns)


SCHEMA = jsonschema.Draft202012Validator(config_schema())
slowly = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["path", "table", "from", "a", "sum"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@slowly
@given(document=st.dictionaries(st.sampled_from([*FILE.fields]), values, max_size=4))
def test_any_document_loads_or_is_refused_in_words(write: Any, document: dict[str, Any]) -> None:
    path = write(yaml.safe_dump(document, allow_unicode=True))
    refused = refusals(path)
    assert in_words(path, refused)
    # JSON has no dates: editors see the text.
    plain = json.loads(json.dumps(document, default=date.isoformat))
    assert refused or SCHEMA.is_valid(plain)


def leaves(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, item in inner for found in leaves(item, (*place, key)))]


ODD: list[Any] = [
    "NO",
    "",
    "x",
    "today",
    "2026-01-01",
    "EUR",
    ",",
    None,
    True,
    False,
    0,
    1,
    7,
    0.5,
    -1,
    10**20,
    [],
    ["a"],
    {},
]


@slowly
@given(place=st.sampled_from(leaves(yaml.safe_load(EVERYTHING))[1:]), odd=st.sampled_from(ODD))
def test_what_the_reader_takes_is_what_the_schema_takes(write: Any, place: tuple[Any, ...], odd: Any) -> None:
    document = yaml.safe_load(EVERYTHING)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    path = write(yaml.safe_dump(document))
    refused = refusals(path)
    assert in_words(path, refused)
    assert refused or SCHEMA.is_valid(document)


@slowly
@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_load_or_are_refused_in_words(write: Any, raw: bytes) -> None:
    path = write(raw)
    assert in_words(path, refusals(path))


def test_yaml_is_not_imported_before_a_file_is_read() -> None:
    code = "import sys, funnelkit.config; print('yaml' in sys.modules, 'pandas' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
