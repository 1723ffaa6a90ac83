"""What the answers of ``funnelkit ltv`` rest on: whose value it is, at which age, and how sure; by sums made by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.test_ltv import (
    BEGIN,
    ENGINES,
    NEEDS_CDNOW,
    SAMPLE,
    Row,
    parameters,
    payments,
    rows,
    simulated,
    study,
    value,
)

RECURRING = "payment_id,customer_id,paid_at,amount,currency,recurring_interval"


def lasting(customers: int, terms: Sequence[int], of: str, months: int, price: Any) -> list[Row]:
    """Customers who come in the months of 2020, pay for so many *terms* (one after another) of so many *months*, by *price*."""
    made: list[Row] = []
    for n in range(customers):
        begin = n % 12
        for k in range(terms[n % len(terms)]):
            month = begin + k * months
            if month < 48:
                made.append((f"{of}{n}", date(2020 + month // 12, month % 12 + 1, 5), f"{price(k):.2f}", of))
    return made


LASTS = (1, 1, 2, 3, 5, 9, 20, 99)


@ENGINES
def test_contracts_of_several_terms_are_put_together_by_their_customers(tmp_path: Path, engine: str) -> None:
    """Of 400 customers 240 pay by the month and 160 by the year: each term by itself, then the mean of both."""
    monthly = lasting(240, LASTS, "month", 1, lambda k: 20)
    yearly = lasting(160, (1, 1, 1, 1, 2, 3, 9, 9, 9, 9), "year", 12, lambda k: 200)
    apart = [
        study([payments(tmp_path / f"{n}.csv", some, RECURRING)], engine, "2023-12-31", ahead=24)
        for n, some in enumerate((monthly, yearly))
    ]
    (month, year) = (value(one, "a new customer, 24 months") for one in apart)
    once = [("once", date(2020, 5, 5), "77.00", ""), ("twice", date(2020, 5, 5), "77.00", "")]
    both = study(
        [payments(tmp_path / "p.csv", [*monthly, *yearly, *once], RECURRING)], engine, "2023-12-31", ahead=24
    )
    assert value(both, "a new customer by the month, 24 months")["value"] == pytest.approx(month["value"])
    assert value(both, "a new customer by the year, 24 months")["value"] == pytest.approx(year["value"])
    together = value(both, "a new customer, 24 months")
    assert together["value"] == pytest.approx((240 * month["value"] + 160 * year["value"]) / 400)
    # Limits: of both fits by their shares, and of the shares themselves, which are those of 400 customers.
    z, apart_by = 1.959964, abs(month["value"] - year["value"])
    low = np.hypot(0.6 * (month["value"] - month["interval"][0]), 0.4 * (year["value"] - year["interval"][0]))
    low = np.hypot(low, z * apart_by * np.sqrt(0.6 * 0.4 / 400))
    assert together["value"] - together["interval"][0] == pytest.approx(low, rel=1e-6)
    (first, *_) = both.sentences
    assert (
        f": EUR {month['value']:,.2f} of the 240 who pay by the month, EUR {year['value']:,.2f} of the 160 who pay by the year; 2 others are in no model."
        in first
    )
    assert {table.id for table in both.tables} >= {"survival", "survival_year", "models", "models_year"}


def test_a_value_says_whose_it_is_where_some_are_in_no_model(tmp_path: Path) -> None:
    monthly = lasting(240, LASTS, "month", 1, lambda k: 20)
    yearly = lasting(20, (1, 2), "year", 12, lambda k: 200)
    made = study([payments(tmp_path / "p.csv", [*monthly, *yearly], RECURRING)], as_of="2023-12-31")
    assert made.sentences[0].endswith(
        "in the first 12 months, of the 240 who pay by the month; 20 others are in no model."
    )


@ENGINES
def test_payments_that_rise_with_age_are_told_by_age(tmp_path: Path, engine: str) -> None:
    """Who stays pays 1 more every month, so the first year is of the payments of the first year."""
    rising = lasting(480, LASTS, "month", 1, lambda k: 20 + k)
    made = study(
        [payments(tmp_path / "p.csv", rising, RECURRING)], engine, "2023-12-31", model="sbg", discount="10%"
    )
    left = [1.0, *(step["fitted"]["value"] for step in rows(made, "survival"))]
    expected = sum(share * (20 + k) for k, share in enumerate(left[:12]))
    assert value(made, "a new customer, 12 months")["value"] == pytest.approx(expected, rel=1e-9)
    # So low a limit as 60 of 480 customers who stay for good leave no age without 30 of them, up to 36 months.
    steps = rows(made, "survival")
    assert [step["payment"]["value"] for step in steps[:36]] == pytest.approx([20 + k for k in range(1, 37)])
    # A present customer's year, from an age of one's own: those of each month of 2020, an eighth of whom are there.
    there = [47 - begin for begin in range(12) for n in range(480) if n % 12 == begin and n % 8 == 7]
    alpha, beta = (parameters(made)[f"sBG {name}"] for name in ("alpha", "beta"))
    last = 20 + max(there)

    def brings(age: int) -> float:
        share, total = 1.0, 0.0
        for k in range(age + 1, age + 13):
            share *= (beta + k - 1) / (alpha + beta + k - 1)
            total += share * min(20 + k, last)
        return total

    known = [step["payment"]["value"] for step in steps if step["payment"]]
    last = known[-1]
    assert value(made, "a present customer, next 12 months")["value"] == pytest.approx(
        np.mean([brings(a) for a in there])
    )
    # Without end: the sum by hand, far out.
    rate, share, ever = 1.1 ** (1 / 12) - 1, 1.0, 0.0
    for k in range(20000):
        share *= (beta + k - 1) / (alpha + beta + k - 1) if k else 1.0
        ever += share * min(20 + k, last) / (1 + rate) ** k
    assert value(made, "a new customer, ever")["value"] == pytest.approx(ever, rel=1e-4)


def test_what_contracts_bring_is_as_unsure_as_what_customers_pay(tmp_path: Path) -> None:
    """Half of them pay 5 and half 35 a month, whatever they do: that widens the limits as the mean of payments varies."""
    even = lasting(480, LASTS, "month", 1, lambda k: 20)
    odd = [(c, day, "5.00" if int(c[5:]) // 8 % 2 else "35.00", of) for c, day, _, of in even]
    same, apart = (
        value(
            study([payments(tmp_path / f"{n}.csv", some, RECURRING)], as_of="2023-12-31"),
            "a new customer, 12",
        )
        for n, some in enumerate((even, odd))
    )
    assert apart["value"] == pytest.approx(same["value"], rel=0.05)
    times: dict[str, int] = defaultdict(int)
    for customer, *_ in even:
        times[customer] += 1
    of_5 = [n for customer, n in times.items() if int(customer[5:]) // 8 % 2]
    of_35 = [n for customer, n in times.items() if not int(customer[5:]) // 8 % 2]
    # A quotient of sums over customers, by the delta method, with t of Kish's number of equal customers.
    n, total = np.array([*of_5, *of_35]), np.array([*(5 * k for k in of_5), *(35 * k for k in of_35)])
    ratio = total.sum() / n.sum()
    error = np.sqrt(((total - ratio * n) ** 2).sum() * 480 / 479) / n.sum() / ratio
    half = stats.t.ppf(0.975, total.sum() ** 2 / (total**2).sum() - 1) * error
    wide = np.log(apart["interval"][1] / apart["value"])
    assert wide == pytest.approx(np.hypot(half, np.log(same["interval"][1] / same["value"])), rel=0.05)


@ENGINES
def test_large_amounts_with_many_decimals_are_squared_exactly(tmp_path: Path, engine: str) -> None:
    """Written as a spreadsheet writes 43: what two parts of 20 bits cannot hold."""
    paid = [43.00000000000001 + 10 * (n % 7) for n in range(900)]
    made = [(f"c{n}", n % 30, repr(amount)) for n, amount in enumerate(paid)]
    found = value(
        study([payments(tmp_path / "p.csv", made)], engine, "2025-12-31", model="historic", ahead=1), "so far"
    )
    equal = sum(paid) ** 2 / sum(a * a for a in paid)
    half = stats.t.ppf(0.975, equal - 1) * stats.sem(paid) / np.mean(paid)
    assert found["interval"] == pytest.approx(
        [np.mean(paid) * np.exp(-half), np.mean(paid) * np.exp(half)], rel=1e-6
    )


def test_no_limit_is_below_zero_where_no_amount_is(tmp_path: Path) -> None:
    """Of three, of whom one pays nearly all, the mean less t times its error is below 0; a refund may bring it there."""
    made = [("a", 0, "1"), ("b", 1, "2"), ("c", 2, "900")]
    found = value(study([payments(tmp_path / "p.csv", made)], as_of="2025-12-31", model="historic"), "so far")
    plain = stats.t.interval(0.95, 2, np.mean([1, 2, 900]), stats.sem([1, 2, 900]))
    assert plain[0] < 0
    assert found["interval"] == pytest.approx([0, plain[1]])
    back = study(
        [payments(tmp_path / "q.csv", [*made, ("a", 3, "-5")])], as_of="2025-12-31", model="historic"
    )
    assert value(back, "so far")["interval"][0] < 0


@NEEDS_CDNOW
def test_models_that_explain_cdnow_as_well_have_other_shares_still_there() -> None:
    """BG/NBD and MBG/NBD are 0.3 apart in likelihood; 1,411 of 2,357 bought once, and are all there in the first."""
    made = study([SAMPLE], holdout="39w")
    (said,) = [one for one in made.sentences if "silence" in one]
    shares = {row["model"]: row["alive"] for row in rows(made, "models") if row.get("alive")}
    assert shares["BG/NBD"]["value"] == pytest.approx(0.813, abs=5e-4)
    assert shares["MBG/NBD"]["value"] == pytest.approx(0.449, abs=5e-4)
    assert (
        "35.5 % to 82.6 % by those that explain the data about as well (BG/NBD 81.3 %, MBG/NBD 44.9 %;"
        in said
    )
    assert "everybody who bought once for still there" in said
    assert "has the 1,411 who bought once as still there" in made.table("alive").caption
    # Pareto/NBD is 12.5 behind in likelihood, so its share is in the table alone.
    assert "Pareto" not in said
    assert shares["Pareto/NBD"]["value"] == pytest.approx(0.446, abs=5e-4)


@NEEDS_CDNOW
def test_what_the_model_missed_widens_the_limits(tmp_path: Path) -> None:
    """2,357 bought 1,882 times in what was held out, and 1,653.41 were expected: log(1,882 / 1,653.41) is 0.1295."""
    held = study([SAMPLE], model="bgnbd", holdout="39w")
    (said,) = [one for one in held.sentences if one.startswith("In what")]
    assert "widened by as much, 1.14 times up and down" in said
    # The same days and nothing after them: the same estimate, with the limits of the estimate alone.
    lines = [line for line in SAMPLE.read_text("ascii").splitlines() if line.strip()]
    early = [line for line in lines if line.split()[2] <= "19970930"]
    cut = tmp_path / SAMPLE.name
    cut.write_text("\n".join(early) + "\n")
    alone = value(study([cut], model="bgnbd", as_of="1997-09-30"), "a present customer")
    wide = value(held, "a present customer")
    assert wide["value"] == pytest.approx(alone["value"], rel=1e-6)
    for end in (0, 1):
        of = [np.log(one["interval"][end] / one["value"]) for one in (alone, wide)]
        assert abs(of[1]) == pytest.approx(np.hypot(of[0], np.log(1882 / 1653.41)), rel=1e-4)


def test_chance_alone_widens_nothing(tmp_path: Path) -> None:
    path = simulated(tmp_path / "p.csv", 4, 3000)
    (said,) = [
        one for one in study([path], model="bgnbd", holdout="26w").sentences if one.startswith("In what")
    ]
    assert "widened" not in said


def test_all_values_are_told_of_one_age_or_why_not(tmp_path: Path) -> None:
    """Ten came in January 2025 and thirty in June: by the end of the year a quarter has ten months and more behind them."""
    made = [(f"c{n}", 0 if n < 10 else 151, "10") for n in range(40)]
    path = payments(tmp_path / "p.csv", made)
    spend = tmp_path / "ads.csv"
    days = [f"{BEGIN + timedelta(days=n)},ads,4,EUR" for n in range(181)]
    spend.write_text("\n".join(["date,campaign,cost,currency", *days]) + "\n")
    files = [f"payments={path}", f"spend={spend}"]
    found = study(files, as_of="2025-12-31", model="historic", min_n=1, ahead=10)
    (row,) = rows(found, "acquisition")
    assert (row["age"]["value"], row["old"]["value"]) == (10, 10)
    assert value(found, "so far, first 10 months")["n"] == 10
    assert "too few" not in " ".join(found.sentences)
    # At 5 a share of a quarter is 10, but of twelve months it is none: six months are what all have.
    found = study(files, as_of="2025-12-31", model="historic", min_n=11)
    assert value(found, "so far, first 6 months")["n"] == 40
    assert "in the first 6 months, n 40, as too few have 12 months behind them." in found.sentences[0]
    (row,) = rows(found, "acquisition")
    assert (row["age"]["value"], row["old"]["value"]) == (6, 40)


def test_a_part_of_a_month_is_named_by_its_days_and_an_unfinished_one_told_of(tmp_path: Path) -> None:
    path = payments(tmp_path / "p.csv", [("a", 0, "30"), ("b", 2, "50"), ("a", 62, "100"), ("c", 70, "9")])
    spend = tmp_path / "ads.csv"
    days = [f"{BEGIN + timedelta(days=n)},ads,4,EUR" for n in range(80)]
    spend.write_text("\n".join(["date,campaign,cost,currency", *days]) + "\n")
    files = [f"payments={path}", f"spend={spend}"]
    part = study(files, model="historic", min_n=1, period="2025-01-02..2025-02-14")
    assert "first bought in 2025-01-02 to 2025-02-14, whose" in part.table("acquisition").caption
    whole = study(files, model="historic", min_n=1, period="2025-01")
    assert "first bought in 2025-01, whose" in whole.table("acquisition").caption
    # March is not over on the 21st, the last day of spend.
    none = study(files, model="historic", min_n=1, period="2025-03")
    assert "acquisition" not in {table.id for table in none.tables}
    (note,) = [note.message for note in none.warnings if note.code == "no_whole_month"]
    assert "(2025-01-01 to 2025-03-21" in note


@ENGINES
def test_a_term_without_a_model_is_valued_by_the_renewals_that_were_seen(tmp_path: Path, engine: str) -> None:
    """Of 120 who pay by the year every second leaves at each renewal, as none do who differ: no model, but the shares."""
    monthly = lasting(240, LASTS, "month", 1, lambda k: 20)
    yearly = lasting(120, (1, 1, 2, 1, 1, 2, 3, 3), "year", 12, lambda k: 200 + 50 * k)
    file = payments(tmp_path / "p.csv", [*monthly, *yearly], RECURRING)
    made = study([file], engine, "2023-12-31", ahead=24)
    assert any(
        "contracts of a year" in one and "no model looks ahead" in one
        for one in map(str.lower, made.sentences)
    )
    # By hand: 4 of 8 renew once, and pay 250 then.
    year, month = (value(made, f"a new customer by the {of}, 24 months") for of in ("year", "month"))
    assert year["value"] == pytest.approx(200 + 250 * 4 / 8)
    error = 250 * np.sqrt(0.5 * 0.5 / 120)
    assert np.log(year["interval"][1] / year["value"]) == pytest.approx(1.959964 * error / 325)
    both = value(made, "a new customer, 24 months")
    assert both["value"] == pytest.approx((240 * month["value"] + 120 * year["value"]) / 360)
    assert "no model." not in made.sentences[0]
    # What the present ones are to bring lies beyond what was seen of one term, so it is told of the other alone.
    measures = [row["measure"] for row in rows(made, "value")]
    assert "a present customer by the month, next 24 months" in measures
    assert "a present customer, next 24 months" not in measures


def test_a_term_that_nobody_has_yet_is_no_fault(tmp_path: Path) -> None:
    """Asked for, or of customers who came after the days that the model knows."""
    monthly = lasting(240, LASTS, "month", 1, lambda k: 20)
    late: list[Row] = [(f"new{n}", date(2023, 12, 1), "200.00", "year") for n in range(40)]
    file = payments(tmp_path / "p.csv", [*monthly, *late], RECURRING)
    made = study([file], as_of="2023-12-31", model="sbg", unit="quarter")
    assert any("no model looks ahead" in one for one in made.sentences)
    held = study([file], as_of="2023-12-31", holdout="6m")
    assert "new customer is worth" in held.sentences[0]


def test_who_has_changed_the_term_is_counted_in_a_note(tmp_path: Path) -> None:
    """Of 96 who pay by the month seven change to a year."""
    made = lasting(96, LASTS, "month", 1, lambda k: 20)
    made += [(f"month{n}", date(2023, 1, 5), "200.00", "year") for n in range(7)]
    path = payments(tmp_path / "p.csv", made, RECURRING)
    notes = {one.code: one.message for one in study([path], as_of="2023-12-31").warnings}
    assert notes["terms_changed"].startswith("Customers whose contracts were of more than one term: 7.")
    plain = payments(tmp_path / "q.csv", lasting(96, LASTS, "month", 1, lambda k: 20), RECURRING)
    assert not [one for one in study([plain], as_of="2023-12-31").warnings if one.code == "terms_changed"]
