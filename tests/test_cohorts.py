"""``funnelkit cohorts``: without this a young cohort could look bad, and a customer count twice, in silence.

The truth is what others published of real data, hand-written SQL over made-up companies, and files small enough to
count by eye. Every JSON is held against its schema.
"""

from __future__ import annotations

import csv
import json
import random
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from funnelkit.cli.app import run
from funnelkit.errors import UsageError
from funnelkit.pipeline.cohorting import cohorts
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.schemas import schema
from tests.answers import TOTAL, connect
from tests.company import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATASETS = Path(__file__).parents[2] / "shared" / "exports" / "datasets"
real = pytest.mark.skipif(not DATASETS.is_dir(), reason=f"the real data sets are not here ({DATASETS})")
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
OLIST = ("olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv")
Rows = dict[str, dict[str, Any]]


@cache
def valid() -> Draft202012Validator:
    return Draft202012Validator(schema("study"))


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What the command answers to its arguments, as JSON that obeys its schema."""

    def asked(*arguments: object) -> dict[str, Any]:
        target = tmp_path / "answer.json"
        assert run(["cohorts", *map(str, arguments), "-o", str(target), "-q", "--no-config", "--debug"]) == 0
        found: dict[str, Any] = json.loads(target.read_text("utf-8"))
        valid().validate(found)
        return found

    return asked


def table(found: dict[str, Any], id: str, **key: str) -> Rows:
    """The rows of a table by cohort, of several of one name that of the group *key*."""
    rows = [row for table in found["tables"] if table["id"] == id for row in table["rows"]]
    return {row["cohort"]: row for row in rows if all(row[name] == value for name, value in key.items())}


def warnings(found: dict[str, Any]) -> dict[str, str]:
    return {warning["code"]: warning["message"] for warning in found["warnings"]}


# ---- what was published of real data ---------------------------------------------------------------------------

EVER = {  # leads, customers ever, by created month
    "2017-06": (4, 0),
    "2017-07": (239, 2),
    "2017-08": (386, 9),
    "2017-09": (312, 7),
    "2017-10": (416, 14),
    "2017-11": (445, 18),
    "2017-12": (200, 11),
    "2018-01": (1141, 152),
    "2018-02": (1028, 149),
    "2018-03": (1174, 167),
    "2018-04": (1352, 183),
    "2018-05": (1303, 130),
    "all": (8000, 842),
}
BY_AGE = {  # customers within 30, 60 and 90 days
    "2017-07": (0, 0, 0),
    "2017-11": (2, 4, 8),
    "2017-12": (1, 6, 6),
    "2018-01": (96, 118, 129),
    "2018-02": (101, 119, 128),
    "2018-03": (114, 136, 140),
    "2018-04": (148, 162, 171),
    "2018-05": (92, 101, 109),
}


@real
@ENGINES
def test_the_cohorts_of_olist(study: Any, engine: str) -> None:
    found = study(*(DATASETS / name for name in OLIST), "--engine", engine)
    seen = table(found, "cohorts")
    assert {name: (row["leads"]["value"], row["reached"]["value"]) for name, row in seen.items()} == EVER
    assert seen["2018-02"]["so_far"]["value"] == pytest.approx(0.144942, abs=5e-7)
    assert seen["all"]["so_far"]["interval"] == pytest.approx([0.098714, 0.112165], abs=5e-7)
    ages = table(found, "reached")
    for month, counts in BY_AGE.items():
        assert tuple(ages[month][f"day_{age}"]["numerator"] for age in (30, 60, 90)) == counts
        assert "young" not in ages[month]["day_90"]
    # The one win that is dated before its lead counts, but under no age.
    assert warnings(found)["no_age"].startswith("Of 842 customers,")
    assert warnings(found)["no_age"].endswith(": 1. They count so far, and under no age.")
    assert "the first customer of 2017-12-05, 174 days later" in warnings(found)["left_truncated"]


@real
@pytest.mark.parametrize(
    ("month", "n", "won", "naive", "share", "completed"),
    [
        ("2018-01", 1141, 137, 0.120070, 1.0, None),
        ("2018-02", 1028, 131, 0.127432, 1.0, None),
        ("2018-03", 1174, 140, 0.119250, 0.9645, 0.123634),
        ("2018-04", 1352, 154, 0.113905, 0.8739, 0.130338),
        ("2018-05", 1303, 70, 0.053722, 0.5640, 0.095252),
    ],
)
def test_young_cohorts_of_olist_are_completed(
    olist_of_may: dict[str, Any], month: str, n: int, won: int, naive: float, share: float, completed: float
) -> None:
    row = table(olist_of_may, "cohorts")[month]
    assert (row["leads"]["value"], row["reached"]["value"]) == (n, won)
    assert row["so_far"]["value"] == pytest.approx(naive, abs=5e-7)
    assert row["elapsed"]["value"] == pytest.approx(share, abs=5e-5)
    assert row["so_far"].get("young", False) is (share < 1)
    if completed is not None:
        assert row["completed"]["value"] == pytest.approx(completed, abs=5e-7)
        low, high = row["completed"]["interval"]
        assert low < completed < high


@pytest.fixture(scope="module")
def olist_of_may(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("olist") / "may.json"
    files = [str(DATASETS / name) for name in OLIST]
    assert run(["cohorts", *files, "--as-of", "2018-05-31", "-o", str(target), "-q", "--no-config"]) == 0
    found: dict[str, Any] = json.loads(target.read_text("utf-8"))
    valid().validate(found)
    return found


@real
def test_the_answer_says_that_may_is_young(olist_of_may: dict[str, Any]) -> None:
    assert olist_of_may["sentences"] == [
        "Of the 1,303 leads of 2018-05, 5.4 % are customers so far; with 56 % of their time passed, 9.5 % (7.6 % to 11.9 %) are to be expected within 90 days.",
        "Of the cohorts that have had 90 days, 2018-02 converted 12.5 % in them, 2018-01 11.3 %: not more than noise.",
    ]


@real
def test_the_chain_ladder_of_olist_by_hand(olist_of_may: dict[str, Any]) -> None:
    ages, seen = table(olist_of_may, "reached"), table(olist_of_may, "cohorts")
    jan, feb, mar, apr = (ages[f"2018-0{month}"] for month in range(1, 5))
    first = sum(row["day_60"]["numerator"] for row in (jan, feb, mar))
    first /= sum(row["day_30"]["numerator"] for row in (jan, feb, mar))
    second = sum(row["day_90"]["numerator"] for row in (jan, feb))
    second /= sum(row["day_60"]["numerator"] for row in (jan, feb))
    expected = apr["day_30"]["numerator"] * first * second
    assert seen["2018-04"]["ladder"]["numerator"] == pytest.approx(expected, rel=1e-12)
    assert seen["2018-04"]["ladder"]["value"] == pytest.approx(expected / 1352, rel=1e-12)
    assert seen["2018-02"]["ladder"]["value"] == feb["day_90"]["value"]
    assert seen["2018-04"]["ladder_error"]["value"] > seen["2018-03"]["ladder_error"]["value"] > 0
    assert seen["2018-05"]["ladder"]["reason"] == "too_young"
    assert seen["2017-11"]["ladder"]["reason"] == "left_truncated"


ACTIVE = {
    "1997-01": "7846 1157 964 810 679 736 720 582 559 594 673 634 528 511 664 472 497 498",
    "1997-02": "8476 1312 980 783 847 786 626 619 666 721 661 545 568 718 545 548 551",
    "1997-03": "7248 1032 752 756 674 564 561 579 634 569 464 472 678 420 443 457",
}
REVENUE = {
    "1997-01": (299060.17, 61041.69, 50683.75, 40655.50, 34973.56, 34397.90),
    "1997-02": (318548.34, 62587.03, 49247.70, 38306.56, 38565.07, 43194.89),
    "1997-03": (279884.49, 52921.29, 34653.18, 35432.90, 37874.29, 27255.60),
}


@real
@ENGINES
def test_the_customers_of_cdnow(study: Any, tmp_path: Path, engine: str) -> None:
    # The file has no delimiter but blanks: here it is the same rows as the CSV of a payment tool.
    path = tmp_path / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Customer ID", "Date", "Amount"])
        for line in (DATASETS / "CDNOW_master.txt").read_text("ascii").splitlines()[1:]:
            customer, day, _, amount = line.split()
            rows.writerow([customer, f"{day[:4]}-{day[4:6]}-{day[6:]}", amount])
    found = study(f"payments={path}", "--ages", "18", "--engine", engine)
    active, retention = table(found, "active"), table(found, "retention")
    revenue, worth = table(found, "revenue"), table(found, "revenue_per_customer")
    for cohort, counts in ACTIVE.items():
        expected = [int(count) for count in counts.split()]
        seen = [active[cohort][f"age_{age}"] for age in range(18)]
        assert [cell["value"] for cell in seen if cell] == expected
        assert seen[len(expected) :] == [None] * (18 - len(expected))
        assert retention[cohort]["age_3"]["value"] == expected[3] / expected[0]
        amounts = [revenue[cohort][f"age_{age}"]["value"] for age in range(6)]
        assert amounts == list(REVENUE[cohort])
        assert worth[cohort]["age_5"]["value"] == pytest.approx(sum(REVENUE[cohort]) / expected[0])
    assert not [row for row in active.values() for cell in row.values() if "young" in str(cell)]


# ---- hand-written SQL over a made-up company -------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="module")
def sql(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(write(folder, 6_000, seed=20250918)) as db:
        yield db


STAGES = {  # the days that tell of a stage, its own first, and any sign of it
    "customer": ("won_at", "won"),
    "mql": ("coalesce(mql_at, sal_at, sql_at, deal_at, won_at)", "mql_at IS NOT NULL OR later"),
    "sql": ("coalesce(sql_at, deal_at, won_at)", "sql_at IS NOT NULL OR deal"),
}
TRIANGLE = """
WITH of_deals AS (SELECT lead_id, min(created_at) AS deal_at FROM deal GROUP BY lead_id),
of_customers AS (SELECT lead_id, min(first_won_at) AS won_at FROM customer GROUP BY lead_id),
known AS (
    SELECT lead.*, deal_at, won_at, c.lead_id IS NOT NULL AS won, d.lead_id IS NOT NULL AS deal,
        sal_at IS NOT NULL OR sql_at IS NOT NULL OR deal AS later
    FROM lead LEFT JOIN of_deals d USING (lead_id) LEFT JOIN of_customers c ON c.lead_id = lead.lead_id
),
aged AS (
    SELECT unnest([channel, '(total)']) AS scope, strftime(created_at, '%Y-%m') AS cohort,
        {reached} AS reached, {day} - created_at AS lag,
        getvariable('as_of') - last_day(created_at) AS youngest,
        getvariable('as_of') - date_trunc('month', created_at)::DATE AS oldest
    FROM known WHERE created_at IS NOT NULL
)
SELECT scope, cohort, count(*), count(*) FILTER (reached),
    min(youngest), max(oldest),
    list(lag) FILTER (lag >= 0)
FROM aged GROUP BY scope, cohort
"""


@pytest.mark.parametrize("stage", STAGES)
def test_triangles_equal_hand_written_sql(
    study: Any, folder: Path, sql: duckdb.DuckDBPyConnection, stage: str
) -> None:
    day, reached = STAGES[stage]
    found = study(
        folder / "leads.csv",
        folder / "deals.csv",
        *("--stage", stage, "--by", "channel", "--top", "99", "--ages", "24"),
    )
    rows = sql.sql(TRIANGLE.format(day=day, reached=reached)).fetchall()
    assert len({row[0] for row in rows}) == 12
    for scope, cohort, size, so_far, youngest, oldest, lags in rows:
        suffix, key = ("", {}) if scope == TOTAL else ("_by", {"channel": scope})
        overview = table(found, f"cohorts{suffix}", **key)[cohort]
        ages = table(found, f"reached{suffix}", **key)[cohort]
        assert (overview["leads"]["value"], overview["reached"]["value"]) == (size, so_far)
        for age in range(30, 601, 30):
            cell = ages[f"day_{age}"]
            if oldest < age:
                assert cell is None
            else:
                within = sum(0 <= lag <= age for lag in lags or ())
                assert (cell["numerator"], cell["denominator"]) == (within, size)
                assert cell.get("young", False) is (youngest < age)


def test_groups_add_up_to_the_whole_also_with_the_rest(study: Any, folder: Path) -> None:
    found = study(folder / "leads.csv", folder / "deals.csv", "--by", "channel", "--top", "3")
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found["tables"]:
        if one["id"] == "cohorts_by":
            for row in one["rows"]:
                groups.setdefault(row["cohort"], []).append(row)
    for cohort, row in table(found, "cohorts").items():
        for column in ("leads", "reached"):
            assert sum(group[column]["value"] for group in groups[cohort]) == row[column]["value"]
    assert len(groups["all"]) == 4
    sizes = [group["leads"]["value"] for group in groups["all"][:3]]
    assert sizes == sorted(sizes, reverse=True)
    assert groups["all"][3]["channel"] == "(rest)"


@pytest.mark.parametrize("more", [(), ("--stage", "mql", "--grain", "week"), ("--where", "channel=email")])
def test_leads_are_the_same_on_both_engines(study: Any, folder: Path, more: tuple[str, ...]) -> None:
    files = (folder / "leads.csv", folder / "deals.csv")
    one, other = (study(*files, "--by", "country", *more, "--engine", e) for e in ("pandas", "duckdb"))
    assert one == other


def test_a_filter_keeps_only_its_own(study: Any, folder: Path) -> None:
    files = (folder / "leads.csv", folder / "deals.csv")
    by = table(study(*files, "--by", "channel", "--top", "99"), "reached_by", channel="email")
    only = table(study(*files, "--where", "channel=email"), "reached")
    assert {c: r["day_60"] for c, r in only.items()} == {c: r["day_60"] for c, r in by.items()}


# ---- payments ----------------------------------------------------------------------------------------------------

RETENTION = """
WITH paid AS (
    SELECT customer, date_trunc('month', day) AS month, amount - refunded AS net,
        amount - refunded > 0 OR amount = 0 AS bought
    FROM payment WHERE customer IS NOT NULL AND day IS NOT NULL
), first AS (SELECT customer, min(month) FILTER (bought) AS cohort FROM paid GROUP BY customer)
SELECT strftime(cohort, '%Y-%m'), greatest(date_diff('month', cohort, month), 0) AS age,
    count(DISTINCT customer) FILTER (bought), sum(net)
FROM paid JOIN first USING (customer) WHERE cohort IS NOT NULL GROUP BY ALL
"""


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Payments with all that payments have: refunds in rows and in columns, gifts, several a month, no names."""
    path = tmp_path_factory.mktemp("payments") / "payments.csv"
    dice = random.Random(11)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Payment ID", "Customer ID", "Date", "Amount", "Amount Refunded", "Currency"])
        for number in range(3_000):
            day = date(2024, 1, 1) + timedelta(int(dice.expovariate(1 / 200)) % 500)
            cents = int(dice.lognormvariate(8, 1)) if dice.random() > 0.05 else 0
            cents = -cents if dice.random() < 0.08 else cents
            refunded = dice.choice((cents // 2, cents)) if cents > 0 and dice.random() < 0.1 else 0
            customer = f"C{dice.randrange(700)}" if dice.random() > 0.01 else ""
            shown = day.isoformat() if dice.random() > 0.01 else ""
            money = (
                f"{amount // 100 if amount >= 0 else -(-amount // 100)}.{abs(amount) % 100:02d}"
                for amount in (cents, refunded)
            )
            amount, back = money
            if cents < 0 and amount[0] != "-":
                amount = f"-{amount}"
            rows.writerow([f"P{number}", customer, shown, amount, back, "EUR"])
    return path


@ENGINES
@pytest.mark.parametrize("files", ["payments", "all"])
def test_customers_equal_hand_written_sql(
    study: Any, folder: Path, sql: duckdb.DuckDBPyConnection, payments: Path, engine: str, files: str
) -> None:
    beside = [folder / "leads.csv", folder / "deals.csv"] if files == "all" else []
    found = study(f"payments={payments}", *beside, *("--of", "payments", "--ages", "30", "--engine", engine))
    with duckdb.connect() as db:
        db.sql(
            f"""CREATE TABLE payment AS SELECT "Customer ID" AS customer, "Date" AS day,
            "Amount"::DECIMAL(18, 2) AS amount, "Amount Refunded"::DECIMAL(18, 2) AS refunded
            FROM read_csv('{payments}')"""
        )
        expected = {(row[0], row[1]): row[2:] for row in db.sql(RETENTION).fetchall()}
    active, revenue = table(found, "active"), table(found, "revenue")
    worth = table(found, "revenue_per_customer")
    seen = set()
    for cohort, row in active.items():
        so_far = 0.0
        for age in range(30):
            cell = row.get(f"age_{age}")
            if cell is None:
                continue
            seen.add((cohort, age))
            customers, net = expected.get((cohort, age), (0, 0))
            so_far += float(net)
            assert cell["value"] == customers
            assert revenue[cohort][f"age_{age}"]["value"] == float(net)
            assert worth[cohort][f"age_{age}"]["value"] * row["customers"]["value"] == pytest.approx(so_far)
    assert {place for place in expected if place[1] < 30} <= seen
    assert "no_customer" in warnings(found)


def test_the_last_diagonal_of_customers_is_young(study: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "Customer ID,Date,Amount\n"
        "a,2026-01-05,10.00\na,2026-01-20,5.00\na,2026-02-03,1.00\nb,2026-01-31,4.00\nb,2026-03-15,2.00\n"
        "c,2026-02-10,8.00\nc,2026-03-02,-3.00\nd,2026-03-01,-1.00\ne,,7.00\n",
        encoding="utf-8",
    )
    found = study(f"payments={tmp_path / 'p.csv'}", "--min-n", "2")
    active, worth = table(found, "active"), table(found, "revenue_per_customer")
    shown = {
        cohort: [
            (cell["value"], "young" in cell) if cell else None for cell in (row[f"age_{a}"] for a in range(3))
        ]
        for cohort, row in active.items()
    }
    assert shown == {
        "2026-01": [(2, False), (1, False), (1, True)],
        "2026-02": [(1, False), (0, True), None],
    }
    assert [worth["2026-01"][f"age_{age}"]["value"] for age in range(3)] == [9.5, 10.0, 11.0]
    assert worth["2026-02"]["age_1"]["value"] == 5.0
    assert worth["all"]["age_0"]["value"] == 27 / 3
    assert worth["all"]["age_1"]["value"] == 10.0
    assert worth["all"]["age_2"] is None
    assert warnings(found)["only_refunds"].endswith("in no cohort: 1.")
    assert warnings(found)["no_customer"].endswith("in no cohort: 1.")
    assert (
        found["sentences"][0]
        == "Of the customers whose next month is over, 50.0 % (1 of 2) paid again in it."
    )
    assert found["sentences"][1] == (
        "The latest such month with 2 customers or more is 2026-01: of 2 who first paid in it, 50.0 % (1) paid again in the next."
    )
    (few,) = study(f"payments={tmp_path / 'p.csv'}", "--min-n", "3")["sentences"]
    assert few.startswith("Only 2 customers are in cohorts whose next month is over, too few")


PAID = """Customer ID,Date,Amount
a,2026-01-05,10
a,2026-01-20,5
b,2026-01-06,4
b,2026-02-15,2
c,2026-02-10,8
d,2026-02-11,0
"""
WON = "Deal ID,Stage,Amount,Created,Closed,Company ID\n1,Closed Won,10,2026-01-01,2026-02-02,a\n2,Open,10,2026-01-01,,b\n"


@ENGINES
def test_counts_of_customers_that_differ_are_explained_with_both_numbers(
    study: Any, tmp_path: Path, engine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.csv").write_text(PAID, encoding="utf-8")
    (tmp_path / "d.csv").write_text(WON, encoding="utf-8")
    payments, deals = f"payments={tmp_path / 'p.csv'}", f"deals={tmp_path / 'd.csv'}"
    # Four bought; of these one for nothing. One has a won deal.
    alone = warnings(study(payments, "--engine", engine))["customer_counts"]
    assert "these cohorts hold 4, " in alone
    assert "customers_new of a report is 3, those whose first payment above 0" in alone
    both = warnings(study(payments, deals, "--of", "payments", "--engine", engine))["customer_counts"]
    assert "these cohorts hold 4, " in both
    assert "is 1, those whose first won deal" in both
    february = study(payments, "--period", "2026-02", "--engine", engine)
    assert "hold 2, " in warnings(february)["customer_counts"]
    assert "is 1, " in warnings(february)["customer_counts"]
    capfd.readouterr()
    assert (
        run(
            [
                "report",
                payments,
                deals,
                "--engine",
                engine,
                "--no-config",
                "-f",
                "json",
                "--period",
                "2026-02",
            ]
        )
        == 0
    )
    report = json.loads(capfd.readouterr().out)
    assert report["metrics"]["customers_new"]["value"] == 1
    assert report["metrics"]["repeat_rate"]["denominator"] == 3
    said = warnings(report)["customer_counts"]
    assert said.startswith(
        "Two counts of customers: customers_new is 1, those whose first won deal is of the period;"
    )
    assert "repeat_rate rests on 3, all who bought in the period" in said


def test_counts_of_customers_that_agree_need_no_word(study: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PAID.replace("d,2026-02-11,0\n", ""), encoding="utf-8")
    assert "customer_counts" not in warnings(study(f"payments={tmp_path / 'p.csv'}"))


# ---- files small enough to count by eye --------------------------------------------------------------------------

LEADS = """Lead ID,Created Date,Lead Source,MQL Date,Customer Date
1,2026-01-10,email,2026-01-12,2026-01-12
2,2026-01-20,email,,2026-03-05
3,2026-02-01,paid search,2026-02-20,
4,2026-02-28,email,,
5,2026-03-20,email,2026-03-21,2026-03-31
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    return tmp_path / "leads.csv"


def test_a_lead_counts_from_the_day_of_its_age_on(study: Any, small: Path) -> None:
    found = study(small, "--age-days", "10", "--ages", "9", "--horizon", "20")
    ages = table(found, "reached")
    january = [ages["2026-01"][f"day_{age}"]["numerator"] for age in range(10, 81, 10)]
    assert january == [1, 1, 1, 1, 2, 2, 2, 2]
    # On 31 March the last of January is 59 days old, the first of February 58.
    assert [("young" in ages["2026-01"][f"day_{age}"]) for age in (50, 60)] == [False, True]
    assert ages["2026-02"]["day_60"] is None
    assert ages["2026-03"]["day_30"]["young"] is True
    assert ages["2026-03"]["day_40"] is None
    assert ages["all"]["day_20"]["numerator"] == 1
    assert ages["all"]["day_20"]["denominator"] == 4


def test_a_stage_is_reached_by_whoever_is_beyond_it(study: Any, small: Path) -> None:
    rows = table(study(small, "--stage", "mql", "--age-days", "10"), "reached")
    cells = {cohort: row["day_10"]["numerator"] for cohort, row in rows.items()}
    assert cells == {"2026-01": 1, "2026-02": 0, "2026-03": 1, "all": 1}
    assert table(study(small, "--stage", "mql"), "cohorts")["all"]["reached"]["value"] == 4


def test_only_cohorts_of_the_period(study: Any, small: Path) -> None:
    found = study(small, "--period", "2026-02-01..2026-03-31")
    assert list(table(found, "cohorts")) == ["2026-02", "2026-03", "all"]
    assert found["period"]["start"] == "2026-02-01"


def test_quarters_and_a_terminal_that_is_narrow(small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["cohorts", str(small), "--grain", "quarter", "--no-config"]) == 0
    shown = capfd.readouterr().out
    assert "2026-Q1" in shown
    assert "◔ young" in shown


def test_a_stage_without_any_date_has_no_ages(study: Any, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(
        "Lead ID,Created Date,Lifecycle Stage\n1,2026-01-10,Marketing Qualified Lead\n2,2026-01-11,Lead\n",
        encoding="utf-8",
    )
    found = study(f"leads={path}", "--stage", "mql")
    assert table(found, "cohorts")["2026-01"]["reached"]["value"] == 1
    assert table(found, "reached") == {}
    assert table(found, "cohorts")["2026-01"]["completed"]["reason"] == "no_dates"
    assert "MQL" in warnings(found)["no_dates"]


@pytest.mark.parametrize(
    ("options", "asked", "message"),
    [
        ({}, {"stage": "mgl"}, "there is no stage 'mgl'"),
        ({}, {"of": "deals"}, "there are no cohorts of 'deals'"),
        ({}, {"of": "payments"}, "no payments are loaded"),
        ({}, {"stage": "sql"}, "nothing says which leads became SQLs"),
        ({}, {"step": 0}, "--age-days 0"),
        ({}, {"ages": 0}, "--ages 0"),
        ({"grain": "fortnight"}, {}, "no grain is called 'fortnight'"),
        ({"by": ["campaign"]}, {}, "no loaded table has the dimension campaign"),
        ({"top": 2}, {}, "--sort and --top order the groups of --by"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    small: Path, options: dict[str, Any], asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        cohorts([str(small)], Options(no_config=True, **options), **asked)


def test_payments_have_no_channels(small: Path, payments: Path) -> None:
    options = Options(no_config=True, by=["channel"])
    with pytest.raises(UsageError, match="cannot be told apart by channel"):
        cohorts([str(small), f"payments={payments}"], options, of="payments")


def test_without_dates_there_are_no_cohorts(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Created Date,Lead Source\n1,,email\n2,,email\n", encoding="utf-8")
    with pytest.raises(UsageError, match="holds a date, and without one there are no cohorts"):
        cohorts([f"leads={path}"], Options(no_config=True))


def test_a_configuration_of_a_weekly_report_does_not_make_cohorts_weekly(
    small: Path, capfdbinary: Any
) -> None:
    (small.parent / "funnelkit.yaml").write_text(
        "by: [channel]\ngrain: week\ncompare: prev\n", encoding="utf-8"
    )
    assert run(["cohorts", str(small), "-f", "json", "--config", str(small.parent / "funnelkit.yaml")]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    assert [one["id"] for one in found["tables"]] == ["cohorts", "reached"]
    assert "2026-01" in table(found, "cohorts")


def test_leads_without_dates_beside_deals_with_some_have_no_cohorts(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "Lead ID,Created Date,Lead Source\n1,,email\n2,,email\n", encoding="utf-8"
    )
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Lead ID,Close Date,Status\nD1,1,2026-01-10,Won\n", encoding="utf-8"
    )
    with pytest.raises(UsageError, match="no lead has a date of creation"):
        cohorts([f"leads={tmp_path / 'leads.csv'}", str(tmp_path / "deals.csv")], Options(no_config=True))


@pytest.mark.parametrize(("age", "young"), [(59, False), (60, True), (80, True)])
def test_a_cohort_is_young_until_its_last_day_has_had_the_age(
    study: Any, small: Path, age: int, young: bool
) -> None:
    # From 31 January to 31 March there are 59 days, and 80 from 10 January.
    found = study(small, "--age-days", age, "--horizon", age)
    assert ("young" in table(found, "reached")["2026-01"][f"day_{age}"]) is young
    assert ("young" in table(found, "cohorts")["2026-01"]["so_far"]) is young
