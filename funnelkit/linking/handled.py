"""What is made of odd rows where somebody asks for it, and what the reader is told of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.dimensions import UNKNOWN
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.linking.building import Build


class Handling(Struct, frozen=True, kw_only=True):
    """The choices, each off where nobody makes it."""

    merge_unknown: bool = False
    """Blanks and words for unknown are one group of a dimension."""
    clamp_negative: bool = False
    """Durations below 0 count as 0; else they are in no duration."""
    gross: bool = False
    """Refunds are not taken off what customers paid."""
    first_close: Callable[..., str] | None = None
    """What the word of a *stage* says of the outcome of a deal, where deals are closed when they first were."""


AS_USUAL = Handling()


def notes(made: Build, handling: Handling) -> Iterator[Note]:
    """What is to be said of *handling*, as far as the tables bear on it."""
    if handling.merge_unknown:
        message = f"Blanks and words for unknown are one group, {UNKNOWN} (--merge-unknown)"
        yield Note(code="merged_unknown", message=message)
    if handling.clamp_negative:
        yield _clamped(_negative(made))
    if handling.gross:
        yield _gross(made)


def _clamped(found: Mapping[str, int]) -> Note:
    if not found:
        message = "--clamp-negative changed nothing: nothing in these files ends before it begins"
        return Note(code="changed_nothing", message=message)
    what = ", ".join(f"{what} {n}" for what, n in found.items())
    return Note(code="clamped_negative", message=f"Durations below 0 count as 0 (--clamp-negative): {what}")


def _gross(made: Build) -> Note:
    if not _refunds(made):
        message = "--gross changed nothing: there are no refunds in these files"
        return Note(code="changed_nothing", message=message)
    message = (
        "Refunds are not taken off in customer value, retention, expansion, customers and cohorts of payments "
        "(--gross); revenue_net is still net of them"
    )
    return Note(code="gross", message=message)


def _refunds(made: Build) -> bool:
    """Whether any payment is one that was given back, or has a part that was."""
    present = made.present.get("payments", frozenset())
    given = [sign for column, sign in _GIVEN_BACK.items() if column in present]
    return bool(given) and collect.any_of(
        collect.frame(made.frames["payments"]), nw.any_horizontal(*given, ignore_nulls=True)
    )


_GIVEN_BACK = {"amount": nw.col("amount") < 0, "refunded": nw.col("refunded") != 0}
"""What says that money was given back, by the column that says it."""


_SPANS = (
    ("leads", "created_at", "won_at", "leads dated after their win"),
    ("leads", "created_at", "first_response_at", "leads dated after their first answer"),
    ("leads", "created_instant", "first_response_instant", "leads dated after their first answer"),
    ("deals", "created_at", "closed_at", "deals closed before they were created"),
)


def _negative(made: Build) -> dict[str, int]:
    """How many rows of all loaded ones end before they begin, by what they are."""
    found: dict[str, int] = {}
    for table, begin, end, what in _SPANS:
        if {begin, end} <= made.present.get(table, frozenset()):
            rows = collect.frame(made.frames[table])
            if n := collect.count(rows.filter((nw.col(end) < nw.col(begin)).fill_null(False))):
                # By the second more of them show than by the day.
                found[what] = max(n, found.get(what, 0))
    return found
