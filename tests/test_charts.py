"""Alerts of the kind control: a planted shift is raised, ordinary weeks are not, and no week that is not over."""

from __future__ import annotations

import csv
import json
import math
import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from funnelkit.cli.app import run
from funnelkit.statistics.control import Judged, last_count, last_rate, last_value

MONDAY = date(2026, 1, 5)


def leads(folder: Path, weeks: list[dict[str, int]], seed: int = 1) -> Path:
    """Leads by week and channel, spread over the days of each week."""
    path, draw, n = folder / "leads.csv", random.Random(seed), 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["lead_id", "created_at", "channel"])
        for number, week in enumerate(weeks):
            for channel, many in week.items():
                for _ in range(many):
                    n += 1
                    day = MONDAY + timedelta(days=7 * number + draw.randrange(7))
                    writer.writerow([f"l{n}", day, channel])
            n += 1
            writer.writerow([f"l{n}", MONDAY + timedelta(days=7 * number + 6), "email"])
    return path


def checked(folder: Path, path: Path, alert: str, capsys: pytest.CaptureFixture[str], code: int) -> list[dict[str, object]]:  # fmt: skip
    config = folder / "funnelkit.yaml"
    config.write_text(f"alerts:\n  - {{{alert}}}\n")
    assert run(["check", str(path), "--config", str(config), "-q", "-f", "json"]) == code
    found = json.loads(capsys.readouterr().out)
    (table,) = (t for t in found["tables"] if t["id"] == "alerts")
    return [{**row, "verdict": row["verdict"]["verdict"]} for row in table["rows"]]


def usual(weeks: int, seed: int = 3) -> list[dict[str, int]]:
    draw = np.random.default_rng(seed)
    return [{"paid_search": int(draw.poisson(60)), "email": int(draw.poisson(40))} for _ in range(weeks)]


def test_a_week_out_of_the_ordinary_is_raised_with_its_segment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weeks = usual(20)
    rows = checked(tmp_path, leads(tmp_path, weeks), "metric: leads, kind: control, by: channel", capsys, 0)
    assert [row["verdict"] for row in rows] == ["quiet"]
    weeks[-1]["paid_search"] = 15
    rows = checked(tmp_path, leads(tmp_path, weeks), "metric: leads, kind: control, by: channel", capsys, 4)
    assert [(row["segment"], row["verdict"]) for row in rows][-1] == ("channel=paid_search", "raised")
    low, high = rows[-1]["against"]["interval"]  # type: ignore[index]
    assert 15 < low < 60 < high
    # As many as there are in the week, and not a seventh of them.
    assert rows[-1]["value"]["value"] == pytest.approx(15)  # type: ignore[index]
    assert rows[-1]["value"]["unit"] == "count"  # type: ignore[index]
    # The first week may have begun before the data.
    paid = [week["paid_search"] for week in weeks[1:-1]]
    assert rows[-1]["against"]["value"] == pytest.approx(sum(paid) / len(paid))  # type: ignore[index]


def told(rows: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    """Which alert, of what, and whether it is raised."""
    return [(row["alert"], row["segment"] or "", row["verdict"]) for row in rows]


BOTH = "metric: leads, kind: control, by: channel, name: parts}\n  - {metric: leads, kind: control, name: all"


def test_what_two_alerts_look_at_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All leads are in the chart of either alert; the fall of one channel is that of the whole too."""
    weeks = usual(20)
    rows = checked(tmp_path, leads(tmp_path, weeks), BOTH, capsys, 0)
    assert told(rows) == [("parts", "by channel", "quiet"), ("all", "", "quiet")]
    weeks[-1]["paid_search"] = 0
    rows = checked(tmp_path, leads(tmp_path, weeks), BOTH, capsys, 4)
    assert told(rows) == [("parts", "channel=paid_search", "raised"), ("all", "", "raised")]
    of_paid = BOTH.replace("name: all", "segment: channel=paid_search, name: paid")
    rows = checked(tmp_path, leads(tmp_path, weeks), of_paid, capsys, 4)
    assert told(rows) == [("parts", "", "raised"), ("paid", "channel=paid_search", "raised")]
    twice = "metric: leads, kind: control, name: one}\n  - {metric: leads, kind: control, name: other"
    rows = checked(tmp_path, leads(tmp_path, weeks), twice, capsys, 4)
    assert told(rows) == [("one", "", "raised")]


def test_a_week_that_is_not_over_is_never_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After twenty weeks a Monday and a Tuesday with three leads: a seventh of a week, and no fall."""
    path = leads(tmp_path, usual(20))
    with path.open("a") as file:
        file.writelines(f"x{n},{MONDAY + timedelta(days=140 + n % 2)},email\n" for n in range(3))
    rows = checked(tmp_path, path, "metric: leads, kind: control", capsys, 0)
    assert rows[0]["verdict"] == "quiet"
    assert rows[0]["period"] == "2026-W21"


def test_of_few_weeks_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = checked(tmp_path, leads(tmp_path, usual(10)), "metric: leads, kind: control", capsys, 0)
    assert rows[0]["verdict"] == "no value"


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("metric: leads, kind: control, above: 3", "exactly one"),
        ("metric: leads, above: 3, grain: week", "goes with 'kind: control'"),
        ("metric: leads, kind: control, period: last-month", "leave out 'period'"),
        ("metric: leads, kind: contrl", "control"),
        ("table: leads, kind: control", "of metrics"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], alert: str, said: str) -> None:  # fmt: skip
    config = tmp_path / "funnelkit.yaml"
    config.write_text(f"alerts:\n  - {{{alert}}}\n")
    assert run(["check", str(leads(tmp_path, usual(3))), "--config", str(config), "-q"]) == 2
    assert said in capsys.readouterr().err


def test_the_limits_are_those_of_laney_by_hand() -> None:
    """Moving ranges of standardised rates over 1.128, times the standard deviation of chance."""
    rates = [(x, 100) for x in (20, 28, 17, 24, 31, 22, 19, 27, 25, 16, 23, 29, 21, 50)]
    found = last_rate(rates)
    assert found is not None
    before = np.array([x for x, _ in rates[:-1]])
    centre = before.mean() / 100
    sigma = math.sqrt(centre * (1 - centre) / 100)
    spread = max(1.0, np.abs(np.diff((before / 100 - centre) / sigma)).mean() / (2 / math.sqrt(math.pi)))
    assert (found.low, found.high) == pytest.approx(
        (centre - 3 * sigma * spread, centre + 3 * sigma * spread)
    )
    assert found.beyond


def test_a_small_shift_that_lasts_is_seen_by_the_averages() -> None:
    """Each of five weeks is within its limits, and all of them together are not."""
    usual = [60, 55, 63, 58, 66, 61, 57, 64, 59, 62, 56, 65, 60, 58, 63, 61, 59, 62]
    counts = [(n, 7.0) for n in [*usual, 78, 79, 77, 80, 78]]
    found = last_count(counts)
    assert found is not None
    assert found.low < found.value < found.high
    assert found.beyond
    early = last_count(counts[:19])
    assert early is not None
    assert not early.beyond


def test_of_ordinary_series_hardly_any_is_called() -> None:
    """Rates that move more than by chance, counts that do, and skewed money, each with 26 periods."""
    draw = np.random.default_rng(11)

    def beyond(found: Judged | None) -> bool:
        return found is not None and found.beyond and found.p <= 0.05

    rounds, calls = 400, [0, 0, 0]
    for _ in range(rounds):
        n = draw.integers(150, 400, 26)
        x = draw.binomial(n, draw.beta(40, 160, 26))
        calls[0] += beyond(last_rate(list(zip(x.tolist(), n.tolist(), strict=True))))
        counts = draw.poisson(draw.gamma(50, 2, 26))
        calls[1] += beyond(last_count([(c, 7.0) for c in counts.tolist()]))
        calls[2] += beyond(last_value(draw.normal(5000, 900, 26).tolist()))
    assert [c / rounds <= 0.03 for c in calls] == [True] * 3, calls
