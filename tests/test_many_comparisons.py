"""Several periods beside one, and calls that do not come of looking often enough."""

from __future__ import annotations

import math
import random
from pathlib import Path
from statistics import NormalDist

import pytest

from funnelkit import report
from funnelkit.errors import UsageError
from funnelkit.metrics.cell import Cell, Change
from funnelkit.metrics.compare import among_many

DEALS = """deal_id,created_at,closed_at,status,amount,channel
{rows}"""


def deals(folder: Path, channels: int, each: int, seed: int, rate: float = 0.3) -> Path:
    """The same chance of winning in every channel and month."""
    draw, rows = random.Random(seed), list[str]()
    for channel in range(channels):
        for month in (1, 2, 3):
            for n in range(each):
                status = "won" if draw.random() < rate else "lost"
                day = f"2026-{month:02}-{n % 28 + 1:02}"
                rows.append(f"{len(rows)},{day},{day},{status},100,c{channel:02}")
    path = folder / f"deals{seed}.csv"
    path.write_text(DEALS.format(rows="\n".join(rows)))
    return path


def test_each_comparison_is_that_which_it_is_alone(tmp_path: Path) -> None:
    path = deals(tmp_path, 2, 60, seed=1)
    asked = {"period": "2026-03", "metrics": ["win_rate", "deals_won"], "currency": "EUR", "no_config": True}
    both = report([path], compare="prev, 2026-01", **asked)
    for compare, found in (("prev", both.comparison), ("2026-01", both.besides[0])):
        alone = report([path], compare=compare, **asked).comparison
        assert alone is not None
        assert found is not None
        assert (found.span, found.kind) == (alone.span, alone.kind)
        assert dict(found.changes) == dict(alone.changes)


def test_of_several_one_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="prveious"):
        report([deals(tmp_path, 1, 40, seed=1)], period="2026-03", compare="prev,prveious", no_config=True)


def test_alike_channels_are_called_rarely_however_many_there_are(tmp_path: Path) -> None:
    """By the limits alone a channel would be called in every third report at least."""
    alone, called = 0, 0
    for seed in range(12):
        path = deals(tmp_path, 20, 60, seed)
        made = report(
            [path],
            by=["channel"],
            period="2026-03",
            compare="prev",
            metrics=["win_rate"],
            currency="EUR",
            no_config=True,
        )
        assert made.breakdown is not None
        changes = [row.changes["win_rate"] for row in made.breakdown.rows]
        alone += any(c.interval and not c.interval[0] <= 0 <= (c.interval[1] or 1) for c in changes)
        called += any(c.verdict != "no call" for c in changes)
    assert alone >= 4
    assert called <= 1


def test_calls_are_those_of_benjamini_and_hochberg() -> None:
    """The fifteen values of their paper of 1995: four are called, where each alone would be in nine."""
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1]  # fmt: skip
    changes = [
        Change(
            previous=Cell(value=1), absolute=1, relative=1, verdict="better" if p <= 0.05 else "no call", p=p
        )
        for p in ps
    ]
    assert [c.verdict for c in among_many(changes)] == ["better"] * 4 + ["no call"] * 11


def test_a_change_that_is_not_called_says_how_large_it_would_have_had_to_be(tmp_path: Path) -> None:
    """Of 100 against 30 of 100; the power there by the formula of R's power.prop.test and the standard library."""
    path = tmp_path / "deals.csv"
    rows: list[str] = []
    for month, won in ((2, 30), (3, 33)):
        for n in range(100):
            day, status = f"2026-{month:02}-{n % 28 + 1:02}", "won" if n < won else "lost"
            rows.append(f"{len(rows)},{day},{day},{status},100,c")
    path.write_text(DEALS.format(rows="\n".join(rows)))
    made = report([path], period="2026-03", compare="prev", metrics=["win_rate"], currency="EUR", no_config=True)  # fmt: skip
    assert made.comparison is not None
    change = made.comparison.changes["win_rate"]
    assert change.verdict == "no call"
    assert change.detectable is not None
    fall, rise = change.detectable
    assert fall is not None
    assert rise is not None
    for rate in (0.3 + fall, 0.3 + rise):
        pooled, normal = (0.3 + rate) / 2, NormalDist()
        beyond = abs(rate - 0.3) - normal.inv_cdf(0.975) * math.sqrt(2 * pooled * (1 - pooled) / 100)
        error = math.sqrt((0.3 * 0.7 + rate * (1 - rate)) / 100)
        assert normal.cdf(beyond / error) == pytest.approx(0.8, abs=1e-9)
