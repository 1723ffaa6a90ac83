"""What the tests of attribution share: journeys written down, as the files that a touch tracker and a CRM would write."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import funnelkit
from funnelkit.render.study import render
from funnelkit.studies import Study

WON = date(2026, 6, 30)
"""The day on which everybody converts who does."""


class Journey:
    """The touches of one person, ``"a>b>c"``, with days before the end, and what came of it."""

    def __init__(
        self, path: str, amount: str | None = None, ages: Sequence[float] | None = None, deals: int = 1
    ) -> None:
        self.touches = path.split(">") if path else []
        self.ages = list(ages) if ages is not None else list(range(len(self.touches) - 1, -1, -1))
        self.amount = amount
        self.deals = deals


def many(path: str, converted: int, unconverted: int = 0, amount: str = "10.00") -> list[Journey]:
    """As many journeys that went the same *path*."""
    return [Journey(path, amount) for _ in range(converted)] + [Journey(path) for _ in range(unconverted)]


def files(folder: Path, journeys: Sequence[Journey]) -> list[str]:
    """Touches, leads and deals of *journeys*, of which each is a lead."""
    noon = datetime.combine(WON, datetime.min.time()) + timedelta(hours=12)
    touches, leads, deals = [], [], []
    for number, journey in enumerate(journeys):
        lead = f"P{number}"
        leads.append((lead, "2026-06-01", "web"))
        for source, age in zip(journey.touches, journey.ages, strict=True):
            touches.append((lead, (noon - timedelta(days=age)).isoformat(" "), source))
        if journey.amount is not None:
            deals += [
                (f"D{number}.{i}", lead, "2026-06-02", WON.isoformat(), "won", journey.amount)
                for i in range(journey.deals)
            ]
    write(folder / "touches.csv", ("lead_id", "touched_at", "source"), touches)
    write(folder / "leads.csv", ("lead_id", "created_at", "lead_source"), leads)
    write(folder / "deals.csv", ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"), deals)
    named = ["touches", "leads", *(["deals"] if deals else [])]
    return [str(folder / f"{name}.csv") for name in named]


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A plain CSV."""
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([header, *rows])


def study(files: Sequence[str], **options: Any) -> Study:
    """What the command makes of *files*, by source, whose words stay as they are."""
    usual: dict[str, Any] = {"by": "source", "currency": "EUR", "no_config": True}
    return funnelkit.attribution(list(files), **usual | options)


def table(made: Study, id: str) -> dict[str, dict[str, Any]]:
    """The rows of a table as the JSON has them, by their name."""
    (found,) = (one for one in json.loads(render(made, "json"))["tables"] if one["id"] == id)
    (name,) = found["key"]
    return {row[name]: row for row in found["rows"]}


def given(made: Study, model: str) -> dict[str, float]:
    """The conversions that *model* gives each source."""
    alone = next((one for one in made.tables if one.id == "models"), None) is None
    rows = table(made, "credit" if alone else "models")
    return {
        name: row["conversions" if alone else model]["value"] for name, row in rows.items() if name != "all"
    }


def earned(made: Study, model: str) -> dict[str, float]:
    """The money that *model* gives each source."""
    alone = next((one for one in made.tables if one.id == "value"), None) is None
    rows = table(made, "credit" if alone else "value")
    return {name: row["value" if alone else model]["value"] for name, row in rows.items() if name != "all"}
