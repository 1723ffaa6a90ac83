"""What customers are worth, from files to answers: equal to the papers on CDNOW, to sums by hand, and to known truth."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from scipy import stats
from scipy.special import logit

from funnelkit.build.ltv import first as beginning
from funnelkit.build.ltv import money, silent
from funnelkit.build.ltv.ahead import Expecting
from funnelkit.build.ltv.first import First
from funnelkit.build.ltv.histories import Histories
from funnelkit.cli.app import run
from funnelkit.errors import UsageError
from funnelkit.models.lifetime import bgnbd
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.schemas import schema
from funnelkit.pipeline.valuing import Wanted, ltv
from funnelkit.render import study as studies
from funnelkit.statistics.moments import Moments
from funnelkit.studies import Study
from tests import buyers

DATASETS = Path(__file__).parents[2] / "shared" / "exports" / "datasets"
SAMPLE, MASTER = DATASETS / "CDNOW_sample.txt", DATASETS / "CDNOW_master.txt"
NEEDS_CDNOW = pytest.mark.skipif(not SAMPLE.exists(), reason=f"the CDNOW files are not here ({DATASETS})")
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
BEGIN = date(2025, 1, 1)
Row = tuple[Any, ...]
VALIDATOR = Draft202012Validator(schema("study"))


def payments(
    path: Path, rows: Sequence[Row], header: str = "payment_id,customer_id,paid_at,amount,currency"
) -> str:
    """A file of payments: customer, day since the beginning or date, amount, and what the header has besides."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        for number, (customer, when, amount, *more) in enumerate(rows):
            on = when if isinstance(when, date) else BEGIN + timedelta(days=int(when))
            writer.writerow([number, customer, on.isoformat(), amount, "EUR", *more])
    return str(path)


def study(
    files: Sequence[str | Path], engine: str = "pandas", as_of: str | None = None, **wanted: Any
) -> Study:
    asked = {name: wanted.pop(name) for name in ("by", "period", "where", "min_n") if name in wanted}
    options = Options(no_config=True, engine=engine, as_of=as_of, **asked)
    return ltv([str(f) for f in files], options, Wanted(**wanted)).study


def rows(made: Study, table: str) -> list[dict[str, Any]]:
    """The rows of a table as the JSON has them, which obeys its schema."""
    document = json.loads(studies.render(made, "json"))
    VALIDATOR.validate(document)
    (found,) = (t for t in document["tables"] if t["id"] == table)
    return list(found["rows"])


def parameters(made: Study) -> dict[str, float]:
    return {f"{row['model']} {row['parameter']}": row["value"]["value"] for row in rows(made, "parameters")}


def likelihoods(made: Study) -> dict[str, float]:
    return {row["model"]: row["log_likelihood"]["value"] for row in rows(made, "models")}


def value(made: Study, beginning: str) -> dict[str, Any]:
    """The value of a customer whose measure begins so."""
    found: dict[str, Any] = next(
        r["value"] for r in rows(made, "value") if r["measure"].startswith(beginning)
    )
    return found


# CDNOW, as the papers have it

PUBLISHED = {
    # Parameters by the raw sample, log-likelihood, holdout, correlation, repeat purchases to weeks 39 and 78.
    "bgnbd": (
        {"r": 0.24259451, "alpha": 4.41360177, "a": 0.79292204, "b": 2.42590690},
        -9582.429207,
        1653.41,
        2493.97,
        4160.64,
    ),
    "pareto": (
        {"r": 0.55327553, "alpha": 10.57761255, "s": 0.60621358, "beta": 11.66791081},
        -9594.9739,
        None,
        2524.94,
        4270.07,
    ),
}


@NEEDS_CDNOW
@ENGINES
@pytest.mark.parametrize("model", PUBLISHED)
def test_the_sample_of_the_papers_gives_what_they_print(model: str, engine: str) -> None:
    params, likelihood, held, week_39, week_78 = PUBLISHED[model]
    made = study([SAMPLE], engine, model=model, holdout="39w")
    label = {"bgnbd": "BG/NBD", "pareto": "Pareto/NBD"}[model]
    found = parameters(made)
    # The published Pareto/NBD is of times in weeks rounded to two decimals.
    near = 1e-4 if model == "bgnbd" else 3e-3
    for name, number in params.items():
        assert found[f"{label} {name}"] == pytest.approx(number, abs=near, rel=1e-4)
    assert likelihoods(made)[label] == pytest.approx(likelihood, abs=1e-3 if model == "bgnbd" else 3e-3)
    assert likelihoods(made)["Gamma-Gamma"] == pytest.approx(-4055.923, abs=0.1)
    assert [found[f"Gamma-Gamma {name}"] for name in ("p", "q")] == pytest.approx([6.25, 3.74], abs=5e-3)
    everything = rows(made, "holdout")[-1]
    assert (everything["customers"]["value"], everything["actual"]["value"]) == (2357, 1882)
    if held:
        assert everything["expected"]["value"] == pytest.approx(held, abs=5e-3)
        assert (
            "correlation of what was expected of each customer and what each did 0.626"
            in made.table("holdout").caption
        )
    weeks = {row["at"]["value"]: row for row in rows(made, "tracking")}
    assert (weeks[39]["actual"]["value"], weeks[78]["actual"]["value"]) == (2457, 4339)
    assert weeks[39]["expected"]["value"] == pytest.approx(week_39, abs=0.1)
    assert weeks[78]["expected"]["value"] == pytest.approx(week_78, abs=0.1)
    assert sum(row["actual"]["value"] for row in rows(made, "frequency")) == 2357
    assert [row["actual"]["value"] for row in rows(made, "frequency")][:4] == [1411, 439, 214, 100]


@NEEDS_CDNOW
def test_a_customer_of_the_papers_stands_in_the_file_of_customers(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    asked = ["ltv", str(SAMPLE), "--model", "bgnbd", "--fit-until", "1997-09-30", "--customers", str(target)]
    assert run([*asked, "-q", "-o", str(tmp_path / "out.json"), "--no-config"]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with target.open() as file:
        found = {row["customer"]: row for row in csv.DictReader(file)}
    assert len(found) == 2357
    one = found["1516"]
    assert [float(one[name]) for name in ("repeat_purchases", "recency", "age")] == pytest.approx(
        [26, 216 / 7, 31]
    )
    assert one["unit"] == "week"
    assert float(one["alive"]) == pytest.approx(0.96885, abs=1e-5)
    assert float(one["alive_low"]) < float(one["alive"]) < float(one["alive_high"])


@NEEDS_CDNOW
@ENGINES
def test_the_whole_of_cdnow_is_read_and_its_cohorts_bring_what_was_counted(engine: str) -> None:
    made = study([MASTER], engine, model="historic")
    cohorts = {row["cohort"]: row for row in rows(made, "cohorts")}
    revenue = {
        "1997-01": (7846, 299060.17),
        "1997-02": (8476, 318548.34),
        "1997-03": (7248, 279884.49),
    }
    for month, (customers, first) in revenue.items():
        assert cohorts[month]["customers"]["value"] == customers
        assert cohorts[month]["first"]["value"] * customers == pytest.approx(first, abs=1e-6)
    # Three cohorts, ages 0 to 3: the sums of the table of revenue by age.
    by_age = {row["age"]["value"]: row["value"] for row in rows(made, "historic")}
    total = 299060.17 + 61041.69 + 50683.75 + 40655.50
    total += 318548.34 + 62587.03 + 49247.70 + 38306.56
    total += 279884.49 + 52921.29 + 34653.18 + 35432.90
    assert by_age[3]["value"] == pytest.approx(total / 23570, rel=1e-12)
    assert by_age[3]["n"] == 23570


@NEEDS_CDNOW
def test_the_limits_of_the_mean_are_those_of_pandas_and_scipy(tmp_path: Path) -> None:
    import pandas as pd

    lines = [line.split() for line in SAMPLE.read_text("ascii").splitlines() if line.strip()]
    frame = pd.DataFrame(lines, columns=["id", "customer", "day", "n", "paid"]).assign(
        day=lambda f: pd.to_datetime(f["day"]), paid=lambda f: f["paid"].astype(float)
    )
    # All of them first bought in the first quarter of 1997, and have a year behind them.
    age = (frame["day"] - frame.groupby("customer")["day"].transform("min")).dt.days
    each = frame.assign(paid=frame["paid"].where(age < 365, 0.0)).groupby("customer")["paid"].sum()
    # Of an effective number of equal customers (Kish), and on the scale of logarithms.
    equal = each.sum() ** 2 / (each**2).sum()
    half = stats.t.ppf(0.975, equal - 1) * stats.sem(each) / each.mean()
    low, high = each.mean() * np.exp(-half), each.mean() * np.exp(half)
    found = value(study([SAMPLE], model="historic"), "so far, first 12 months")
    assert found["value"] == pytest.approx(each.mean(), rel=1e-12)
    assert found["interval"] == pytest.approx([low, high], rel=1e-9)


# Contracts

SURVIVAL = {
    "regular": (
        [63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1],
        (0.70407726, 1.18204294),
        -1680.265188,
        17.0037,
        3.694908,
    ),
    "high-end": (
        [86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1],
        (0.66808837, 3.80609538),
        -1611.158147,
        37.7999,
        5.922254,
    ),
}


def contracts(path: Path, left: Sequence[float]) -> str:
    """1,000 contracts by the year, of which so many in a hundred are left after each renewal."""
    counts = [1000, *(round(10 * share) for share in left)]
    made = []
    for customer in range(1000):
        for year, n in enumerate(counts):
            if customer < n:
                made.append((f"c{customer}", date(2015 + year, 3, 1 + customer % 28), "100.00", "year"))
    header = "payment_id,customer_id,paid_at,amount,currency,recurring_interval"
    return payments(path, made, header)


@ENGINES
@pytest.mark.parametrize("segment", SURVIVAL)
def test_contracts_give_the_sbg_of_fader_and_hardie(tmp_path: Path, segment: str, engine: str) -> None:
    left, (alpha, beta), likelihood, last, lifetime = SURVIVAL[segment]
    made = study(
        [contracts(tmp_path / "p.csv", left)], engine, "2022-03-31", model="sbg", discount="10%", ahead=96
    )
    found = parameters(made)
    assert found["sBG alpha"] == pytest.approx(alpha, abs=1e-4)
    assert found["sBG beta"] == pytest.approx(beta, abs=1e-4)
    assert likelihoods(made)["sBG"] == pytest.approx(likelihood, abs=1e-3)
    steps = rows(made, "survival")
    assert [step["survival"]["value"] * 100 for step in steps[:7]] == pytest.approx(left)
    assert steps[11]["fitted"]["value"] * 100 == pytest.approx(last, abs=1e-3)
    assert value(made, "a new customer, ever")["value"] == pytest.approx(100 * lifetime, abs=1e-3)
    fitted = [1.0, *(step["fitted"]["value"] for step in steps[:7])]
    assert value(made, "a new customer, 96 months")["value"] == pytest.approx(100 * sum(fitted))
    # The share lost of all contracts that came up, by hand.
    counts = [1000, *(round(10 * share) for share in left)]
    churn = (counts[0] - counts[-1]) / sum(counts[:-1])
    simple = {row["formula"]: row["value"]["value"] for row in rows(made, "formulas")}
    assert simple["m / c"] == pytest.approx(100 / churn)
    assert simple["m (1 + d) / (1 + d - r)"] == pytest.approx(100 * 1.1 / (0.1 + churn))
    assert simple["m r / (1 + d - r)"] == pytest.approx(100 * (1 - churn) / (0.1 + churn))
    assert simple["m / (1 + d - r)"] == pytest.approx(100 / (0.1 + churn))


def test_the_simple_formula_is_of_all_customers_and_says_so(tmp_path: Path) -> None:
    """Ten paid in 2024, of whom eight paid 60 in 2025, as did two new ones: 60 a year over a churn of 2 in 10."""
    made = [(f"c{n}", date(2024, 1, 9), 50) for n in range(10)]
    made += [(f"c{n}", date(2025, 1, 9), 60) for n in range(2, 12)]
    file = payments(tmp_path / "p.csv", made)
    whole = study([file], as_of="2025-12-31", model="simple").sentences[0]
    assert whole.startswith("By the simple formula a customer is worth EUR 300.00 (")
    assert whole.endswith(") of revenue, as if churn stayed as it is.")
    new = study([file], as_of="2025-12-31", model="simple", period="2025").sentences[0]
    assert new == whole.removesuffix(".") + ", of all customers and not those of 2025 alone."


def test_what_falls_into_a_month_that_is_not_over_tells_of_no_renewal(tmp_path: Path) -> None:
    """Of four who paid in January two paid in February; one of these has paid on 2 March, the last known day."""
    made = [("a", 0, 9, "month"), ("b", 0, 9, "month"), ("c", 3, 9, "month"), ("d", 3, 9, "month")]
    made += [("a", 31, 9, "month"), ("b", 31, 9, "month"), ("a", 60, 9, "month")]
    path = payments(
        tmp_path / "p.csv", made, "payment_id,customer_id,paid_at,amount,currency,recurring_interval"
    )
    (step,) = [step for step in rows(study([path], model="sbg"), "survival") if step["risk"]]
    assert (step["risk"]["value"], step["renewed"]["value"]) == (4, 0.5)


def test_customers_under_contract_stand_in_a_file_too(tmp_path: Path) -> None:
    path = contracts(tmp_path / "p.csv", SURVIVAL["regular"][0])
    found = ltv([path], Options(no_config=True, as_of="2022-03-31"), Wanted(each=True)).customers
    assert found is not None
    by_name = {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}
    assert len(by_name) == 1000
    assert (by_name["c0"]["renewed"], by_name["c0"]["alive"]) == (7, 1)
    assert (by_name["c999"]["renewed"], by_name["c999"]["alive"], by_name["c999"]["value"]) == (0, 0, 0.0)
    # The eighth renewal of one who made seven: r(8) of the published parameters.
    alpha, beta = SURVIVAL["regular"][1]
    assert by_name["c0"]["value"] == pytest.approx(100 * (beta + 7) / (alpha + beta + 7), rel=1e-5)


# Customers of known parameters

TRUTH = (0.6, 8.0, 0.8, 2.5)
"""r, alpha in weeks, a, b."""


def drawn(seed: int, customers: int, weeks: int = 78) -> tuple[np.random.Generator, list[list[int]]]:
    """For each customer the days with a purchase, drawn from the story of BG/NBD."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = TRUTH
    histories = []
    for first in rng.integers(0, 84, customers):
        rate, leaves = rng.gamma(r, 1 / alpha), rng.beta(a, b)
        days, clock = [int(first)], float(first)
        while True:
            clock += rng.exponential(7 / max(rate, 1e-9))
            if clock > weeks * 7:
                break
            days.append(int(clock))
            if rng.random() < leaves:
                break
        histories.append(days)
    return rng, histories


def simulated(path: Path, seed: int, customers: int) -> str:
    rng, histories = drawn(seed, customers)
    made = []
    for number, days in enumerate(histories):
        scale = 60 / rng.gamma(4.0, 1.0)
        made += [(f"c{number}", day, f"{max(rng.gamma(5.0, scale), 0.01):.2f}") for day in days]
    return payments(path, made)


@ENGINES
def test_parameters_that_customers_were_drawn_with_lie_within_the_limits(tmp_path: Path, engine: str) -> None:
    path = simulated(tmp_path / "p.csv", 4, 3000)
    made = study([path], engine, model="bgnbd", holdout="26w")
    limits = {row["parameter"]: row["value"]["interval"] for row in rows(made, "parameters")}
    for name, truth in zip(("r", "alpha", "a", "b"), TRUTH, strict=True):
        assert limits[name][0] < truth < limits[name][1]
    # Amounts: p 5, q 4, gamma 60.
    for name, truth in (("p", 5.0), ("q", 4.0), ("gamma", 60.0)):
        assert limits[name][0] < truth < limits[name][1]
    everything = rows(made, "holdout")[-1]
    assert everything["expected"]["value"] == pytest.approx(everything["actual"]["value"], rel=0.1)


def test_limits_of_expected_value_hold_the_truth_as_often_as_they_say() -> None:
    """What a new customer brings is known: of 200 samples, 95 % limits miss it in 10, and hardly in 20 or 2.

    Where every purchase brings 10, as purchases alone vary; and where the first brings most, and 100 on average (as e to
    a normal number), as that varies most.
    """
    later = float(bgnbd.expected_purchases(bgnbd.BgNbd(*TRUTH), 365.25 / 7))
    missed, missed_large, held_by_purchases = 0, 0, 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        data = buyers.counted(buyers.bg_nbd(rng, TRUTH, rng.uniform(40, 78, 400)))
        tried = silent.tried("bgnbd", bgnbd.fit, data)
        assert tried.fitted
        # Every purchase brings 10: what varies is how many there are.
        ahead = Expecting(
            id="bgnbd",
            fitted=tried.fitted,
            amounts=money.amounts([(1, 1000, 50)], 100),
            days=1.0,
            ahead=365.25 / 7,
            rate=None,
        )
        tens = beginning.first(Moments.of({1000: 400}), 100, 0, 0.0)
        value, low, high = ahead.new_value(tens)
        assert low < value < high
        missed += not low <= 10 * (1 + later) <= high
        amounts = np.rint(100 * 100 * rng.lognormal(-0.32, 0.8, 400)).astype(int)
        large = beginning.first(Moments.of(Counter(map(int, amounts))), 100, 0, 0.0)
        value, low, high = ahead.new_value(large)
        assert value == pytest.approx(amounts.mean() / 100 + ahead.new_value(tens)[0] - 10)
        missed_large += not low <= 100 + 10 * later <= high
        alone = ahead.new_value(First(value=large.value, low=large.value, high=large.value))
        held_by_purchases += alone[1] <= 100 + 10 * later <= alone[2]
    assert 2 < missed < 20
    assert 2 < missed_large < 20
    # As if the first were known exactly, the limits would hold it less often than they say.
    assert held_by_purchases < 150


def test_a_first_amount_that_goes_with_later_ones_is_known_less_surely_together() -> None:
    """By hand: of four customers two bought again; what they brought first and then is 1 and 2, 3 and 6."""
    rows = [(100, 1, 200, 1), (300, 2, 1200, 1)]
    goes = beginning.goes_together(rows, 100)
    # The covariance of (1, 3) and (2, 6) over two is 2; a half of it is that of both means.
    assert goes == pytest.approx(2 / 2)
    apart = First(value=10.0, low=8.0, high=12.5, error=1.0)
    value, low, high = apart.plus((5.0, 4.0, 7.0), 1.0)
    assert (value, low, high) == pytest.approx((15.0, 15 - np.hypot(2, 1), 15 + np.hypot(2.5, 2)))
    wider = replace(apart, shared=0.05).plus((5.0, 4.0, 7.0), 1.0)
    assert wider[1] < low < high < wider[2]
    assert wider[2] <= 15 + 2.5 + 2


@ENGINES
def test_groups_have_limits_of_their_own_first_purchases(tmp_path: Path, engine: str) -> None:
    """Three of email, whose first deals bring 100, 200 and 900, are known less well than 400 of referral with 300 each."""
    leads = ["lead_id,created_at,channel"]
    deals = ["deal_id,lead_id,closed_at,created_at,status,amount,currency"]
    _, histories = drawn(31, 403)
    for n, days in enumerate(histories):
        leads.append(f"L{n},2024-12-01,{'email' if n < 3 else 'referral'}")
        for k, day in enumerate(sorted(set(days))):
            when = BEGIN + timedelta(days=day)
            amount = (100, 200, 900)[n] if n < 3 and not k else 300
            deals.append(f"{n}-{k},L{n},{when},{when},won,{amount},EUR")
    (tmp_path / "leads.csv").write_text("\n".join(leads) + "\n")
    (tmp_path / "deals.csv").write_text("\n".join(deals) + "\n")
    files = [tmp_path / "leads.csv", tmp_path / "deals.csv"]
    made = study(files, engine, of="deals", model="bgnbd", by=["channel"], min_n=400)
    groups = {row["channel"]: row["new"] for row in rows(made, "segments")}
    several = (groups[name] for name in ("email", "referral"))
    few, many = ([end - one["value"] for end in one["interval"]] for one in several)
    # All of referral bring as much first, so what is left is what later purchases leave open.
    down, up = many
    low, high = stats.t.interval(0.95, 2, 400, np.std([100, 200, 900], ddof=1) / np.sqrt(3))
    assert few == pytest.approx([-np.hypot(down, 400 - max(low, 0)), np.hypot(up, high - 400)], rel=1e-6)
    assert groups["email"]["few"]
    assert "few" not in groups["referral"]


def test_no_more_customers_than_all_are_still_there() -> None:
    """However little is known of the parameters, the limits of a share stay below 1."""
    rng = np.random.default_rng(3)
    found = buyers.counted(buyers.bg_nbd(rng, TRUTH, rng.uniform(40, 78, 400)))
    tried = silent.tried("bgnbd", bgnbd.fit, found)
    assert tried.fitted
    vague = replace(tried.fitted, log_covariance=tried.fitted.log_covariance * 1000)
    ahead = Expecting(
        id="bgnbd", fitted=vague, amounts=money.amounts([], 100), days=1.0, ahead=52.0, rate=None
    )
    none = np.zeros_like(found.x)
    whole = Histories(
        x=found.x, t_x=found.t_x, T=found.T, n=found.n,
        spent=none, first_spent=none, later=none, later_squares=none, later_spent=none,
    )  # fmt: skip
    value, low, high = ahead.total_alive(whole)
    n = float(found.n.sum())
    assert value == pytest.approx(float(found.n @ bgnbd.alive(vague.params, found)))
    assert 0 < low < value < high < n
    # As far from the value on both sides, in log-odds.
    assert logit(high / n) - logit(value / n) == pytest.approx(logit(value / n) - logit(low / n))
    assert value * value / low > n


# Counting by hand

HAND = [
    # a buys on days 0, 0 (once more), 10 and 40; gets 5 back on day 50.
    ("a", 0, "10.00"),
    ("a", 0, "20.00"),
    ("a", 10, "8.00"),
    ("a", 40, "0.00"),
    ("a", 50, "-5.00"),
    # b buys once; c only gets money back; d buys late.
    ("b", 5, "7.00"),
    ("c", 6, "-3.00"),
    ("d", 58, "9.00"),
]


@ENGINES
def test_purchase_days_refunds_and_gifts_are_counted_as_said(tmp_path: Path, engine: str) -> None:
    path = payments(tmp_path / "p.csv", HAND)
    made = study([path], engine, model="bgnbd", as_of="2025-03-01")
    assert likelihoods(made).keys() >= {"BG/NBD"}
    # By the end of February (day 58): a and b have January behind them, and February.
    by_age = {row["age"]["value"]: row for row in rows(made, "historic")}
    assert by_age[0]["customers"]["value"] == 3
    assert by_age[0]["value"]["value"] == pytest.approx((38 + 7 + 9) / 3)
    assert by_age[1]["customers"]["value"] == 2
    assert by_age[1]["value"]["value"] == pytest.approx((33 + 7) / 2)
    notes = {note.code: note.message for note in made.warnings}
    assert "left out: 1" in notes["only_refunds"]
    assert "Purchases for 0: 1" in notes["free_purchases"]


@ENGINES
def test_who_paid_nothing_but_nothing_is_a_customer_and_told_of(tmp_path: Path, engine: str) -> None:
    path = payments(tmp_path / "p.csv", [("a", 0, "0.00"), ("a", 9, "0.00"), ("b", 3, "0.00"), ("b", 8, "4"), ("c", 60, "5")])  # fmt: skip
    made = study([path], engine, model="historic")
    (note,) = [note.message for note in made.warnings if note.code == "free_purchases"]
    assert "Purchases for 0: 3." in note
    assert "nothing but 0: 1;" in note
    assert rows(made, "historic")[0]["customers"]["value"] == 2


@ENGINES
def test_a_renewal_makes_no_new_customer(tmp_path: Path, engine: str) -> None:
    """As in a report: of a, b and c only a and b are new."""
    header = "deal_id,company_id,type,closed_at,created_at,status,amount,currency"
    lines = [
        "1,a,newbusiness,2025-02-01,2025-01-01,won,10,EUR",
        "2,a,renewal,2025-03-05,2025-01-01,won,20,EUR",
        "3,c,renewal,2025-01-05,2025-01-01,won,40,EUR",
        "4,b,newbusiness,2025-02-05,2025-01-01,won,80,EUR",
        "5,c,renewal,2025-04-30,2025-01-01,won,160,EUR",
    ]
    path = tmp_path / "deals.csv"
    path.write_text("\n".join([header, *lines]))
    made = study([path], engine, of="deals", model="historic", min_n=1)
    ages = {row["age"]["value"]: row for row in rows(made, "historic")}
    assert {age: row["customers"]["value"] for age, row in ages.items()} == {0: 2, 1: 2, 2: 2}
    assert [row["value"]["value"] for row in ages.values()] == [45, 55, 55]
    (note,) = [note.message for note in made.warnings if note.code == "only_renewals"]
    assert "left out: 1." in note


@ENGINES
def test_histories_are_those_of_counting_in_plain_python(tmp_path: Path, engine: str) -> None:
    path = Path(simulated(tmp_path / "p.csv", 9, 500))
    days: dict[str, set[int]] = defaultdict(set)
    with path.open() as file:
        for row in csv.DictReader(file):
            days[row["customer_id"]].add((date.fromisoformat(row["paid_at"]) - BEGIN).days)
    end = max(map(max, days.values()))
    until = end - 60
    known = {name: {d for d in of if d <= until} for name, of in days.items()}
    x = {name: len(of) - 1 for name, of in known.items() if of}
    made = study([path], engine, model="bgnbd", holdout="60")
    actual = [row["actual"]["value"] for row in rows(made, "frequency")]
    assert actual == [sum(min(n, 7) == k for n in x.values()) for k in range(8)]
    held = rows(made, "holdout")[-1]["actual"]["value"]
    assert held == sum(d > until for name, of in days.items() if name in x for d in of)


def test_occasions_are_months_of_the_calendar(tmp_path: Path) -> None:
    """Each month a coin says whether one is still there, and one whether one buys, on one or two of its days."""
    rng = np.random.default_rng(8)
    truth = {"alpha": 1.2, "beta": 2.0, "gamma": 0.8, "delta": 4.0}
    made, x = [], []
    for n in range(2500):
        buys, leaves = rng.beta(1.2, 2.0), rng.beta(0.8, 4.0)
        begin, bought = int(rng.integers(0, 6)), 0
        for month in range(begin, 18):
            there = month == begin or rng.random() > leaves
            if not there:
                break
            if month == begin or rng.random() < buys:
                # June of the second year, the eighteenth month, is not over.
                bought += begin < month < 17
                for day in {1 + int(d) for d in rng.integers(0, 20, 2)}:
                    made.append((f"c{n}", date(2025 + month // 12, month % 12 + 1, day), "5.00"))
        x.append(bought)
    found = study([payments(tmp_path / "p.csv", made)], model="bgbb", as_of="2026-06-20")
    actual = [row["actual"]["value"] for row in rows(found, "frequency")]
    assert actual == [sum(min(n, 7) == k for n in x) for k in range(8)]
    limits = {row["parameter"]: row["value"]["interval"] for row in rows(found, "parameters")}
    for name, value in truth.items():
        assert limits[name][0] < value < limits[name][1]


def test_value_cost_and_payback_are_of_the_same_customers(tmp_path: Path) -> None:
    """Two came in January, two in February, one in March before spend ends; spend is loaded of January and February."""
    bought = [("a", 0, "30"), ("b", 2, "50"), ("a", 35, "40"), ("c", 33, "60"), ("d", 40, "20"), ("c", 62, "100"), ("e", 70, "900"), ("a", 120, "1")]  # fmt: skip
    path = payments(tmp_path / "p.csv", bought)
    spend = tmp_path / "ads.csv"
    days = [f"{BEGIN + timedelta(days=n)},ads,{4 if n < 31 else 6},EUR" for n in range(59)]
    spend.write_text("\n".join(["date,campaign,cost,currency", *days]) + "\n")
    made = study([f"payments={path}", f"spend={spend}"], model="historic", margin="50%", min_n=1)
    (row,) = rows(made, "acquisition")
    cost = (4 * 31 + 6 * 28) / 4
    assert row["customers"]["value"] == 4
    assert row["cac"]["value"] == pytest.approx(cost)
    # April is over: c and d have two months behind them, a and b three.
    assert row["age"]["value"] == 3
    assert row["value"]["value"] == pytest.approx(0.5 * (30 + 40 + 50) / 2)
    # What a and b cost is what was spent in January.
    assert (row["old"]["value"], row["cost"]["value"]) == (2, 4 * 31 / 2)
    assert row["ratio"]["value"] == pytest.approx(0.5 * (30 + 40 + 50) / 2 / (4 * 31 / 2))
    # Half of (30 + 50 + 60 + 20) / 4 is 20; with a second month (40 and 100) 37.5; cost is 73, of a and b 62.
    assert row["payback"]["value"] is None
    cheap = tmp_path / "cheap.csv"
    cheap.write_text(spend.read_text().replace(",4,", ",2,").replace(",6,", ",2,"))
    (row,) = rows(
        study([f"payments={path}", f"spend={cheap}"], model="historic", margin="50%", min_n=1), "acquisition"
    )
    assert row["cac"]["value"] == pytest.approx(2 * 59 / 4)
    assert row["payback"]["value"] == 1
    files = [f"payments={path}", f"spend={spend}"]
    (row,) = rows(study(files, model="historic", min_n=1, period="2025-02"), "acquisition")
    assert (row["customers"]["value"], row["cac"]["value"]) == (2, 6 * 28 / 2)
    # Of half a month there is the spend of half a month.
    (row,) = rows(study(files, model="historic", min_n=1, period="2025-02-01..2025-02-07"), "acquisition")
    assert (row["customers"]["value"], row["cac"]["value"]) == (1, 6 * 7)


def test_a_group_costs_as_much_by_a_filter_as_in_the_table(tmp_path: Path) -> None:
    """Search has its first customer in March, and what was spent on it before is spent on that one, too."""
    (tmp_path / "leads.csv").write_text(
        "lead_id,created_at,channel\na,2025-01-01,email\nb,2025-01-01,paid_search\n"
    )
    header = "deal_id,lead_id,closed_at,created_at,status,amount,currency"
    deals = ["1,a,2025-01-05,2025-01-01,won,90,EUR", "2,b,2025-03-05,2025-01-01,won,80,EUR"]
    (tmp_path / "deals.csv").write_text("\n".join([header, *deals, "3,a,2025-06-01,2025-05-01,won,1,EUR"]))
    spent = [f"2025-0{month}-01,paid_search,10,EUR" for month in range(1, 6)]
    (tmp_path / "spend.csv").write_text("\n".join(["date,channel,cost,currency", *spent]))
    files = [f"{kind}={tmp_path / kind}.csv" for kind in ("leads", "deals", "spend")]
    apart = {r["channel"]: r for r in rows(study(files, of="deals", by=["channel"]), "acquisition")}
    (alone,) = rows(study(files, of="deals", where=["channel=paid_search"]), "acquisition")
    # Spend is loaded to the first of May, and May is over.
    assert apart["paid_search"]["cac"]["value"] == alone["cac"]["value"] == 50
    assert apart["paid_search"]["payback"]["value"] == alone["payback"]["value"] == 0


@ENGINES
def test_won_deals_are_purchases_and_have_the_channel_of_their_lead(tmp_path: Path, engine: str) -> None:
    _, histories = drawn(12, 400)
    leads, deals = (
        ["lead_id,created_at,channel"],
        ["deal_id,lead_id,closed_at,created_at,status,amount,currency"],
    )
    for n, days in enumerate(histories):
        leads.append(f"L{n},2024-12-01,{'email' if n % 4 else 'referral'}")
        for k, day in enumerate(days):
            when = BEGIN + timedelta(days=day)
            deals.append(f"{n}-{k},L{n},{when},{when},won,100,EUR")
        deals.append(f"{n}-lost,L{n},2025-02-01,2025-01-01,lost,999,EUR")
    (tmp_path / "leads.csv").write_text("\n".join(leads) + "\n")
    (tmp_path / "deals.csv").write_text("\n".join(deals) + "\n")
    files = [tmp_path / "leads.csv", tmp_path / "deals.csv"]
    made = study(files, engine, of="deals", model="bgnbd", by=["channel"])
    groups = {row["channel"]: row for row in rows(made, "segments")}
    assert {name: row["customers"]["value"] for name, row in groups.items()} == {
        "email": 300,
        "referral": 100,
    }
    brought = {row["channel"]: row for row in rows(made, "groups")}
    for name, of in (("email", [h for n, h in enumerate(histories) if n % 4]), ("referral", histories[::4])):
        again = sum(len(set(days)) > 1 for days in of)
        assert groups[name]["again"]["numerator"] == again
        assert groups[name]["fit"] == "own"
        # The last purchase of all is on the last day that is known.
        end = max(day for h in histories for day in h)
        old = [h for h in of if h[0] + 365 - 1 <= end]
        paid = [100 * sum(day - h[0] < 365 for day in h) for h in old]
        assert brought[name]["old"]["value"] == len(old)
        assert brought[name]["value"]["value"] == pytest.approx(sum(paid) / len(paid))
    assert "revenue" in made.sentences[0]
    with pytest.raises(UsageError, match="no loaded table has the dimension owner"):
        study(files, engine, of="deals", by=["owner"])


# What does not bear a model


def _rows(customers: int, times: int, amount: str = "10", step: int = 30) -> list[Row]:
    return [(f"c{i}", k * step, amount) for i in range(customers) for k in range(times)]


ODD: dict[str, tuple[list[Row], str]] = {
    "one customer": ([("a", 0, "10")], "0 of 1 customers bought again"),
    "nobody repeats": ([(f"c{i}", i, "10") for i in range(60)], "0 of 60 customers bought again"),
    "all alike": (_rows(60, 5), "bought equally often"),
    "one day": ([(f"c{i}", 0, "10") for i in range(40) for _ in range(3)], "0 of 40 customers bought again"),
    "too regular": ([(f"c{i % 60}", (i * 7919) % 500, "5") for i in range(400)], "has no maximum|leaves"),
    "nothing paid": (
        [(f"c{i}", i + k * (20 + i % 7), "0") for i in range(80) for k in range(1 + i % 4)],
        "cannot be fitted",
    ),
}


@ENGINES
@pytest.mark.parametrize("name", ODD)
def test_data_that_bear_no_model_are_refused_with_the_reason(tmp_path: Path, name: str, engine: str) -> None:
    made, reason = ODD[name]
    found = study([payments(tmp_path / "p.csv", made)], engine)
    (said,) = [one for one in found.sentences if one.startswith("No model looks ahead")]
    assert re.search(reason, said)
    assert {table.id for table in found.tables} >= {"historic", "cohorts"}
    for model in ("bgnbd", "pareto", "mbgnbd", "sbg", "bdw") if engine == "pandas" else ():
        assert study([tmp_path / "p.csv"], engine, model=model).sentences


def test_only_refunds_are_no_purchases(tmp_path: Path) -> None:
    path = payments(tmp_path / "p.csv", _rows(20, 3, "-5"))
    with pytest.raises(UsageError, match="none of the payments is a purchase"):
        study([path])


def test_amounts_below_zero_are_left_out_of_the_model_of_amounts(tmp_path: Path) -> None:
    _, histories = drawn(21, 600)
    made: list[Row] = [(f"c{n}", day, "10.00") for n, days in enumerate(histories) for day in set(days)]
    again = [n for n, days in enumerate(histories) if len(set(days)) == 2][:5]
    made += [(f"c{n}", max(histories[n]) + 1, "-40.00") for n in again]
    found = study([payments(tmp_path / "p.csv", made)], model="bgnbd")
    notes = {note.code: note.message for note in found.warnings}
    assert "taken off: 5" in notes["worthless_repeats"]
    assert "spent the same" in notes["no_money_model"]


WRONG = [
    ({"model": "bgndb"}, "--model bgndb"),
    ({"unit": "fortnight"}, "--unit fortnight"),
    ({"holdout": "soon"}, "--holdout soon"),
    ({"holdout": "90", "fit_until": "2025-02-01"}, "say the same"),
    ({"fit_until": "2031-01-01"}, "end before that day"),
    ({"holdout": "99m"}, "before what is held out"),
    ({"ahead": 0}, "--ahead 0"),
    ({"ahead": 121}, "--ahead 121"),
    ({"discount": "10"}, "--discount 10"),
    ({"margin": "half"}, "--margin half"),
    ({"by": ["channel"]}, "channel"),
]


@pytest.mark.parametrize(("wanted", "message"), WRONG, ids=[m for _, m in WRONG])
def test_what_makes_no_sense_is_said_in_a_sentence(
    tmp_path: Path, wanted: dict[str, Any], message: str
) -> None:
    path = payments(tmp_path / "p.csv", _rows(5, 3))
    with pytest.raises(UsageError, match=message):
        study([path], **wanted)


def test_no_customer_is_named_in_the_report(tmp_path: Path) -> None:
    path = simulated(tmp_path / "p.csv", 2, 200)
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(re.sub(r",c(\d)", r",secret\1", Path(path).read_text()))
    made = study([renamed], model="bgnbd")
    for format in ("terminal", "json", "csv", "md"):
        assert b"secret" not in studies.render(made, format)


def test_drawn_by_another_story_the_same_parameters_are_found() -> None:
    """The story above and that of the tests of the models are one: x of as many customers has the same mean."""
    _, histories = drawn(1, 4000)
    first = np.array([days[0] for days in histories], dtype=float)
    x, _, _ = buyers.bg_nbd(np.random.default_rng(1), TRUTH, 78 - first / 7)
    ours = np.array([len(days) - 1 for days in histories])
    assert ours.mean() == pytest.approx(x.mean(), abs=4 * np.sqrt((ours.var() + x.var()) / 4000))
