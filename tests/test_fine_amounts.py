"""Amounts with more decimals than money has: sums and limits are those of the true amounts, and no sum of squares wraps."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from funnelkit.pipeline.valuing import Wanted, ltv
from funnelkit.render import study as studies

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
NOISE = [
    19.99 * 3,
    0.1 + 0.2,
    1.1 * 1.1,
    27.610000000000014,
    104.77000000000001,
    49.9,
    33.300000000000004,
    20.0,
]
LARGE = [f"{10**9 + n * 7_000_001}.{n % 10}123456789" for n in range(40)]


def mean_and_limits(amounts: list[float]) -> tuple[float, float, float]:
    """Student's limits of the mean on the scale of logarithms, by scipy.

    As many degrees of freedom as amounts of one size would come to, less one: the squared sum over that of squares.
    """
    n, mean = len(amounts), math.fsum(amounts) / len(amounts)
    error = math.sqrt(math.fsum((a - mean) ** 2 for a in amounts) / (n - 1) / n)
    alike = math.fsum(amounts) ** 2 / math.fsum(a**2 for a in amounts)
    apart = math.exp(float(stats.t.ppf(0.975, alike - 1)) * error / mean)
    return mean, mean / apart, mean * apart


def valued(path: Path, amounts: list[str], engine: str) -> dict[str, Any]:
    """The value of customers who bought once each, more than a year ago."""
    lines = [f"P{n},C{n},2023-01-{1 + n % 28:02},{a},EUR" for n, a in enumerate(amounts)]
    path.write_text("\n".join(["payment_id,customer_id,paid_at,amount,currency", *lines]) + "\n", "utf-8")
    made = ltv(
        [str(path)], Options(no_config=True, engine=engine, as_of="2024-06-01"), Wanted(model="historic")
    ).study
    found: dict[str, Any] = json.loads(studies.render(made, "json"))
    return found


@ENGINES
@pytest.mark.parametrize("amounts", [[repr(a) for a in NOISE], LARGE], ids=["noise", "large"])
def test_limits_of_what_customers_brought_are_those_of_scipy(
    tmp_path: Path, amounts: list[str], engine: str
) -> None:
    document = valued(tmp_path / "payments.csv", amounts, engine)

    (row,) = (r for t in document["tables"] if t["id"] == "value" for r in t["rows"])
    mean, low, high = mean_and_limits([float(a) for a in amounts])
    assert row["value"]["value"] == pytest.approx(mean, rel=1e-6)
    assert row["value"]["interval"] == pytest.approx([low, high], rel=1e-6)
    (note,) = (w["message"] for w in document["warnings"] if w["code"] == "amounts_rounded")
    finer = sum(Decimal(a).as_tuple().exponent < (-9 if amounts is not LARGE else -4) for a in amounts)  # type: ignore[operator]
    assert f": {finer} different amounts" in note


@ENGINES
@pytest.mark.parametrize("amounts", [[repr(a) for a in NOISE], LARGE], ids=["noise", "large"])
def test_a_report_adds_up_what_stands_in_the_file(tmp_path: Path, amounts: list[str], engine: str) -> None:
    deals = [f"D{n},2024-01-01,2024-02-{1 + n % 28:02},won,{a},EUR" for n, a in enumerate(amounts)]
    paid = [f"P{n},C{n % 3},2024-01-{1 + n % 28:02},{a},EUR" for n, a in enumerate(amounts)]
    files = []
    for name, header, lines in (
        ("deals", "deal_id,created_at,closed_at,status,amount,currency", deals),
        ("payments", "payment_id,customer_id,paid_at,amount,currency", paid),
    ):
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
        files.append(str(tmp_path / f"{name}.csv"))
    metrics = report(files, Options(no_config=True, engine=engine)).metrics

    truth = float(sum(map(Decimal, amounts)))
    mean, _, _ = mean_and_limits([float(a) for a in amounts])
    assert metrics["revenue_won"].value == pytest.approx(truth, rel=1e-7)
    assert metrics["revenue_net"].value == pytest.approx(truth, rel=1e-7)
    assert metrics["deal_size"].value == pytest.approx(mean, rel=1e-7)
    low, high = metrics["deal_size"].interval or (0, 0)
    assert 0 < low < mean < (high or 0)
    # By the logarithms or the mean: in any case no limits of width 0, and none beyond ten times the mean.
    assert (high or 0) - low > 1e-3 * mean


@ENGINES
def test_plain_amounts_are_read_as_they_are(tmp_path: Path, engine: str) -> None:
    document = valued(tmp_path / "payments.csv", ["19.99", "5.123456", "7.5", "8.25"], engine)

    assert not [w for w in document["warnings"] if w["code"] == "amounts_rounded"]
