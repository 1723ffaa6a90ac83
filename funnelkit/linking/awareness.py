"""What posts and search terms tell of a brand: how often a post was answered, and which searches name the brand.

A file that gives no clicks tells of fewer engagements than one that does, and its rate would be another number:
a row counts only where all four kinds of engagement are known, or the tool gives their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, and_
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.brands import finder
from funnelkit.columns import ENGAGEMENTS
from funnelkit.linking.building import Build
from funnelkit.linking.identity import flag
from funnelkit.tables import Note

SEEN = ("impressions", "reach", "followers")
"""What engagements are divided by, each for another number."""
_NAMED = "branded"
_LABEL = "_brand"


def of_posts(made: Build) -> None:
    """Give each post or day its engagements, and say of which rows they are not known."""
    if "social" not in made.frames:
        return
    present = made.present["social"]
    parts = [nw.col(c) for c in ENGAGEMENTS if c in present]
    whole = len(parts) == len(ENGAGEMENTS)
    known = reduce(and_, (~part.is_null() for part in parts)) if whole else nw.lit(False)
    given = [reduce(add, parts)] if whole else []
    given += [nw.col("engagements")] if "engagements" in present else []
    if not given:
        return
    table = collect.frame(made.frames["social"]).with_columns(engaged=nw.coalesce(*given))
    flags = {
        f"has_{column}": flag(~nw.col("engaged").is_null() & ~nw.col(column).is_null())
        for column in SEEN
        if column in present
    }
    made.notes += _told(table, known)
    made.frames["social"] = table.with_columns(**flags).to_native()


def _told(table: collect.Frame, known: nw.Expr) -> list[Note]:
    """What is said of the rows whose engagements are a tool's sum, or not known."""
    unknown = nw.col("engaged").is_null()
    summed, lost, rows = (
        collect.count(table.filter(~known & ~unknown)),
        collect.count(table.filter(unknown)),
        collect.count(table),
    )
    kinds = ", ".join(ENGAGEMENTS)
    notes = []
    if summed:
        message = (
            f"Engagements of {summed} of {rows} rows of social are the sum that the tool gives: what it counts as one "
            f"is its own choice, since not all of {kinds} are there"
        )
        notes.append(Note(code="engagements_of_the_tool", message=message))
    if lost:
        message = f"{lost} of {rows} rows of social are in no engagement rate: they lack one of {kinds}, and have no sum"
        notes.append(Note(code="engagements_unknown", message=message))
    return notes


def of_searches(made: Build, brand: Sequence[str]) -> None:
    """Say of each search term how often it was seen and, where *brand* words are known, whether it names the brand."""
    if "search" not in made.frames:
        return
    present = made.present["search"]
    counted = next((c for c in ("impressions", "clicks") if c in present), None)
    if counted is None:
        return
    if counted == "clicks":
        message = "Search terms are weighed by their clicks, since no file of them has impressions"
        made.notes.append(Note(code="searches_by_clicks", message=message))
    frame: Any = collect.frame(made.frames["search"]).with_columns(searches=nw.col(counted)).to_native()
    if brand:
        is_branded = finder(brand)
        frame, _ = made.engine.label(
            frame, ["query"], lambda query="": _NAMED if is_branded(query) else "other", _LABEL
        )
        table = collect.frame(frame).with_columns(branded=flag(nw.col(_LABEL) == _NAMED)).drop(_LABEL)
        named, rows = collect.count(table.filter(nw.col("branded") == 1)), collect.count(table)
        message = (
            f"{named} of {rows} rows of search terms name the brand: {' or '.join(brand)}, whatever the capitals, accents "
            "and blanks. Such files leave out terms that few people searched"
        )
        made.notes.append(Note(code="branded_terms", message=message))
        frame = table.to_native()
    made.frames["search"] = frame
